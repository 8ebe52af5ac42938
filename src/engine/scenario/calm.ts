/**
 * After the proof that the system answers again comes a longer look: whether it does so as it did before. One member in four that is
 * slow, or every twentieth answer, leaves a median as it was.
 */
import { latest, later, type Mono } from '../../core/time/moment.ts'
import { latencyMs, type CanarySample } from '../../core/canary.ts'
import type { CalmResult } from '../../core/result/scenario.ts'
import { percentile, roundOrNull } from '../../core/statistics.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps } from '../deps.ts'
import { CALM_FEWEST_REQUESTS, CALM_LONGEST_MS, CALM_REQUESTS, CALM_SHORTEST_MS, DENSE_PACE_FACTOR } from '../options.ts'
import { isSlow, slowLimits, type SlowLimits } from './slow.ts'

/** Of a stretch in which at least twice as many were due. */
const FEWEST_ANSWERS = CALM_FEWEST_REQUESTS / 2
/** More of the answers than this may not be slow, 0…1. */
const SLOW_SHARE = 0.03

export interface CalmTerms {
  /** Looks in which answers were slow must have had the last of them by then. */
  readonly untilMs: Mono
  readonly steady: readonly CanarySample[]
}

export interface Calm {
  readonly result: CalmResult
  /** Since when the stretch was looked at that was the last. */
  readonly sinceMs: Mono
  /** When the last slow answer had come, where stretches before it were not as before; null where none was. */
  readonly lateUntilMs: Mono | null
  /** Why it is not calm; null when it is, or when a request failed, which is a relapse and told as one. */
  readonly reason: string | null
}

/**
 * Looks at one stretch of requests after the other, each until all of it have their outcomes: what is slow is the last to
 * be known. A miss is a value, not a throw.
 */
export async function awaitCalm(
  deps: Pick<EngineDeps, 'clock' | 'stack'>,
  canary: Pick<RunningCanary, 'settled' | 'pace'>,
  { untilMs, steady }: CalmTerms,
  signal: AbortSignal,
): Promise<Calm> {
  const { clock } = deps
  const { ratePerSecond, watchPerSecond } = deps.stack.descriptor.canary
  const densePerSecond = ratePerSecond * DENSE_PACE_FACTOR
  // No faster than the stack is said to bear: what it turns away for that would be a relapse.
  const perSecond = watchPerSecond ?? densePerSecond
  const stretchMs = stretchOf(perSecond)
  const limits = slowLimits(steady)
  canary.pace(perSecond)
  try {
    let lateUntilMs: Mono | null = null
    for (let fromMs = clock.nowMs(); ; fromMs = later(fromMs, stretchMs)) {
      const toMs = later(fromMs, stretchMs)
      const samples = await canary.settled(fromMs, toMs, signal)
      const slow = samples.filter((sample) => isSlow(sample, limits))
      const result = figuresOf(samples, slow, limits)
      const isAsBefore = result.requests >= FEWEST_ANSWERS && result.slow <= result.requests * SLOW_SHARE
      if (isAsBefore || samples.some(({ ok }) => !ok)) return { result, sinceMs: fromMs, lateUntilMs, reason: null }
      // Of those that have no outcome nobody knows when it came.
      lateUntilMs = slow.reduce((last, { doneMs }) => latest(last, doneMs), result.requests < FEWEST_ANSWERS ? toMs : fromMs)
      if (lateUntilMs > untilMs) return { result, sinceMs: fromMs, lateUntilMs, reason: reasonOf(result) }
    }
  } finally {
    canary.pace(densePerSecond)
  }
}

function stretchOf(perSecond: number): number {
  const dueMs = (requests: number): number => (requests * 1_000) / perSecond
  return Math.max(CALM_SHORTEST_MS, Math.min(CALM_LONGEST_MS, dueMs(CALM_REQUESTS)), dueMs(CALM_FEWEST_REQUESTS))
}

function figuresOf(samples: readonly CanarySample[], slow: readonly CanarySample[], limits: SlowLimits): CalmResult {
  const latencies = samples.map(latencyMs)
  return {
    requests: samples.length,
    slow: slow.length,
    slowMs: roundOrNull(Math.max(...limits.values())),
    p50Ms: roundOrNull(percentile(latencies, 50)),
    p95Ms: roundOrNull(percentile(latencies, 95)),
    p99Ms: roundOrNull(percentile(latencies, 99)),
    worstMs: roundOrNull(Math.max(...latencies)),
  }
}

function reasonOf({ requests, slow, slowMs, p50Ms, worstMs }: CalmResult): string {
  if (requests < FEWEST_ANSWERS) return `not known to be as before: only ${requests} requests had an outcome`
  const figures = `the median ${String(p50Ms)} ms, the slowest ${String(worstMs)} ms`
  return `not as before: ${slow} of ${requests} answers took over ${String(slowMs)} ms, by what they took before the fault: ${figures}`
}
