/** The figures of a load: what came of all its requests. Pure. */
import { OTHER_REQUESTS } from '../series/metrics.ts'
import { OUTCOMES, type Later, type PassingSeries, type SampleAggregate } from '../series/questions.ts'
import type { LoadFigures } from './judgement.ts'
import { REQUEST_METRICS, requestsOf } from './requests.ts'

/** Kind of the failures that HTTP calls a success. */
const WRONG_ANSWER = 'wrong answer'

export function loadFigures(series: PassingSeries): Later<LoadFigures> {
  const answers = new Map(REQUEST_METRICS.map((metric) => [metric, series.ask({ metric })]))
  const outcomes = outcomesOf(series)
  const known = series.errors()
  const peaks = { users: 0, inFlight: 0 }
  series.watch(1, ({ users, inFlight }) => {
    peaks.users = Math.max(peaks.users, users ?? 0)
    peaks.inFlight = Math.max(peaks.inFlight, inFlight)
  })
  return () => {
    const { sent, errorShare, durations } = requestsOf((metric) => answers.get(metric)?.() ?? null)
    return {
      users: peaks.users,
      requests: sent,
      rps: series.seconds === 0 ? 0 : sent / series.seconds,
      errorRate: Number.isNaN(errorShare) ? 0 : errorShare,
      outcomes: outcomes(),
      errors: withWrongAnswers(known(), outcomes()),
      p50Ms: durations?.percentile(50) ?? null,
      p95Ms: durations?.percentile(95) ?? null,
      p99Ms: durations?.percentile(99) ?? null,
      peakInFlight: peaks.inFlight,
    }
  }
}

/** Counts by the script's own counter of tasks where it has one, as that looks into the answers. */
function outcomesOf(series: PassingSeries): Later<LoadFigures['outcomes']> {
  const question = (metric: string): Later<SampleAggregate | null>[] =>
    OUTCOMES.map((outcome) => series.ask({ metric, filter: { outcome } }))
  const [tasks, requests, others] = [question('tasks'), question('http_reqs'), question(OTHER_REQUESTS)]
  return () => {
    const hasTasks = tasks.some((count) => count() !== null)
    const [served = 0, rejected = 0, failed = 0] = OUTCOMES.map((_outcome, place) => {
      if (hasTasks) return tasks[place]?.()?.sum ?? 0
      return (requests[place]?.()?.sum ?? 0) + (others[place]?.()?.count ?? 0)
    })
    return { served, rejected, failed }
  }
}

function withWrongAnswers(
  known: LoadFigures['errors'],
  { rejected, failed }: LoadFigures['outcomes'],
): Readonly<Record<string, number>> {
  const wrong = rejected + failed - Object.values(known).reduce((sum, count) => sum + count, 0)
  return wrong > 0 ? { ...known, [WRONG_ANSWER]: wrong } : { ...known }
}

/**
 * Tells people of samples that the series shows otherwise than k6 does: late ones are not lost, though what happened in which
 * second is not quite what it shows; those of setup() and teardown() are k6's alone.
 */
export function seriesNotes({ late, outside }: Pick<PassingSeries, 'late' | 'outside'>): string[] {
  return [
    ...(late === 0 ? [] : [`${late} samples came from k6 so late that they count to a later second`]),
    ...(outside === 0
      ? []
      : [`requests of setup() and teardown(), which are part of no hold, and of no limit but their own: ${outside}`]),
  ]
}
