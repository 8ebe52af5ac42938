import { z } from 'zod'
import { describeError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { ToolboxOperation, ToolboxReply } from '../core/toolbox.ts'
import { ARGUMENTS, parseArguments } from './operations/arguments.ts'
import type { Operations } from './operations/registry.ts'

const REQUEST = z.strictObject({ id: z.int().min(1), op: z.string(), args: z.unknown() })

/** Requests under way at once. */
const MAX_RUNNING = 64

/** Reply id for a line that is no request, and so has none. */
const NO_ID = 0

/** Turns request lines into replies. Requests run side by side: a slow probe keeps no one waiting. */
export class Dispatcher {
  private readonly operations: Operations
  private running = 0

  constructor(operations: Operations) {
    this.operations = operations
  }

  /** Never rejects: whatever goes wrong is the reply. */
  async answer(line: string): Promise<ToolboxReply> {
    const request = parseRequest(line)
    if (request === null) return { id: NO_ID, ok: false, error: `not a request: ${line.slice(0, 200)}` }
    const { id, op, args } = request
    if (!isOperation(op)) return { id, ok: false, error: `unknown operation '${op}'` }
    if (this.running >= MAX_RUNNING) return { id, ok: false, error: `${String(MAX_RUNNING)} requests are under way already` }
    this.running += 1
    try {
      return { id, ok: true, reply: await this.run(op, args) }
    } catch (error) {
      return { id, ok: false, error: describeError(error) }
    } finally {
      this.running -= 1
    }
  }

  private async run(op: ToolboxOperation, args: unknown): Promise<Json> {
    // The table's types hold per operation, and `op` picks arguments and operation alike; that it is the same one is beyond
    // the compiler. Replies are plain objects.
    const operation = this.operations[op] as (args: unknown) => unknown
    return (await operation(parseArguments(op, args))) as Json
  }
}

function parseRequest(line: string): z.infer<typeof REQUEST> | null {
  try {
    return REQUEST.parse(JSON.parse(line))
  } catch {
    return null
  }
}

function isOperation(op: string): op is ToolboxOperation {
  return Object.hasOwn(ARGUMENTS, op)
}
