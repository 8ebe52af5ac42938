/** The result of a pattern, of one that ran and of one that never did. Pure. */
import { isoTime, type Wall } from '../../core/time/moment.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { LoadResult } from '../../core/result/load.ts'
import { decideLoad } from '../../core/verdict.ts'
import type { LoadFigures, LoadJudgement } from './judgement.ts'

export interface PatternFacts extends Pick<LoadResult, 'model' | 'durationMs' | 'k6' | 'series' | 'logs' | 'repeatCommand'> {
  readonly pattern: Pick<LoadPattern, 'id' | 'name' | 'expectedBehavior' | 'source'>
  readonly startedWallMs: Wall
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

function common({
  pattern,
  startedWallMs,
  durationMs,
  ...facts
}: PatternFacts): Omit<LoadResult, keyof LoadJudgement | keyof LoadFigures | 'thresholds'> {
  const { id, name, expectedBehavior, source } = pattern
  const { model, k6, series, logs, repeatCommand } = facts
  const times = { startedAt: isoTime(startedWallMs), durationMs: Math.round(durationMs) }
  return { id, name, suite: 'load', expectedBehavior, ...times, model, k6, series, logs, repeatCommand, source }
}
