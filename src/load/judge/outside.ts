/**
 * Limits of what setup() or teardown() did: they stand outside the load, whose samples are all that is kept of it, so that k6's
 * own word of them is the verdict. Pure.
 */
import type { Json } from '../../core/json.ts'
import type { Aggregate, Threshold } from '../plan/shapes.ts'
import { aggregateText } from '../plan/threshold.ts'
import { filterText } from '../series/questions.ts'
import type { LimitResult } from './judgement.ts'
import type { K6Facts } from './generator-facts.ts'
import { figuresOf, isCrossed, numberAt } from './k6-summary.ts'

/** Which of them a limit is of; null for one of the load. k6 names their groups itself: `::setup`, `::setup::log in`. */
export function outsideOf({ filter }: Pick<Threshold, 'filter'>): 'setup' | 'teardown' | null {
  const [, outermost] = (filter['group'] ?? '').split('::')
  return outermost === 'setup' || outermost === 'teardown' ? outermost : null
}

/** Of several generators each has its own setup(): one that crossed the limit is enough. */
export function judgeOutside(thresholds: readonly Threshold[], k6: readonly K6Facts[]): LimitResult[] {
  return thresholds.flatMap((threshold) => {
    const scope = outsideOf(threshold)
    if (scope === null) return []
    const { text, metric, filter, aggregate, operator, limit, unit, from } = threshold
    const crossed = k6.map(({ summary }) => {
      const isOver = isCrossed(summary, threshold)
      // Of nothing k6 says that it was kept.
      return isOver === false && isEmpty(figuresOf(summary, threshold)) ? null : isOver
    })
    const first = k6[Math.max(0, crossed.indexOf(true))]
    const result: LimitResult = {
      ...{ text, metric, filter: filterText(filter) || null, aggregate: aggregateText(aggregate), operator, limit, unit, from },
      ...{ scope, fromMs: 0, toMs: 0, target: null, gates: true },
      observed: first === undefined ? null : figureIn(figuresOf(first.summary, threshold), aggregate),
      ...{ samples: 0, neededSamples: 0 },
      met: crossed.includes(true) ? false : crossed.length === 0 || crossed.includes(null) ? null : true,
    }
    return [result]
  })
}

/** Whether a trend or a rate had no sample; a counter without one is 0, which is a figure. */
function isEmpty(figures: Json | undefined): boolean {
  if (numberAt(figures, 'avg') !== null) return numberAt(figures, 'count') === 0
  return numberAt(figures, 'passes') === 0 && numberAt(figures, 'fails') === 0
}

/** Under the names of `--summary-export`, which has of a trend's percentiles only those that the script wants to see. */
function figureIn(figures: Json | undefined, aggregate: Aggregate): number | null {
  switch (aggregate.kind) {
    case 'percentile':
      return numberAt(figures, `p(${aggregate.percent})`)
    case 'rate':
      return numberAt(figures, 'rate') ?? numberAt(figures, 'value')
    default:
      return numberAt(figures, aggregate.kind)
  }
}
