/** A series made of samples that are written down one by one: every answer is exact, so that tests can know it beforehand. */
import { wallAt } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import { percentile } from '../../core/statistics.ts'
import type {
  AskableSeconds,
  MetricType,
  PassingSeries,
  SampleAggregate,
  SeriesQuestion,
  TagFilter,
} from '../series/questions.ts'

export interface Sample {
  readonly metric: string
  /** From the start of the load. */
  readonly atMs: number
  readonly value: number
  readonly tags?: TagFilter
}

const TYPES: Readonly<Record<string, MetricType>> = {
  ...{ http_reqs: 'counter', iterations: 'counter', dropped_iterations: 'counter', tasks: 'counter' },
  ...{ script_exceptions: 'counter', ws_and_grpc: 'rate' },
  ...{ http_req_failed: 'rate', checks: 'rate', errors: 'rate', vus: 'gauge' },
}

/** What is not in the table is a trend. `seconds`: longer than the samples tell. */
export function seriesOf(samples: readonly Sample[], seconds = 0): PassingSeries {
  const byMetric = Map.groupBy(samples, (sample) => sample.metric)
  const last = samples.reduce((latest, { atMs }) => Math.max(latest, atMs), -1)
  const whole = Math.max(seconds, Math.floor(last / 1_000) + 1)
  const all: AskableSeconds = {
    ask: (question) => answer(byMetric.get(question.metric) ?? [], question),
    errors: (fromMs, toMs) => errorsOf((byMetric.get('http_reqs') ?? []).filter((sample) => isInside(sample, fromMs, toMs))),
  }
  return {
    startWallMs: wallAt(1_800_000_000_000),
    seconds: whole,
    metrics: [...byMetric.keys()].map((name) => ({ name, type: typeOf(name) })),
    late: 0,
    outside: 0,
    ask: (question) => () => all.ask(question),
    errors: (fromMs, toMs) => () => all.errors(fromMs, toMs),
    // It has gone by when somebody begins to watch.
    watch: (_width, look) => {
      const users = usersOf(byMetric.get('vus') ?? [], whole)
      const inFlight = inFlightOf(byMetric.get('http_req_duration') ?? [], whole)
      for (const [second, mean] of inFlight.entries())
        look({ second, users: users[second] ?? null, inFlight: mean, seconds: all })
    },
  }
}

export interface Traffic {
  readonly fromMs: number
  readonly toMs: number
  readonly perSecond: number
  /** Of each answer; the n-th's when it is a function. */
  readonly latencyMs: number | ((index: number) => number)
  /** null: it succeeds. `503`, `error 1212`. */
  readonly failure?: (index: number) => string | null
  readonly tags?: TagFilter
}

/** What k6 tells of requests that are answered evenly over a stretch, each an iteration of its own. */
export function traffic({ fromMs, toMs, perSecond, latencyMs, failure = () => null, tags = {} }: Traffic): Sample[] {
  const count = Math.round((perSecond * (toMs - fromMs)) / 1_000)
  return Array.from({ length: count }, (_, index) => {
    const atMs = fromMs + (index * (toMs - fromMs)) / count
    const failed = failure(index)
    const own = { ...tags, ...(failed === null ? {} : { failure: failed }) }
    const latency = typeof latencyMs === 'number' ? latencyMs : latencyMs(index)
    return [
      { metric: 'http_reqs', atMs, value: 1, tags: own },
      { metric: 'http_req_duration', atMs, value: latency, tags: own },
      { metric: 'http_req_failed', atMs, value: failed === null ? 0 : 1, tags: own },
      { metric: 'iterations', atMs, value: 1, tags },
    ]
  }).flat()
}

/** Users at work, once a second. */
export function users(fromMs: number, toMs: number, at: (ms: number) => number): Sample[] {
  const count = Math.ceil((toMs - fromMs) / 1_000)
  return Array.from({ length: count }, (_, index) => fromMs + index * 1_000).map((atMs) => ({
    metric: 'vus',
    atMs,
    value: Math.round(at(atMs)),
  }))
}

function answer(samples: readonly Sample[], { filter = {}, fromMs, toMs, metric }: SeriesQuestion): SampleAggregate | null {
  if (Object.hasOwn(filter, 'unrecorded')) throw new ChaosError('BAD_INPUT', 'the tag unrecorded was not recorded')
  const values = samples.filter((sample) => isInside(sample, fromMs, toMs) && fits(sample, filter)).map(({ value }) => value)
  if (values.length === 0) return null
  return {
    type: typeOf(metric),
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: values.reduce((a, b) => Math.min(a, b), Infinity),
    max: values.reduce((a, b) => Math.max(a, b), -Infinity),
    nonZero: values.filter((value) => value !== 0).length,
    last: values.at(-1) ?? Number.NaN,
    percentile: (percent) => percentile(values, percent),
  }
}

function typeOf(metric: string): MetricType {
  return TYPES[metric] ?? 'trend'
}

function fits({ tags = {} }: Sample, filter: TagFilter): boolean {
  return Object.entries(filter).every(([tag, value]) => tags[tag] === value)
}

/** Whole seconds that begin in [fromMs, toMs). */
function isInside({ atMs }: Sample, fromMs = 0, toMs = Infinity): boolean {
  const secondMs = Math.floor(atMs / 1_000) * 1_000
  return secondMs >= fromMs && secondMs < toMs
}

function errorsOf(requests: readonly Sample[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { tags } of requests) {
    const failure = tags?.['failure']
    if (failure !== undefined) counts[failure] = (counts[failure] ?? 0) + 1
  }
  return counts
}

/** Of a second: the time that requests took in it, by the second. A sample's time is that of its end. */
function inFlightOf(samples: readonly Sample[], seconds: number): number[] {
  return Array.from({ length: seconds }, (_, second) => {
    const [from, to] = [second * 1_000, (second + 1) * 1_000]
    const busyMs = samples.reduce(
      (sum, { atMs, value }) => sum + Math.max(0, Math.min(to, atMs) - Math.max(from, atMs - value)),
      0,
    )
    return busyMs / 1_000
  })
}

function usersOf(samples: readonly Sample[], seconds: number): (number | null)[] {
  const bySecond = new Map(samples.map(({ atMs, value }) => [Math.floor(atMs / 1_000), value]))
  return Array.from({ length: seconds }, (_, second) => bySecond.get(second) ?? null)
}
