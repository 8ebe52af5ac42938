import { z } from 'zod'
import { describeError } from '../core/errors.ts'
import type { ToolboxAcceptance, ToolboxReply } from '../core/toolbox.ts'
import type { AcceptedRequest } from '../kinds/define-operation.ts'
import type { Helper } from './helper.ts'
import { OPERATIONS } from './operations/registry.ts'

const REQUEST = z.strictObject({ id: z.int().min(1), op: z.string(), args: z.unknown() })

/** Requests under way at once. */
const MAX_RUNNING = 64

/** Reply id for a line that is no request, and so has none. */
const NO_ID = 0

/** Turns request lines into answers. Requests run side by side: a slow probe keeps no one waiting. */
export class Dispatcher {
  private readonly helper: Helper
  private readonly say: (answer: ToolboxAcceptance | ToolboxReply) => void
  private running = 0

  constructor(helper: Helper, say: (answer: ToolboxAcceptance | ToolboxReply) => void) {
    this.helper = helper
    this.say = say
  }

  /** Says at once how long it may take, or refuses; ends with the reply. Never rejects: whatever goes wrong is the reply. */
  async answer(line: string): Promise<void> {
    const request = parseRequest(line)
    if (request === null) {
      this.say({ id: NO_ID, ok: false, error: `not a request: ${line.slice(0, 200)}` })
      return
    }
    const { id } = request
    this.running += 1
    try {
      const accepted = accept(request)
      if (this.running > MAX_RUNNING) throw new Error(`${String(MAX_RUNNING)} requests are under way already`)
      this.say({ id, limitMs: accepted.limitMs })
      this.say({ id, ok: true, reply: await accepted.run(this.helper) })
    } catch (error) {
      this.say({ id, ok: false, error: describeError(error) })
    } finally {
      this.running -= 1
    }
  }
}

function parseRequest(line: string): z.infer<typeof REQUEST> | null {
  try {
    return REQUEST.parse(JSON.parse(line))
  } catch {
    return null
  }
}

function accept({ op, args }: z.infer<typeof REQUEST>): AcceptedRequest<unknown, Helper> {
  const operation = OPERATIONS.find(({ name }) => name === op)
  if (operation === undefined) throw new Error(`unknown operation '${op}'`)
  return operation.accept(args)
}
