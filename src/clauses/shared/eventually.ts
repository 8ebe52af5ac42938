/** "Eventually within so many seconds": it is enough that a clause holds once in that time. */
import { describeError } from '../../core/errors.ts'
import { latest, later, msBetween } from '../../core/time/moment.ts'
import { isAborted, withDeadline } from '../../core/time/wait.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import { faultIsOver } from './fault-phase.ts'
import { secondsText } from './parts.ts'

export interface Eventually {
  readonly withinSeconds: number
  readonly everyMs: number
  /** The longest that one look may take. */
  readonly lookMs: number
  /** What a single look expects, for one that shows nothing. */
  readonly expected: string
  readonly look: (signal: AbortSignal) => Promise<Observation>
}

/**
 * Looks until it holds, from the fault on, or in the phase after it from now on; the last look begins within the time. What a
 * look cannot see now may be seen by the next one.
 */
export async function eventually(terms: Eventually, ctx: ClauseContext): Promise<Observation> {
  const fromMs = faultIsOver(ctx) ? ctx.clock.nowMs() : ctx.window().startedMs
  const endMs = later(fromMs, terms.withinSeconds * 1_000)
  for (let looks = 1; ; looks += 1) {
    const dueMs = later(ctx.clock.nowMs(), terms.everyMs)
    const seen = await lookOnce(terms, ctx)
    const expected = eventuallyText(seen.expected, terms.withinSeconds)
    const nowMs = ctx.clock.nowMs()
    if (seen.met === true)
      return { expected, observed: `${seen.observed}; after ${secondsText(msBetween(fromMs, nowMs))}`, met: true }
    if (latest(dueMs, nowMs) > endMs)
      return { expected, observed: `${seen.observed}; so at the last of ${looks} looks`, met: seen.met }
    if (dueMs > nowMs) await ctx.clock.sleep(msBetween(nowMs, dueMs), ctx.signal)
  }
}

/** `withinSeconds`: undefined where a clause is to hold as it does without it. */
export function eventuallyText(expected: string, withinSeconds: number | undefined): string {
  return withinSeconds === undefined ? expected : `${expected}, eventually within ${withinSeconds} s`
}

/** The longest that the last look ends after the planned window, which may be no longer than a moment. */
export function eventuallyMs({ withinSeconds, lookMs }: Pick<Eventually, 'withinSeconds' | 'lookMs'>): number {
  return withinSeconds * 1_000 + lookMs
}

async function lookOnce({ expected, lookMs, look }: Eventually, ctx: ClauseContext): Promise<Observation> {
  try {
    return await withDeadline('a look', lookMs, ctx.signal, look, ctx.clock)
  } catch (error) {
    if (isAborted(ctx.signal)) throw error
    return { expected, observed: `nothing could be seen: ${describeError(error, 300)}`, met: null }
  }
}
