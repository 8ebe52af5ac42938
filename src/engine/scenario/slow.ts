/** What is slow, held against the steady state. Pure. */
import { latencyMs, type CanarySample } from '../../core/canary.ts'
import { percentile } from '../../core/statistics.ts'
import { SLOW_MARGIN_MS, SLOW_TAIL_FACTOR } from '../options.ts'

/** Less than that is not halved. */
const FEWEST_STEADY = 10

/** By name of the request, of which each has a latency of its own, ms. */
export type SlowLimits = ReadonlyMap<string | undefined, number>

/** @param steady - The samples of the steady state, the oldest first; those that failed say nothing. */
export function slowLimits(steady: readonly CanarySample[]): SlowLimits {
  const newest = newestHalf(steady.filter(({ ok }) => ok))
  return new Map(
    [...Map.groupBy(newest, ({ request }) => request)].map(([request, samples]) => {
      const latencies = samples.map(latencyMs)
      const limitMs = Math.max(SLOW_TAIL_FACTOR * percentile(latencies, 95), percentile(latencies, 50) + SLOW_MARGIN_MS)
      return [request, limitMs]
    }),
  )
}

/** A kind that was not met in the steady state has nothing to be held against. */
export function isSlow(sample: CanarySample, limits: SlowLimits): boolean {
  return latencyMs(sample) > (limits.get(sample.request) ?? Infinity)
}

/** Services that were just started are slow at first, which is nothing to hold later answers against. */
function newestHalf(steady: readonly CanarySample[]): readonly CanarySample[] {
  return steady.slice(-Math.max(FEWEST_STEADY, Math.ceil(steady.length / 2)))
}
