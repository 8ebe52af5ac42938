/** What the judgement of a load pattern is made from, and what it says. `LoadResult` of the result file holds all of it. */
import type { DeepReadonly, Json } from '../../core/json.ts'
import type { LoadMeasure } from '../../core/load.ts'
import type { Verdict } from '../../core/model.ts'
import type { LoadBreakingPoint, LoadGenerator, LoadLimitResult, LoadRecovery, LoadResult } from '../../core/result/load.ts'
import type { LoadPlan } from '../plan/stages.ts'
import type { Threshold } from '../plan/threshold.ts'
import type { PassingSeries } from '../series/questions.ts'

/** One look at the generator's own machine. */
export interface GeneratorLook {
  /** From the start of the load. */
  readonly atMs: number
  /** CPU time that k6 has used so far, µs; null when it could not be read. */
  readonly cpuUs: number | null
  /** Share of all of the machine's CPU time that was idle since the look before, 0…1; null at the first look. */
  readonly machineIdle: number | null
  /** Of what the machine asked for since then, the share that its host gave to others, 0…1; null when it is not known. */
  readonly machineStolen: number | null
}

export interface K6Facts {
  readonly exitCode: number
  /** Ended by us before its time. */
  readonly stopped: boolean
  /** `--summary-export`; its thresholds are inverted. null when there was none. */
  readonly summary: Json
  readonly log: string
}

/** One of the programs that made the load; usually the only one. */
export interface GeneratorFacts {
  readonly k6: K6Facts
  readonly looks: readonly GeneratorLook[]
  /** Of the machine that it ran on; 0 when nobody looked. */
  readonly cores: number
}

/** As the result file holds them, where each of their keys is described. */
export type LimitResult = Readonly<LoadLimitResult>
export type BreakingPoint = Readonly<LoadBreakingPoint>
export type SpikeRecovery = Readonly<LoadRecovery>
export type GeneratorResult = DeepReadonly<LoadGenerator>
/** Every task that k6 counts as served must be among those that the system says it has completed. */
export type CompletionFacts = DeepReadonly<NonNullable<LoadResult['completion']>>
/** What came of the requests. */
export type LoadFigures = DeepReadonly<
  Pick<
    LoadResult,
    'users' | 'requests' | 'rps' | 'errorRate' | 'outcomes' | 'errors' | 'p50Ms' | 'p95Ms' | 'p99Ms' | 'peakInFlight'
  >
>

export interface LoadJudgement {
  readonly verdict: Verdict
  /** Why it is not passed; empty when it is. */
  readonly reasons: readonly string[]
  readonly figures: LoadFigures
  readonly limits: readonly LimitResult[]
  readonly breakingPoint: BreakingPoint | null
  readonly recoveries: readonly SpikeRecovery[]
  readonly generator: GeneratorResult
  readonly completion: CompletionFacts | null
  /** For people: what is good to know and changes nothing. */
  readonly notes: readonly string[]
}

/** A stretch of a load, ms from its start. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** All that a judgement rests on. */
export interface LoadEvidence {
  readonly plan: LoadPlan
  readonly gateTarget: number | null
  readonly measure: readonly LoadMeasure[]
  readonly thresholds: readonly Threshold[]
  readonly series: PassingSeries
  readonly generators: readonly GeneratorFacts[]
  readonly completion: CompletionFacts | null
  /** The stretches that were free of faults, of a load that held beside scenarios until we ended it; null of a pattern. */
  readonly calm: readonly Span[] | null
}
