/** The parser that src/entry passes to src/github, which may not know src/config; its tests pass the same one. */
export { parseResult } from '../../src/config/result-schema.ts'
