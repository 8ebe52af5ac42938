/**
 * What the parts of the load suite tell one another. k6 writes samples; the series keeps them by second and group; the
 * judgement asks the series and nothing else, so that a run of one generator and a merged one of many are judged alike.
 */

import type { ProfileName } from './model.ts'

/** Served in full; turned away in order (503 with Retry-After, in time); everything else. */
export const OUTCOMES = ['served', 'rejected', 'failed'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** A piece of the users' curve: `target` is reached, from what was before, evenly over `durationMs`. */
export interface LoadStage {
  readonly durationMs: number
  /** Virtual users, or iterations a second in the arrival-rate variant. */
  readonly target: number
}

/** A stage, or a merged row of stages, in which the target does not change. Times from the start of the first stage. */
export interface HoldStage {
  readonly fromMs: number
  readonly toMs: number
  readonly target: number
}

/** `{outcome:served,status:200}`: all of them must hold. Tags of k6's own and of the script. */
export type TagFilter = Readonly<Record<string, string>>

/** Of a trend: avg, min, med, max, p(N), count. Of a rate: rate, count. Of a counter: count, rate (a second). Of a gauge: value. */
export type Aggregate =
  | { readonly kind: 'avg' | 'min' | 'med' | 'max' | 'rate' | 'count' | 'value' }
  | { readonly kind: 'percentile'; readonly percent: number }

export const OPERATORS = ['<', '<=', '>', '>=', '==', '!='] as const
export type Operator = (typeof OPERATORS)[number]

/** `ms` for times, `%` and `share` for rates, `/s` for rates of counters, `` for plain numbers. */
export type LimitUnit = 'ms' | 'share' | '/s' | ''

export interface Threshold {
  readonly metric: string
  readonly filter: TagFilter
  readonly aggregate: Aggregate
  readonly operator: Operator
  /** In the unit: ms, 0…1, per second. */
  readonly limit: number
  readonly unit: LimitUnit
  /** `default`: nobody limited the errors, so that ours does. */
  readonly from: 'script' | 'manifest' | 'input' | 'default'
  /** As it was written, for people. */
  readonly text: string
}

export type MetricType = 'trend' | 'rate' | 'counter' | 'gauge'

/** All samples of a question, as one. */
export interface SampleAggregate {
  readonly type: MetricType
  /** Samples. */
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  /** Samples other than zero: the trues of a rate. */
  readonly nonZero: number
  /** Of a gauge: the newest value, of several generators their sum. */
  readonly last: number
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

/** How much of a pattern a profile runs. What is left out stays as the script has it; limits are never scaled. */
export interface LoadScale {
  /** Length of all stages together. */
  readonly durationSeconds?: number
  /** Users at the highest stage. */
  readonly users?: number
  /** Of these; else the pattern's gate is scaled with the users. */
  readonly gateUsers?: number
}

/** A load pattern as it was found: an entry of a manifest, or a script without one. */
export interface LoadPattern {
  readonly id: string
  readonly name: string
  readonly expectedBehavior: string
  /** Absolute path of the k6 script. */
  readonly script: string
  /** As written; the script's own apply when null. */
  readonly thresholds: readonly string[] | null
  /** Up to so many users of the highest stage the limits gate; above it they are measured only. null: all the way. */
  readonly gateUsers: number | null
  readonly measure: readonly LoadMeasure[]
  /** `open`: iterations begin at a rate, however many users that takes. */
  readonly model: (typeof LOAD_MODELS)[number]
  /** Mean pause of a user between two requests, seconds: what the open variant of a closed curve is made with. */
  readonly thinkSeconds: number | null
  /** Of a good answer; null: the usual. */
  readonly answerSeconds: number | null
  /** Only run when it is named. */
  readonly onDemand: boolean
  readonly scales: Readonly<Partial<Record<ProfileName, LoadScale>>>
  /** For the script's `__ENV`. */
  readonly environment: Readonly<Record<string, string>>
  readonly source: { readonly file: string; readonly line: number }
}

export const LOAD_MODELS = ['closed', 'open'] as const

/** Beside the thresholds: where it breaks, and how long it takes to be well again after a spike. */
export const LOAD_MEASURES = ['breaking_point', 'spike_recovery'] as const
export type LoadMeasure = (typeof LOAD_MEASURES)[number]
