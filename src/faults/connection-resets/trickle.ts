import { describeError, isChaosError } from '../../core/errors.ts'
import { withDeadline } from '../../core/time/wait.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { LinkAccess } from '../shared/access.ts'

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
  const stopping = new AbortController()
  const signal = AbortSignal.any([stopping.signal, ctx.signal])
  let cut = 0
  const trickle = async (): Promise<void> => {
    for (let round = 0; !signal.aborted; round += 1) {
      const id = `${helper.name}-${String(round)}`
      cut += await holdUntilCut(helper, access, id, signal, ctx)
    }
  }
  const done = trickle()
  // A rejection is read in stop; until then it must not end the process.
  done.catch(() => undefined)
  return {
    stop: async () => {
      stopping.abort()
      try {
        await done
      } catch (error) {
        if (!isChaosError(error, 'ABORTED') && !signalled(error, signal))
          ctx.log.log('warn', `our own traffic over ${access.link} stopped: ${describeError(error, 300)}`)
      }
      return { cut }
    },
  }
}

function signalled(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason
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
