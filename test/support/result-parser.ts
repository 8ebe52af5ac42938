/** The parser that src/app passes to src/github, which may not know src/files; its tests pass the same one. */
export { parseResult } from '../../src/files/result/parse.ts'
