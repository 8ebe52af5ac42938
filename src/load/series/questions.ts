/**
 * What a series can be asked. k6 writes samples; the series keeps them by second and group; the judgement asks the series and
 * nothing else, so that a run of one generator and a merged one of many are judged alike.
 */

/** Served in full; turned away in order (503 with Retry-After, in time); everything else. */
export const OUTCOMES = ['served', 'rejected', 'failed'] as const

/** `{outcome:served,status:200}`: all of them must hold. Tags of k6's own and of the script. */
export type TagFilter = Readonly<Record<string, string>>

/** Empty without tags; tags in the order of their names, so that the same filter has the same text. */
export function filterText(filter: TagFilter): string {
  const tags = Object.keys(filter).sort()
  return tags.length === 0 ? '' : `{${tags.map((tag) => `${tag}:${String(filter[tag])}`).join(',')}}`
}

export type MetricType = 'trend' | 'rate' | 'counter' | 'gauge'

/** What is known of samples without a histogram. */
export interface SampleFigures {
  /** How many samples there were. */
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** Samples other than zero: the trues of a rate. */
  readonly nonZero: number
  /** The newest value; of a gauge of several generators their sum. */
  readonly last: number
}

/** All samples of a question, as one. */
export interface SampleAggregate extends SampleFigures {
  readonly type: MetricType
  /** Of a trend, 0…100, in the metric's own unit (ms for times), from an HDR histogram of 3 digits. NaN without samples. */
  percentile(percent: number): number
}

export interface SeriesQuestion {
  readonly metric: string
  /** Only tags that were asked for when the series was recorded, `scenario` and `outcome` always among them. */
  readonly filter?: TagFilter
  /** From the start of the load, whole seconds count that begin in [fromMs, toMs). The whole run when left out. */
  readonly fromMs?: number
  readonly toMs?: number
}

/** Seconds of a recorded run, such as the last ten, that can be asked at once. Times are those of the whole run. */
export interface AskableSeconds {
  /** null when there is no such sample at all. @throws ChaosError BAD_INPUT for a tag that was not recorded. */
  ask(question: SeriesQuestion): SampleAggregate | null
  /** Requests that did not succeed in the stretch, by status (`503`) or by k6's error code (`error 1212`). */
  errors(fromMs?: number, toMs?: number): Readonly<Record<string, number>>
}

export interface PassingSecond {
  readonly second: number
  /** Users at work; null where k6 told nothing. */
  readonly users: number | null
  /** Requests under way: the mean of the second, from when each began to when it was answered. */
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
  /** Wall clock of second 0, ms since the epoch. */
  readonly startWallMs: number
  /** Whole seconds from the start to the last sample. */
  readonly seconds: number
  /** Samples that came when their second was closed, and count to a later one. */
  readonly late: number
  readonly metrics: readonly { readonly name: string; readonly type: MetricType }[]
  /** As `AskableSeconds` answers, of a stretch of any length. @throws ChaosError BAD_INPUT for a tag that was not recorded. */
  ask(question: SeriesQuestion): Later<SampleAggregate | null>
  errors(fromMs?: number, toMs?: number): Later<Readonly<Record<string, number>>>
  /** Shows each second when its turn comes, together with the `width` - 1 before it. */
  watch(width: number, look: (passing: PassingSecond) => void): void
}
