/** Waits until the canary's newest requests say that all is well, and Docker agrees. */
import { msBetween, type Mono } from '../../core/time/moment.ts'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import { isAborted, waitUntil, withDeadline } from '../../core/time/wait.ts'
import type { EngineDeps } from '../deps.ts'

/** Docker is asked no more often than that, and only when the canary has nothing to complain of. */
const ASK_EVERY_MS = 200
const LOOK_EVERY_MS = 25
const LAST_LOOK_LIMIT_MS = 5_000

export interface Wanted<Streak> {
  /** In words. */
  readonly what: string
  readonly read: () => Streak
  readonly isEnough: (streak: Streak) => boolean
  /** What was met instead, for who reads of a miss. */
  readonly tell: (streak: Streak) => string
}

/**
 * @returns the first streak that is good enough while every service was healthy.
 * @throws TIMEOUT saying what was missing at the end: the streak as it was, or what was not healthy.
 */
export async function awaitWell<Streak>(
  deps: Pick<EngineDeps, 'clock' | 'stack'>,
  { what, read, isEnough, tell }: Wanted<Streak>,
  limitMs: number,
  signal: AbortSignal,
): Promise<Streak> {
  const { clock } = deps
  let health: { readonly atMs: Mono; readonly trouble: string | null } | null = null
  const look = async (attemptSignal: AbortSignal): Promise<Streak> => {
    const streak = read()
    if (!isEnough(streak)) return streak
    if (health === null || health.trouble === null || msBetween(health.atMs, clock.nowMs()) >= ASK_EVERY_MS)
      health = { atMs: clock.nowMs(), trouble: await deps.stack.unhealthy(attemptSignal) }
    if (health.trouble !== null) throw new ChaosError('STACK_UNHEALTHY', health.trouble)
    // What came in while Docker was asked counts as well.
    return read()
  }
  try {
    return await waitUntil(what, look, isEnough, { everyMs: LOOK_EVERY_MS, attemptMs: 5_000, limitMs, signal, clock })
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    const seen = tell(read())
    const trouble = await troubleNow(deps, signal)
    const told = trouble === null ? seen : `${seen}; ${trouble}`
    throw new ChaosError('TIMEOUT', `${what} did not happen within ${limitMs} ms: ${told}`)
  }
}

/** Docker was not asked while the canary complained; the reader of a miss wants to know all the same. */
async function troubleNow({ clock, stack }: Pick<EngineDeps, 'clock' | 'stack'>, signal: AbortSignal): Promise<string | null> {
  try {
    return await withDeadline('a last look', LAST_LOOK_LIMIT_MS, signal, (inner) => stack.unhealthy(inner), clock)
  } catch (error) {
    if (isAborted(signal)) throw error
    return `what is not healthy is unknown: ${describeError(error, 200)}`
  }
}
