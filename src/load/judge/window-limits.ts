/** The figures above which a window counts as bad: those of the pattern's own limits. Pure. */
import type { HeldLimits } from '../../ports/held-load.ts'
import { aggregateText } from '../plan/threshold.ts'
import type { Threshold } from '../plan/shapes.ts'
import { OTHER_REQUESTS } from '../series/metrics.ts'

const FAILURES: readonly string[] = ['errors', 'http_req_failed', OTHER_REQUESTS]
const USUAL: HeldLimits = { errorShare: 0.01, p95Ms: 500 }

/** Takes the strictest of several limits of the same figure; those with tags speak of a part only. */
export function windowLimits(thresholds: readonly Threshold[]): HeldLimits {
  const own = thresholds.filter(({ filter, operator }) => Object.keys(filter).length === 0 && operator.startsWith('<'))
  const strictest = (fits: (threshold: Threshold) => boolean, usual: number): number => {
    const limits = own.filter(fits).map(({ limit }) => limit)
    return limits.length === 0 ? usual : Math.min(...limits)
  }
  return {
    errorShare: strictest(({ metric, aggregate }) => FAILURES.includes(metric) && aggregate.kind === 'rate', USUAL.errorShare),
    p95Ms: strictest(
      ({ metric, aggregate }) => metric === 'http_req_duration' && aggregateText(aggregate) === 'p95',
      USUAL.p95Ms,
    ),
  }
}
