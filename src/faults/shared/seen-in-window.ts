import { msBetween } from '../../core/time/moment.ts'
import { isChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { waitUntil } from '../../core/time/wait.ts'

const SHORTEST_MS = 1_000

/** Reads until there is enough, at most until the fault window ends; what is seen by then is what will be judged. */
export async function seenInWindow<T>(
  what: string,
  read: (signal: AbortSignal) => Promise<T>,
  enough: (seen: T) => boolean,
  ctx: FaultContext,
): Promise<T> {
  const { startedMs, plannedMs } = ctx.window()
  const limitMs = Math.max(SHORTEST_MS, msBetween(ctx.clock.nowMs(), startedMs) + plannedMs)
  const options = { everyMs: 50, attemptMs: 5_000, limitMs, signal: ctx.signal, clock: ctx.clock }
  try {
    return await waitUntil(what, read, enough, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    return await read(ctx.signal)
  }
}
