/** What was measured of a pattern beside its series: together they are all that a judgement rests on, now or after a merge. */
import type { PatternCard } from '../plan/card.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import type { CompletionFacts, GeneratorFacts, LoadJudgement } from './judgement.ts'
import { lateNotes } from './late-notes.ts'
import { judgeLoad } from './pattern.ts'

export interface Measured extends PatternCard {
  readonly startedWallMs: number
  readonly durationMs: number
  readonly generators: readonly GeneratorFacts[]
  readonly completion: CompletionFacts | null
}

export function judgeMeasured(series: PassingSeries, measured: Measured): Later<LoadJudgement> {
  const { plan, gateTarget, measure, thresholds, generators, completion, notes } = measured
  const judgement = judgeLoad({ plan, gateTarget, measure, thresholds, series, generators, completion })
  return () => {
    const judged = judgement()
    return { ...judged, notes: [...judged.notes, ...lateNotes(series), ...notes] }
  }
}
