const id=39,ids=[39],modules={39:(module=>{module.exports=eval("require")("./work.ts")})};export{id,ids,modules};
