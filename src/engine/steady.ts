import { ChaosError, isChaosError } from '../core/errors.ts'
import { summarizeCanary, type CanarySample } from '../core/canary.ts'
import type { RunningCanary } from '../core/ports.ts'
import { waitUntil } from '../core/wait.ts'
import { STEADY_LIMIT_MS, STEADY_STREAK } from './options.ts'
import type { EngineDeps } from './deps.ts'

/**
 * The hypothesis that must hold before anything is broken: services healthy and ten good canary requests in a row.
 * @returns the intended send time of the first request of the streak, ms of the run's clock.
 * @throws NOT_STEADY saying what is not well.
 */
export async function reachSteadyState(deps: EngineDeps, canary: RunningCanary, signal: AbortSignal): Promise<number> {
  try {
    return await waitUntil(
      `${String(STEADY_STREAK)} good canary requests in a row on a healthy stack`,
      async (attemptSignal) => {
        const unhealthy = await deps.stack.unhealthy(attemptSignal)
        if (unhealthy !== null) throw new ChaosError('STACK_UNHEALTHY', unhealthy)
        return tail(canary.samples())
      },
      (streak) => streak.good >= STEADY_STREAK,
      { everyMs: 50, attemptMs: 5_000, limitMs: STEADY_LIMIT_MS, signal, clock: deps.clock },
    ).then((streak) => streak.firstIntendedMs)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    throw new ChaosError('NOT_STEADY', `no steady state, so nothing was injected: ${error.message}`, { cause: error })
  }
}

/**
 * Starting helpers takes CPU time from the machine that the system runs on too: canary requests that failed meanwhile
 * are news, and the steady state must be seen once more before anything is broken.
 * @returns since when it has held, ms of the run's clock. @throws NOT_STEADY when it does not come back.
 */
export async function steadyAfterPrepare(
  deps: EngineDeps,
  canary: RunningCanary,
  sinceMs: number,
  signal: AbortSignal,
  tell: (detail: string) => void,
): Promise<number> {
  const { failed } = summarizeCanary(canary.samples(), sinceMs, deps.clock.nowMs())
  if (failed === 0) return sinceMs
  const againSinceMs = await reachSteadyState(deps, canary, signal)
  const requests = `${String(failed)} canary request${failed === 1 ? '' : 's'}`
  tell(`${requests} failed while the fault was prepared; the steady state was reached again before it was injected`)
  return againSinceMs
}

function tail(samples: readonly CanarySample[]): { good: number; firstIntendedMs: number; lastError: string | null } {
  let good = 0
  let firstIntendedMs = Number.NaN
  for (const sample of [...samples].reverse()) {
    if (!sample.ok) return { good, firstIntendedMs, lastError: sample.error }
    good += 1
    firstIntendedMs = sample.intendedMs
  }
  return { good, firstIntendedMs, lastError: null }
}
