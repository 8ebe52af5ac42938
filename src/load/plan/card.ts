import type { LoadMeasure, LoadPattern } from '../../core/load.ts'
import type { ProfileName } from '../../core/model.ts'
import type { LoadPlan } from './stages.ts'
import type { Threshold } from './threshold.ts'

/** What is known of a measurement before it is made. */
export interface PatternCard {
  readonly pattern: Pick<LoadPattern, 'id' | 'name' | 'expectedBehavior' | 'source'>
  readonly profile: ProfileName
  readonly model: LoadPattern['model']
  /** As k6 reached it. */
  readonly address: string
  readonly k6: { readonly version: string; readonly runsIn: string }
  readonly plan: LoadPlan
  /** Up to here the limits gate, in the plan's unit; null: all the way. */
  readonly gateTarget: number | null
  readonly measure: readonly LoadMeasure[]
  readonly thresholds: readonly Threshold[]
  /** For people. */
  readonly notes: readonly string[]
}
