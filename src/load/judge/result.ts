/** The result of a pattern, of one that ran and of one that never did. Pure. */
import { isoTime, type Wall } from '../../core/time/moment.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { LoadResult } from '../../core/result/load.ts'
import { decideLoad } from '../../core/verdict.ts'
import type { LoadFigures, LoadJudgement } from './judgement.ts'

export interface PatternFacts {
  readonly pattern: Pick<LoadPattern, 'id' | 'name' | 'expectedBehavior' | 'source'>
  readonly model: LoadPattern['model']
  readonly startedWallMs: Wall
  readonly durationMs: number
  readonly k6: LoadResult['k6']
  readonly series: LoadResult['series']
  readonly logs: LoadResult['logs']
  readonly repeatCommand: string
}

export function judgedResult(facts: PatternFacts, judgement: LoadJudgement): LoadResult {
  const { verdict, reasons, figures, limits, ...found } = judgement
  return { ...common(facts), verdict, reasons, ...figures, thresholds: limits, ...found }
}

/** Why it could not be run, or why nothing of it can be judged. */
type Broken = { readonly errors: readonly [string] } | { readonly doubts: readonly [string] }

export function brokenResult(facts: PatternFacts, found: Broken): LoadResult {
  return {
    ...common(facts),
    ...decideLoad({ errors: [], misses: [], doubts: [], stolenPercent: null, ...found }),
    ...{ users: 0, requests: 0, rps: 0, errorRate: 0 },
    ...{ outcomes: { served: 0, rejected: 0, failed: 0 }, errors: {}, p50Ms: null, p95Ms: null, p99Ms: null, peakInFlight: 0 },
    ...{ thresholds: [], breakingPoint: null, recoveries: [], completion: null, notes: [] },
    generator: {
      cpuPercent: null,
      machinePercent: null,
      stolenPercent: null,
      droppedIterations: 0,
      saturated: false,
      reasons: [],
    },
  }
}

type Judged = keyof LoadFigures | 'verdict' | 'reasons' | 'thresholds' | 'breakingPoint' | 'recoveries' | 'generator' | 'notes'

function common(facts: PatternFacts): Omit<LoadResult, Judged | 'completion'> {
  const { pattern } = facts
  return {
    id: pattern.id,
    name: pattern.name,
    suite: 'load',
    expectedBehavior: pattern.expectedBehavior,
    startedAt: isoTime(facts.startedWallMs),
    durationMs: Math.round(facts.durationMs),
    model: facts.model,
    k6: facts.k6,
    series: facts.series,
    logs: facts.logs,
    repeatCommand: facts.repeatCommand,
    source: pattern.source,
  }
}
