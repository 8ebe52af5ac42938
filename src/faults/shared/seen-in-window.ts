import { msBetween } from '../../core/time/moment.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { waitAtMost } from '../../core/time/wait.ts'
import { orReason } from './or-reason.ts'

const SHORTEST_MS = 1_000

/** How often it is read, how long one read may take, and how much longer than the window all of it, ms. */
export interface Pace {
  readonly everyMs: number
  readonly attemptMs: number
  readonly graceMs?: number
}

/** Reads until there is enough, at most until the fault window ends; what is seen by then is what will be judged. */
export async function seenInWindow<T>(
  what: string,
  read: (signal: AbortSignal) => Promise<T>,
  enough: (seen: T) => boolean,
  ctx: FaultContext,
  { everyMs, attemptMs, graceMs = 0 }: Pace = { everyMs: 50, attemptMs: 5_000 },
): Promise<T> {
  const { startedMs, plannedMs } = ctx.window()
  const limitMs = Math.max(SHORTEST_MS, msBetween(ctx.clock.nowMs(), startedMs) + plannedMs + graceMs)
  const options = { everyMs, attemptMs, limitMs, signal: ctx.signal, clock: ctx.clock }
  return (await waitAtMost(what, read, enough, options)) ?? (await read(ctx.signal))
}

/** The same of the kernel's counters, once they have been read at all: a text says why they could not be. */
export async function countedInWindow<T>(
  counters: string,
  what: string,
  read: (signal: AbortSignal) => Promise<T>,
  enough: (seen: T) => boolean,
  ctx: FaultContext,
  pace: Pace,
): Promise<T | string> {
  const first = await orReason(`the ${counters} counters could not be read`, ctx.signal, () => read(ctx.signal))
  return typeof first === 'string' ? first : await seenInWindow(what, read, enough, ctx, pace)
}
