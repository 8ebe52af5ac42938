/** The figures of a load: what came of all its requests. Pure. */
import { OUTCOMES, type Later, type PassingSeries, type SampleAggregate } from '../series/questions.ts'
import type { LoadFigures } from './judgement.ts'

/** Kind of the failures that HTTP calls a success. */
const WRONG_ANSWER = 'wrong answer'

export function loadFigures(series: PassingSeries): Later<LoadFigures> {
  const question = (metric: string): Later<SampleAggregate | null> => series.ask({ metric })
  const [requests, durations] = [question('http_reqs'), question('http_req_duration')]
  const [errors, failed] = [question('errors'), question('http_req_failed')]
  const outcomes = outcomesOf(series)
  const known = series.errors()
  const peaks = { users: 0, inFlight: 0 }
  series.watch(1, ({ users, inFlight }) => {
    peaks.users = Math.max(peaks.users, users ?? 0)
    peaks.inFlight = Math.max(peaks.inFlight, inFlight)
  })
  return () => {
    const sent = requests()?.sum ?? 0
    const failures = errors() ?? failed()
    const trend = durations()
    return {
      users: peaks.users,
      requests: sent,
      rps: series.seconds === 0 ? 0 : sent / series.seconds,
      errorRate: failures === null ? 0 : failures.nonZero / failures.count,
      outcomes: outcomes(),
      errors: withWrongAnswers(known(), outcomes()),
      p50Ms: trend?.percentile(50) ?? null,
      p95Ms: trend?.percentile(95) ?? null,
      p99Ms: trend?.percentile(99) ?? null,
      peakInFlight: peaks.inFlight,
    }
  }
}

/** Counts by the script's own counter of tasks where it has one, as that looks into the answers. */
function outcomesOf(series: PassingSeries): Later<LoadFigures['outcomes']> {
  const question = (metric: string): Later<SampleAggregate | null>[] =>
    OUTCOMES.map((outcome) => series.ask({ metric, filter: { outcome } }))
  const [tasks, requests] = [question('tasks'), question('http_reqs')]
  return () => {
    const counts = tasks.some((count) => count() !== null) ? tasks : requests
    const [served, rejected, failed] = counts.map((count) => count()?.sum ?? 0)
    return { served: served ?? 0, rejected: rejected ?? 0, failed: failed ?? 0 }
  }
}

function withWrongAnswers(
  known: LoadFigures['errors'],
  { rejected, failed }: LoadFigures['outcomes'],
): Readonly<Record<string, number>> {
  const wrong = rejected + failed - Object.values(known).reduce((sum, count) => sum + count, 0)
  return wrong > 0 ? { ...known, [WRONG_ANSWER]: wrong } : { ...known }
}

/** Tells people of late samples: none is lost, though what happened in which second is not quite what the series shows. */
export function lateNotes({ late }: Pick<PassingSeries, 'late'>): string[] {
  return late === 0 ? [] : [`${late} samples came from k6 so late that they count to a later second`]
}
