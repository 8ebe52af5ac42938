import { msBetween, parseWall, type Wall } from '../../../core/time/moment.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import { waitUntil, withDeadline } from '../../../core/time/wait.ts'
import type { TargetContainer } from '../plan-schema.ts'

/** Docker doubles the pause before a restart, from 0.1 s to a minute, until a container has run for this long. */
const SETTLED_AFTER_MS = 10_000
/** What runs when it begins has to wait no longer than that; the rest is for a clock that differs, and a slow daemon. */
const LIMIT_MS = 15_000
/** How long one look may take: a daemon that does not answer once must not use up the wait. */
const LOOK_LIMIT_MS = 5_000

/**
 * Waits until each container has run for so long that its next restart comes without a pause. One without a restart policy
 * is not waited for.
 * @throws TIMEOUT when one of them does not stay up: the stack is not steady.
 */
export async function awaitSettled(containers: readonly TargetContainer[], ctx: FaultContext): Promise<void> {
  const waiting = containers.filter(({ restartPolicy }) => restartPolicy !== 'no')
  const look = (signal: AbortSignal): Promise<(ContainerState | null)[]> =>
    Promise.all(waiting.map(({ id }) => ctx.containers.inspect(id, signal)))
  const youngestMs = async (signal: AbortSignal): Promise<number> => {
    const states = await withDeadline('a look at containers', LOOK_LIMIT_MS, signal, look, ctx.clock)
    return Math.min(...states.map((state) => uptimeMs(state, ctx.clock.wallMs())))
  }
  const read = async (signal: AbortSignal): Promise<number> => {
    const first = await youngestMs(signal)
    // What is up is asked again when it is due, not all the time until then. What is down may come up at any moment.
    if (first === 0 || first >= SETTLED_AFTER_MS) return first
    await ctx.clock.sleep(SETTLED_AFTER_MS - first, signal)
    return youngestMs(signal)
  }
  const what = `10 s of uptime of ${waiting.map(({ name }) => name).join(', ')}`
  const options = { everyMs: 200, attemptMs: LIMIT_MS, limitMs: LIMIT_MS, signal: ctx.signal, clock: ctx.clock }
  await waitUntil(what, read, (ms) => ms >= SETTLED_AFTER_MS, options)
}

/** 0 while it does not run. */
export function uptimeMs(state: { readonly status: string; readonly startedAt: string } | null, wallMs: Wall): number {
  if (state?.status !== 'running') return 0
  const startedMs = parseWall(state.startedAt)
  return startedMs === null ? 0 : Math.max(0, msBetween(startedMs, wallMs))
}
