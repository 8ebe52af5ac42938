import { z } from 'zod'
import { describeError } from '../core/errors.ts'
import { parseAs } from '../core/json.ts'
import type { ToolboxAcceptance, ToolboxReply } from '../core/toolbox.ts'
import type { Helper } from './helper.ts'
import { OPERATIONS } from './operations/registry.ts'

const REQUEST = z.strictObject({ id: z.int().min(1), op: z.string(), args: z.unknown() })

/** Requests under way at once. */
const MAX_RUNNING = 64

/** Reply id for a line that is no request, and so has none. */
const NO_ID = 0

type Say = (answer: ToolboxAcceptance | ToolboxReply) => void

/**
 * What takes one request line: it says at once how long the request may take, or refuses it, and ends with the reply. It never
 * rejects: whatever goes wrong is the reply. Requests run side by side: a slow probe keeps no one waiting.
 */
export function createDispatcher(helper: Helper, say: Say): (line: string) => Promise<void> {
  let running = 0
  return async (line) => {
    const request = parseAs(REQUEST, line)
    const id = request?.id ?? NO_ID
    running += 1
    try {
      if (request === null) throw new Error(`not a request: ${line.slice(0, 200)}`)
      const operation = OPERATIONS.find(({ name }) => name === request.op)
      if (operation === undefined) throw new Error(`unknown operation '${request.op}'`)
      const accepted = operation.accept(request.args)
      if (running > MAX_RUNNING) throw new Error(`${MAX_RUNNING} requests are under way already`)
      say({ id, limitMs: accepted.limitMs })
      say({ id, ok: true, reply: await accepted.run(helper) })
    } catch (error) {
      say({ id, ok: false, error: describeError(error) })
    } finally {
      running -= 1
    }
  }
}
