/** What was measured of a pattern beside its series: together they are all that a judgement rests on, now or after a merge. */
import type { CompletionFacts, GeneratorFacts, LoadJudgement } from '../core/load-judgement.ts'
import type { Later, LoadMeasure, LoadPattern, PassingSeries, Threshold } from '../core/load.ts'
import type { ProfileName } from '../core/model.ts'
import { judgeLoad } from './judge-load.ts'
import { lateNotes } from './late-notes.ts'
import type { LoadPlan } from './stages.ts'

export interface Measured {
  readonly pattern: Pick<LoadPattern, 'id' | 'name' | 'expectedBehavior' | 'source'>
  readonly profile: ProfileName
  readonly model: LoadPattern['model']
  /** As k6 reached it. */
  readonly address: string
  readonly k6: { readonly version: string; readonly runsIn: string }
  readonly startedWallMs: number
  readonly durationMs: number
  readonly plan: LoadPlan
  /** Up to here the limits gate, in the plan's unit; null: all the way. */
  readonly gateTarget: number | null
  readonly measure: readonly LoadMeasure[]
  readonly thresholds: readonly Threshold[]
  readonly generators: readonly GeneratorFacts[]
  readonly completion: CompletionFacts | null
  /** For people. */
  readonly notes: readonly string[]
}

export function judgeMeasured(series: PassingSeries, measured: Measured): Later<LoadJudgement> {
  const { plan, gateTarget, measure, thresholds, generators, completion, notes } = measured
  const judgement = judgeLoad({ plan, gateTarget, measure, thresholds, series, generators, completion })
  return () => {
    const judged = judgement()
    return { ...judged, notes: [...judged.notes, ...lateNotes(series), ...notes] }
  }
}
