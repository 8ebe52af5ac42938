/** JSON Schemas for editors, from the schemas that the program itself checks with. */
import * as z from 'zod'
import { manifestJsonSchema } from '../../src/files/load/schema.ts'
import { resultShape } from '../../src/core/result/run.ts'
import { scenarioFileJsonSchema } from '../../src/files/scenarios/schema.ts'
import { stackSchema } from '../../src/files/stack/schema.ts'
import type { Output } from './outputs.ts'

/** `input`: what a user writes, so a key with a default is optional. */
function generate(schema: z.ZodType): string {
  return `${JSON.stringify(z.toJSONSchema(schema, { io: 'input', reused: 'inline' }), null, 2)}\n`
}

export function jsonSchemas(): Output[] {
  return [
    { path: 'schema/scenarios.schema.json', content: generate(scenarioFileJsonSchema) },
    { path: 'schema/load.schema.json', content: generate(manifestJsonSchema) },
    { path: 'schema/stack.schema.json', content: generate(stackSchema) },
    { path: 'schema/result.schema.json', content: generate(resultShape) },
  ]
}
