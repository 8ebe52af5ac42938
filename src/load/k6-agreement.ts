/** Our figures against k6's own: samples that were lost between the two would otherwise make a verdict green. Pure. */
import type { Json, JsonObject } from '../core/json.ts'
import type { LoadSeries, Threshold } from '../core/load.ts'
import type { K6Facts } from '../core/load-judgement.ts'
import { holds } from '../core/threshold.ts'
import { figureOf } from './judge-limits.ts'

/** A histogram knows a value to 0.05 %, and k6 draws a line between two of them as we do. */
const TOLERANCE = 0.002

/** What does not agree, in words. `summary` is `--summary-export`, whose thresholds say true for a breach. */
export function disagreements(k6: readonly K6Facts[], thresholds: readonly Threshold[], series: LoadSeries): string[] {
  return [...countOf(k6, series), ...verdictsOf(k6, thresholds, series)]
}

function countOf(k6: readonly K6Facts[], series: LoadSeries): string[] {
  const counts = k6.map(({ summary }) => numberAt(metricAt(summary, 'http_reqs'), 'count'))
  if (counts.some((count) => count === null)) return []
  const theirs = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
  const ours = series.ask({ metric: 'http_reqs' })?.sum ?? 0
  return ours === theirs ? [] : [`k6 counted ${String(theirs)} requests, and samples of ${String(ours)} arrived`]
}

/** Only of one generator: each of several sees but its own part. */
function verdictsOf(k6: readonly K6Facts[], thresholds: readonly Threshold[], series: LoadSeries): string[] {
  const [only] = k6
  if (only === undefined || k6.length > 1) return []
  return thresholds
    .filter(({ from }) => from === 'script')
    .flatMap((threshold) => {
      const cut = threshold.text.lastIndexOf(': ')
      const [key, expression] = [threshold.text.slice(0, cut), threshold.text.slice(cut + 2)]
      const breached = verdictAt(metricAt(only.summary, key), expression)
      const samples = series.ask({ metric: threshold.metric, filter: threshold.filter })
      if (breached === null || samples === null) return []
      const ours = figureOf(threshold, samples, series.seconds)
      const isClose = Math.abs(ours - threshold.limit) <= TOLERANCE * Math.abs(threshold.limit)
      // Of a counter's rate k6 takes the whole length of its run, to the millisecond.
      const isOtherLength = threshold.unit === '/s'
      if (holds(ours, threshold.operator, threshold.limit) !== breached || isClose || isOtherLength) return []
      return [`${threshold.text}: k6 says ${breached ? 'crossed' : 'kept'}, and we see ${String(ours)}`]
    })
}

function metricAt(summary: Json, name: string): Json | undefined {
  return isObject(summary) && isObject(summary['metrics']) ? summary['metrics'][name] : undefined
}

function numberAt(metric: Json | undefined, key: string): number | null {
  const value = isObject(metric) ? metric[key] : undefined
  return typeof value === 'number' ? value : null
}

function verdictAt(metric: Json | undefined, expression: string): boolean | null {
  const verdicts = isObject(metric) ? metric['thresholds'] : undefined
  if (!isObject(verdicts)) return null
  const found = Object.entries(verdicts).find(([key]) => key.trim() === expression)?.[1]
  return typeof found === 'boolean' ? found : null
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
