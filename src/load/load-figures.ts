/** What came of all the requests. Pure. */
import type { LoadFigures } from '../core/load-judgement.ts'
import type { LoadSeries, SampleAggregate } from '../core/load.ts'
import { OUTCOMES } from '../core/load.ts'

/** Kind of the failures that HTTP calls a success. */
const WRONG_ANSWER = 'wrong answer'

export function loadFigures(series: LoadSeries): LoadFigures {
  const requests = series.ask({ metric: 'http_reqs' })?.sum ?? 0
  const outcomes = outcomesOf(series)
  const errors = { ...series.errors() }
  const known = Object.values(errors).reduce((sum, count) => sum + count, 0)
  const wrong = outcomes.rejected + outcomes.failed - known
  if (wrong > 0) errors[WRONG_ANSWER] = wrong
  const failures = series.ask({ metric: 'errors' }) ?? series.ask({ metric: 'http_req_failed' })
  const durations = series.ask({ metric: 'http_req_duration' })
  return {
    users: series.users().reduce<number>((most, users) => Math.max(most, users ?? 0), 0),
    requests,
    rps: series.seconds === 0 ? 0 : requests / series.seconds,
    errorRate: failures === null ? 0 : failures.nonZero / failures.count,
    outcomes,
    errors,
    p50Ms: at(durations, 50),
    p95Ms: at(durations, 95),
    p99Ms: at(durations, 99),
    peakInFlight: series.inFlight().reduce((most, mean) => Math.max(most, mean), 0),
  }
}

/** By the script's own counter of tasks where it has one, as that looks into the answers. */
function outcomesOf(series: LoadSeries): LoadFigures['outcomes'] {
  const metric = hasTasks(series) ? 'tasks' : 'http_reqs'
  const [served, rejected, failed] = OUTCOMES.map((outcome) => series.ask({ metric, filter: { outcome } })?.sum ?? 0)
  return { served: served ?? 0, rejected: rejected ?? 0, failed: failed ?? 0 }
}

function hasTasks(series: LoadSeries): boolean {
  return OUTCOMES.some((outcome) => series.ask({ metric: 'tasks', filter: { outcome } }) !== null)
}

function at(samples: SampleAggregate | null, percent: number): number | null {
  return samples === null ? null : samples.percentile(percent)
}
