/**
 * What a series can be asked. k6 writes samples; the series keeps them by second and group; the judgement asks the series and
 * nothing else, so that a run of one generator and a merged one of many are judged alike.
 */
import type { Wall } from '../../core/time/moment.ts'

/** Served in full; turned away in order (503 with Retry-After, in time); everything else. */
export const OUTCOMES = ['served', 'rejected', 'failed'] as const

/** `{outcome:served,status:200}`: all of them must hold. Tags of k6's own and of the script. */
export type TagFilter = Readonly<Record<string, string>>

/** Writes a filter with its tags in the order of their names, so that the same one has the same text; empty without tags. */
export function filterText(filter: TagFilter): string {
  const tags = Object.keys(filter).sort()
  return tags.length === 0 ? '' : `{${tags.map((tag) => `${tag}:${String(filter[tag])}`).join(',')}}`
}

export const METRIC_TYPES = ['trend', 'rate', 'counter', 'gauge'] as const
export type MetricType = (typeof METRIC_TYPES)[number]

/** The figures that are known of samples without a histogram. */
export interface SampleFigures {
  /** How many samples there were. */
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** How many samples are other than zero: the trues of a rate. */
  readonly nonZero: number
  /** The newest value; of a gauge of several generators their sum. */
  readonly last: number
}

/** The answer to a question: all its samples, as one. */
export interface SampleAggregate extends SampleFigures {
  readonly type: MetricType
  /** Tells a percentile (0…100) of a trend in the metric's own unit (ms for times), from a histogram of 3 digits; NaN of nothing. */
  percentile(percent: number): number
}

export interface SeriesQuestion {
  readonly metric: string
  /** It has only tags that were asked for when the series was recorded, `scenario` and `outcome` always among them. */
  readonly filter?: TagFilter
  /** Seconds count that begin in [fromMs, toMs), ms from the start of the load. The whole run when left out. */
  readonly fromMs?: number
  readonly toMs?: number
}

/** Makes a key that is the same for the same question. */
export function questionText({ metric, filter, fromMs, toMs }: Required<SeriesQuestion>): string {
  return `${metric}${filterText(filter)} ${fromMs} ${toMs}`
}

/** Seconds of a recorded run, such as the last ten, that can be asked at once. Times are those of the whole run. */
export interface AskableSeconds {
  /** Answers at once; null when there is no such sample at all. @throws ChaosError BAD_INPUT for a tag that was not recorded. */
  ask(question: SeriesQuestion): SampleAggregate | null
  /** Counts the requests of the stretch that did not succeed, by status (`503`) or k6's error code (`error 1212`). */
  errors(fromMs?: number, toMs?: number): Readonly<Record<string, number>>
}

export interface PassingSecond {
  readonly second: number
  /** How many users were at work; null where k6 told nothing. */
  readonly users: number | null
  /** How many requests were under way, the mean of the second: each from when it began to when it was answered. */
  readonly inFlight: number
  /** This second, and those before it that the watcher asked for. */
  readonly seconds: AskableSeconds
}

/** The answer to what was asked of a series before it went by. @throws ChaosError INTERNAL until it has. */
export type Later<T> = () => T

/**
 * A recorded run that goes by once, from its first second to its last, so that it need not fit into memory. What is to be
 * known of it is said beforehand.
 */
export interface PassingSeries {
  /** When second 0 began. */
  readonly startWallMs: Wall
  /** Whole seconds from the start to the last sample. */
  readonly seconds: number
  /** How many samples came when their second was closed, and count to a later one. */
  readonly late: number
  /** How many HTTP requests setup() and teardown() made: they are of no second. */
  readonly outside: number
  readonly metrics: readonly { readonly name: string; readonly type: MetricType }[]
  /** Answers as `AskableSeconds` does, of a stretch of any length. @throws ChaosError BAD_INPUT for a tag that was not recorded. */
  ask(question: SeriesQuestion): Later<SampleAggregate | null>
  errors(fromMs?: number, toMs?: number): Later<Readonly<Record<string, number>>>
  /** Shows each second when its turn comes, together with the `width` - 1 before it. */
  watch(width: number, look: (passing: PassingSecond) => void): void
}
