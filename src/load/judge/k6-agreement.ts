/** Our figures against k6's own: samples that were lost between the two would otherwise make a verdict green. Pure. */
import { holds } from '../plan/threshold.ts'
import type { Threshold } from '../plan/shapes.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import type { K6Facts } from './generator-facts.ts'
import { isCrossed, metricAt, numberAt } from './k6-summary.ts'
import { figureOf } from './limits.ts'

/** A histogram knows a value to 0.05 %, and k6 draws a line between two of them as we do. */
const TOLERANCE = 0.002

/** Tells in words what does not agree. `summary` is `--summary-export`, whose thresholds say true for a breach. */
export function disagreements(k6: readonly K6Facts[], thresholds: readonly Threshold[], series: PassingSeries): Later<string[]> {
  const found = [...countsOf(k6, series), ...verdictsOf(k6, thresholds, series)]
  return () => found.flatMap((one) => one() ?? [])
}

/** Only where every generator has told its own. */
function countsOf(k6: readonly K6Facts[], series: PassingSeries): Later<string | null>[] {
  const counts = k6.map(({ summary }) => numberAt(metricAt(summary, 'http_reqs'), 'count'))
  if (counts.some((count) => count === null)) return []
  const theirs = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  const requests = series.ask({ metric: 'http_reqs' })
  return [
    () => {
      const ours = (requests()?.sum ?? 0) + series.outside
      return ours === theirs ? null : `k6 counted ${theirs} requests, and samples of ${ours} arrived`
    },
  ]
}

/** Only of one generator: each of several sees but its own part. */
function verdictsOf(k6: readonly K6Facts[], thresholds: readonly Threshold[], series: PassingSeries): Later<string | null>[] {
  const [only] = k6
  // What setup() and teardown() sent counts to k6's limits, and not to ours.
  if (only === undefined || k6.length > 1 || series.outside > 0) return []
  return thresholds.filter(({ from }) => from === 'script').map((threshold) => verdictOf(only, threshold, series))
}

function verdictOf({ summary }: K6Facts, threshold: Threshold, series: PassingSeries): Later<string | null> {
  const { text, metric, filter, operator, limit, unit } = threshold
  const breached = isCrossed(summary, threshold)
  const samples = series.ask({ metric, filter })
  return () => {
    const all = samples()
    if (all === null) return null
    const ours = figureOf(threshold, all, series.seconds)
    const isKept = holds(ours, operator, limit)
    // Nothing is close to a limit of 0: one error that k6 saw and we did not is one that was lost.
    const isClose = Math.abs(ours - limit) < TOLERANCE * Math.abs(limit)
    // Of a counter's rate k6 takes the whole length of its run, to the millisecond.
    const isOtherLength = unit === '/s'
    if (isKept !== breached || isClose || isOtherLength) return null
    return `${text}: k6 says ${isKept ? 'crossed' : 'kept'}, and we see ${ours}`
  }
}
