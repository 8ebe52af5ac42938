# One service of the default stack: a bundle on a stock Node image. Nothing is downloaded or compiled here.
FROM node:24-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
COPY *.js package.json /app/
USER node
# Node itself is the container's main process, so that a signal or a kill reaches the service and not a shell.
ENTRYPOINT ["node", "/app/index.js"]
