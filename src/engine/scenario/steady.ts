import { msBetween, type Mono } from '../../core/time/moment.ts'
import { ChaosError, isChaosError } from '../../core/errors.ts'
import { endsText, isUsual, latencyMs, summarizeCanary, type CanarySample, type CanaryWindow } from '../../core/canary.ts'
import { median } from '../../core/statistics.ts'
import { FIRST_LOOK_MS, SLOW_FACTOR, SLOW_MARGIN_MS, STEADY_LIMIT_MS, STEADY_STREAK } from '../options.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps } from '../deps.ts'
import type { StackCanary } from '../lanes/lane.ts'
import { awaitWell } from './well.ts'

type SteadyDeps = Pick<EngineDeps, 'clock' | 'stack'>
type SteadyCanary = {
  readonly requests: Pick<RunningCanary, 'samples'>
  readonly steadySinceMs: Mono
  readonly usualMs: number | null
}

/**
 * The hypothesis that must hold before anything is broken: services healthy and ten good canary requests in a row, no
 * slower than in the first steady state of the stack: what an earlier fault has left slow is no baseline. Where
 * the recovery of the scenario before was proven by more than that, it holds already.
 * @returns the intended send time of the first request of the streak.
 * @throws NOT_STEADY saying what is not well.
 */
export async function reachSteadyState(deps: SteadyDeps, canary: SteadyCanary, signal: AbortSignal): Promise<Mono> {
  const { usualMs } = canary
  const mostMs = usualMs === null ? Infinity : Math.max(usualMs * SLOW_FACTOR, usualMs + SLOW_MARGIN_MS)
  const asQuick = usualMs === null ? '' : `, their median up to ${Math.round(mostMs)} ms (at first ${Math.round(usualMs)} ms),`
  const what = `${STEADY_STREAK} good canary requests in a row${asQuick} on a healthy stack`
  const read = (): Tail => tail(canary.requests.samples(canary.steadySinceMs))
  const isEnough = ({ good, p50Ms }: Tail): boolean => good >= STEADY_STREAK && p50Ms <= mostMs
  const tell = ({ good, p50Ms }: Tail): string => {
    const newest =
      good === 0 ? 'the newest of them bad' : `the newest ${good} good, the median of the last ${Math.round(p50Ms)} ms`
    return `${endsText(canary.requests.samples(canary.steadySinceMs))}, ${newest}`
  }
  try {
    const streak = await awaitWell(deps, { what, read, isEnough, tell }, STEADY_LIMIT_MS, signal)
    return streak.firstIntendedMs ?? canary.steadySinceMs
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    throw new ChaosError('NOT_STEADY', `no steady state, so nothing was injected: ${error.message}`, { cause: error })
  }
}

/** Of a stack of which nothing is known yet, what is usual there takes a moment to see. */
export async function firstLook(
  { clock, looker }: Pick<EngineDeps, 'clock' | 'looker'>,
  { usualConnections }: Pick<StackCanary, 'usualConnections'>,
  startedMs: Mono,
  signal: AbortSignal,
): Promise<void> {
  if (usualConnections !== null || looker() === null) return
  await clock.sleep(Math.max(0, FIRST_LOOK_MS - msBetween(startedMs, clock.nowMs())), signal)
}

/** What is usual: all since then that was no burst, nor sent beside one. */
export function usualSince(
  { clock }: Pick<SteadyDeps, 'clock'>,
  { requests }: Pick<SteadyCanary, 'requests'>,
  sinceMs: Mono,
): CanaryWindow {
  return summarizeCanary(requests.samples(sinceMs).filter(isUsual), sinceMs, clock.nowMs())
}

/**
 * Starting helpers takes CPU time from the machine that the system runs on too: canary requests that failed meanwhile
 * are news, and the steady state must be seen once more before anything is broken.
 * @returns since when it has held. @throws NOT_STEADY when it does not come back.
 */
export async function steadyAfterPrepare(
  deps: SteadyDeps,
  canary: SteadyCanary,
  sinceMs: Mono,
  signal: AbortSignal,
  tell: (detail: string) => void,
): Promise<Mono> {
  const { failed } = usualSince(deps, canary, sinceMs)
  if (failed === 0) return sinceMs
  const againSinceMs = await reachSteadyState(deps, canary, signal)
  const requests = `${failed} canary request${failed === 1 ? '' : 's'}`
  tell(`${requests} failed while the fault was prepared; the steady state was reached again before it was injected`)
  return againSinceMs
}

interface Tail {
  readonly good: number
  /** Of the newest that are enough. */
  readonly p50Ms: number
  readonly firstIntendedMs: Mono | null
}

function tail(all: readonly CanarySample[]): Tail {
  const samples = all.filter(isUsual)
  const lastBad = samples.findLastIndex(({ ok }) => !ok)
  const streak = samples.slice(lastBad + 1)
  return {
    good: streak.length,
    p50Ms: median(streak.slice(-STEADY_STREAK).map(latencyMs)),
    firstIntendedMs: streak[0]?.intendedMs ?? null,
  }
}
