/** Whether this process itself got the CPU that its measurements need. */
import { msBetween } from '../../core/time/moment.ts'
import type { CanarySample } from '../../core/canary.ts'
import { percentile } from '../../core/statistics.ts'
import { STARVED_LAG_P99_MS, STARVED_LATENESS_P95_MS } from '../options.ts'

/** Why the harness's own figures cannot be trusted; null when they can. */
export function starvation(samples: readonly CanarySample[], lagP99Ms: number): string | null {
  const latenessMs = percentile(
    samples.map((sample) => msBetween(sample.intendedMs, sample.sentMs)),
    95,
  )
  if (latenessMs > STARVED_LATENESS_P95_MS) {
    return `the canary was sent ${Math.round(latenessMs)} ms late at p95 (limit ${STARVED_LATENESS_P95_MS} ms)`
  }
  if (lagP99Ms > STARVED_LAG_P99_MS) return `event-loop lag p99 ${Math.round(lagP99Ms)} ms (limit ${STARVED_LAG_P99_MS} ms)`
  return null
}
