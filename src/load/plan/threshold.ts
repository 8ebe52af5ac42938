/** A limit on what k6 measured: what it is of, when it holds, and how it is told. Pure. */
import { ChaosError } from '../../core/errors.ts'
import { filterText, type MetricType, type TagFilter } from '../series/questions.ts'

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

/** Of the same samples: two of them, however they were written, are one limit said twice. */
export function thresholdKey({ metric, filter, aggregate, operator }: Threshold): string {
  return `${metric}${filterText(filter)} ${aggregateText(aggregate)} ${operator}`
}

/** @throws ChaosError BAD_INPUT naming one that is there twice. */
export function refuseRepeats(thresholds: readonly Threshold[]): void {
  const seen = new Map<string, string>()
  for (const threshold of thresholds) {
    const key = thresholdKey(threshold)
    const earlier = seen.get(key)
    if (earlier !== undefined)
      throw new ChaosError('BAD_INPUT', `the threshold "${threshold.text}" limits the same as "${earlier}": keep one of them`)
    seen.set(key, threshold.text)
  }
}

/** What is no number meets no limit, not even `!=`. */
export function holds(observed: number, operator: Operator, limit: number): boolean {
  if (Number.isNaN(observed)) return false
  switch (operator) {
    case '<':
      return observed < limit
    case '<=':
      return observed <= limit
    case '>':
      return observed > limit
    case '>=':
      return observed >= limit
    case '==':
      return observed === limit
    case '!=':
      return observed !== limit
  }
}

export function aggregateText(aggregate: Aggregate): string {
  return aggregate.kind === 'percentile' ? `p${String(aggregate.percent)}` : aggregate.kind
}

/** Which aggregates a type of metric has. */
export function hasAggregate(type: MetricType, { kind }: Aggregate): boolean {
  switch (type) {
    case 'trend':
      return kind !== 'rate' && kind !== 'value'
    case 'rate':
    case 'counter':
      return kind === 'rate' || kind === 'count'
    case 'gauge':
      return kind === 'value'
  }
}
