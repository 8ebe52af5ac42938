/** All samples of one group in one second. */
import { ChaosError } from '../../core/errors.ts'
import {
  addTo,
  bucketOf,
  decodeBuckets,
  encodeBuckets,
  percentileOf,
  sortBuckets,
  type Buckets,
  type SortedBuckets,
} from './buckets.ts'
import type { MetricType, SampleAggregate, SampleFigures } from './questions.ts'

/** Times are ms, and kept in µs; other trends in thousandths. */
const FINENESS = 1_000

export interface Cell extends SampleFigures {
  /** Histograms as encodeBuckets writes them; several after a merge, none where none is kept. */
  readonly histograms: readonly string[]
}

/** The cell of the second that is under way. */
export class OpenCell {
  private readonly figures = noFigures()
  private readonly buckets: Buckets | null

  constructor(hasHistogram: boolean) {
    this.buckets = hasHistogram ? new Map() : null
  }

  add(value: number): void {
    const { figures } = this
    figures.count += 1
    figures.sum += value
    if (value < figures.min) figures.min = value
    if (value > figures.max) figures.max = value
    if (value !== 0) figures.nonZero += 1
    figures.last = value
    if (this.buckets !== null) addTo(this.buckets, bucketOf(Math.max(0, Math.round(value * FINENESS))))
  }

  close(): Cell {
    return { ...this.figures, histograms: this.buckets === null ? [] : [encodeBuckets(this.buckets)] }
  }
}

/** `isGauge`: of cells of one second their last values are added, as they are those of several generators. */
export function mergeCells(cells: readonly Cell[], isGauge: boolean): Cell {
  const figures = noFigures()
  for (const cell of cells) addFigures(figures, cell)
  if (isGauge) figures.last = cells.reduce((sum, { last }) => sum + last, 0)
  return { ...figures, histograms: cells.flatMap(({ histograms }) => histograms) }
}

/** Makes one answer of cells that come one by one: what is kept does not grow with their number. */
export class CellTally {
  private readonly figures = noFigures()
  private buckets: Buckets | null = null

  add(cell: Cell): void {
    addFigures(this.figures, cell)
    for (const histogram of cell.histograms) {
      this.buckets ??= new Map<number, number>()
      decodeBuckets(histogram, this.buckets)
    }
  }

  /** Gives the answer of the cells so far, which must be all; null of none. */
  aggregate(metric: string, type: MetricType): SampleAggregate | null {
    const { figures, buckets } = this
    if (figures.count === 0) return null
    let sorted: SortedBuckets | null = null
    return {
      ...{ type, ...figures },
      percentile(percent) {
        if (buckets === null)
          throw new ChaosError('BAD_INPUT', `percentiles of ${metric} were not recorded: name one in a threshold`)
        sorted ??= sortBuckets(buckets)
        return percentileOf(sorted, percent, figures.min * FINENESS, figures.max * FINENESS) / FINENESS
      },
    }
  }
}

type Figures = { -readonly [K in keyof SampleFigures]: SampleFigures[K] }

function noFigures(): Figures {
  return { count: 0, sum: 0, min: Infinity, max: -Infinity, nonZero: 0, last: Number.NaN }
}

function addFigures(into: Figures, { count, sum, min, max, nonZero, last }: SampleFigures): void {
  into.count += count
  into.sum += sum
  into.min = Math.min(into.min, min)
  into.max = Math.max(into.max, max)
  into.nonZero += nonZero
  into.last = last
}
