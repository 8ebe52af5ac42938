/** A limit on what k6 measured: what it is of, when it holds, and how it is told. Pure. */
import { ChaosError } from '../../core/errors.ts'
import { filterText, type MetricType } from '../series/questions.ts'
import type { Aggregate, Operator, Threshold } from './shapes.ts'

/** Two limits with the same key, however they were written, are one limit said twice. */
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

const HOLDS: Readonly<Record<Operator, (observed: number, limit: number) => boolean>> = {
  '<': (observed, limit) => observed < limit,
  '<=': (observed, limit) => observed <= limit,
  '>': (observed, limit) => observed > limit,
  '>=': (observed, limit) => observed >= limit,
  '==': (observed, limit) => observed === limit,
  '!=': (observed, limit) => observed !== limit,
}

/** Tells whether a limit is met; by what is no number none is, not even `!=`. */
export function holds(observed: number, operator: Operator, limit: number): boolean {
  return !Number.isNaN(observed) && HOLDS[operator](observed, limit)
}

export function aggregateText(aggregate: Aggregate): string {
  return aggregate.kind === 'percentile' ? `p${aggregate.percent}` : aggregate.kind
}

const AGGREGATES: Readonly<Record<MetricType, readonly Aggregate['kind'][]>> = {
  trend: ['avg', 'min', 'med', 'max', 'percentile', 'count'],
  rate: ['rate', 'count'],
  counter: ['rate', 'count'],
  gauge: ['value'],
}

/** Tells whether a type of metric has this aggregate. */
export function hasAggregate(type: MetricType, { kind }: Aggregate): boolean {
  return AGGREGATES[type].includes(kind)
}

/** So sure that at least one sample lies beyond the percentile: 0.95^59 and 0.99^299 are below 5 %. */
const DOUBT = 0.05

/** How many samples a limit needs before it can be decided: 59 for p95, 299 for p99, and 1 for what is no percentile. */
export function neededSamples({ aggregate }: Pick<Threshold, 'aggregate'>): number {
  const percent = aggregate.kind === 'percentile' ? aggregate.percent : aggregate.kind === 'med' ? 50 : 0
  if (percent <= 0 || percent >= 100) return 1
  return Math.ceil(Math.log(DOUBT) / Math.log(percent / 100))
}
