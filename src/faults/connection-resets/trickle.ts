import { withDeadline } from '../../core/time/wait.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { LinkAccess } from '../shared/access.ts'
import { startUpkeep, stopTraffic } from '../shared/containers/upkeep.ts'

const CONNECTIONS = 4
const PAUSE_MS = 15
const ANSWER_LIMIT_MS = 400
const REPLY_LIMIT_MS = 5_000

/**
 * Keeps a few established and busy connections of ours on a leg, and opens new ones for those that were cut: an idle
 * moment would leave nothing to reset. `stop` closes them and tells how many were cut.
 */
export function startTrickle(
  helper: ToolboxHelper,
  access: LinkAccess,
  ctx: FaultContext,
): { stop: () => Promise<{ cut: number }> } {
  let [round, cut] = [0, 0]
  // Connections that nobody cuts are held to the end of the window.
  const stepLimitMs = ctx.windowMs + 3 * REPLY_LIMIT_MS
  const options = { what: `our own traffic over ${access.link}`, everyMs: 0, stepLimitMs, clock: ctx.clock }
  const trickle = startUpkeep(options, async (signal) => {
    cut += await holdUntilCut(helper, access, `${helper.name}-${round}`, signal, ctx)
    round += 1
    return true
  })
  return {
    stop: async () => {
      await stopTraffic([trickle], options.what, ctx)
      return { cut }
    },
  }
}

/** One set of connections until any of them fails; answers with how many were closed by the other side. */
async function holdUntilCut(
  helper: ToolboxHelper,
  access: LinkAccess,
  id: string,
  signal: AbortSignal,
  ctx: FaultContext,
): Promise<number> {
  const { target, path, headers } = access
  const call = <T>(work: (inner: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(`traffic over ${access.link}`, REPLY_LIMIT_MS, signal, work)
  const opened = await call((inner) =>
    helper.call(
      'hold.open',
      { id, target, path, headers: { ...headers }, count: CONNECTIONS, timeoutMs: ANSWER_LIMIT_MS },
      inner,
    ),
  )
  let closed = 0
  for (let left = opened.held; left > 0 && !signal.aborted && closed === 0;) {
    await ctx.clock.sleep(PAUSE_MS, signal)
    const tried = await call((inner) => helper.call('hold.try', { id, timeoutMs: ANSWER_LIMIT_MS }, inner))
    closed = tried.closed
    left = tried.answered
  }
  await call((inner) => helper.call('hold.close', { id }, inner))
  if (opened.held === 0) await ctx.clock.sleep(PAUSE_MS, signal)
  return closed
}
