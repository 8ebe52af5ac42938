import { withDeadline } from '../../../core/time/wait.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { HeldResult } from '../../../toolbox/operations/requests/hold.ts'
import type { ToxicOnLink } from './measure.ts'

const HELD_CONNECTIONS = 3
const OPEN_LIMIT_MS = 2_000
const REPLY_SLACK_MS = 5_000

/** Opens connections that live through the injection. False when the other side keeps none open. */
export async function holdConnections(on: ToxicOnLink, ctx: FaultContext): Promise<boolean> {
  const { target, path, headers } = on.access
  const args = { id: on.holdId, target, path, headers: { ...headers }, count: HELD_CONNECTIONS, timeoutMs: OPEN_LIMIT_MS }
  const opened = await withDeadline(
    `connections held over ${on.access.link}`,
    OPEN_LIMIT_MS + REPLY_SLACK_MS,
    ctx.signal,
    (signal) => ctx.observer.call('hold.open', args, signal),
  )
  return opened.held > 0
}

/** Sends on each held connection, then closes them all. */
export async function tryHeld(on: ToxicOnLink, ctx: FaultContext, timeoutMs: number): Promise<HeldResult> {
  return await withDeadline(`connections held over ${on.access.link}`, timeoutMs + REPLY_SLACK_MS, ctx.signal, async (signal) => {
    const result = await ctx.observer.call('hold.try', { id: on.holdId, timeoutMs }, signal)
    await ctx.observer.call('hold.close', { id: on.holdId }, signal)
    return result
  })
}
