/** The evidence that a load is judged by, and the judgement. `LoadResult` of the result file holds all of the latter. */
import type { LoadMeasure } from '../../core/load.ts'
import type { LoadResult } from '../../core/result/load.ts'
import type { LoadPlan, Threshold } from '../plan/shapes.ts'
import type { PassingSeries } from '../series/questions.ts'
import type { GeneratorFacts } from './generator-facts.ts'

/** The parts of a judgement are as the result file holds them, where each of their keys is described. */
export type LimitResult = LoadResult['thresholds'][number]
export type BreakingPoint = NonNullable<LoadResult['breakingPoint']>
export type SpikeRecovery = LoadResult['recoveries'][number]
export type GeneratorResult = LoadResult['generator']
/** Every task that k6 counts as served must be among those that the system says it has completed. */
export type CompletionFacts = NonNullable<LoadResult['completion']>
/** The figures say what came of the requests. */
export type LoadFigures = Pick<
  LoadResult,
  'users' | 'requests' | 'rps' | 'errorRate' | 'outcomes' | 'errors' | 'p50Ms' | 'p95Ms' | 'p99Ms' | 'peakInFlight'
>

/** A judgement is all that is found of a load; the result's `thresholds` are its limits. */
export interface LoadJudgement extends Pick<
  LoadResult,
  'verdict' | 'reasons' | 'breakingPoint' | 'recoveries' | 'generator' | 'completion' | 'notes'
> {
  readonly figures: LoadFigures
  readonly limits: LoadResult['thresholds']
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
