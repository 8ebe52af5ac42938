/** All samples of one group in one second. */
import { ChaosError } from '../../core/errors.ts'
import { addTo, bucketOf, decodeBuckets, encodeBuckets, percentileOf, sortBuckets } from './buckets.ts'
import type { Buckets, SortedBuckets } from './buckets.ts'
import type { MetricType, SampleAggregate } from './questions.ts'

/** Times are ms, and kept in µs; other trends in thousandths. */
const FINENESS = 1_000

export interface Cell {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly nonZero: number
  readonly last: number
  /** encodeBuckets; several after a merge. Empty where no histogram is kept. */
  readonly histograms: readonly string[]
}

/** Of the second that is under way. */
export class OpenCell {
  count = 0
  sum = 0
  min = Infinity
  max = -Infinity
  nonZero = 0
  last = Number.NaN
  readonly buckets: Buckets | null

  constructor(hasHistogram: boolean) {
    this.buckets = hasHistogram ? new Map() : null
  }

  add(value: number): void {
    this.count += 1
    this.sum += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
    if (value !== 0) this.nonZero += 1
    this.last = value
    if (this.buckets !== null) addTo(this.buckets, bucketOf(Math.max(0, Math.round(value * FINENESS))))
  }

  close(): Cell {
    const { count, sum, min, max, nonZero, last, buckets } = this
    return { count, sum, min, max, nonZero, last, histograms: buckets === null ? [] : [encodeBuckets(buckets)] }
  }
}

/** `isGauge`: of cells of one second their last values are added, as they are those of several generators. */
export function mergeCells(cells: readonly Cell[], isGauge: boolean): Cell {
  const last = isGauge ? cells.reduce((sum, cell) => sum + cell.last, 0) : (cells.at(-1)?.last ?? Number.NaN)
  return {
    count: cells.reduce((sum, cell) => sum + cell.count, 0),
    sum: cells.reduce((sum, cell) => sum + cell.sum, 0),
    min: cells.reduce((least, cell) => Math.min(least, cell.min), Infinity),
    max: cells.reduce((most, cell) => Math.max(most, cell.max), -Infinity),
    nonZero: cells.reduce((sum, cell) => sum + cell.nonZero, 0),
    last,
    histograms: cells.flatMap(({ histograms }) => histograms),
  }
}

/** The cells of a short stretch, in the order of their seconds, as one answer. */
export function aggregateOf(metric: string, type: MetricType, cells: readonly Cell[]): SampleAggregate {
  const { histograms, ...figures } = mergeCells(cells, false)
  const percentile = percentilesOf(metric, figures, () => {
    const buckets: Buckets = new Map()
    for (const histogram of histograms) decodeBuckets(histogram, buckets)
    return histograms.length === 0 ? null : buckets
  })
  return { type, ...figures, percentile }
}

/** The same of a stretch of any length, whose cells come one by one: what is kept does not grow with their number. */
export class CellTally {
  private count = 0
  private sum = 0
  private min = Infinity
  private max = -Infinity
  private nonZero = 0
  private last = Number.NaN
  private buckets: Buckets | null = null

  add(cell: Cell): void {
    this.count += cell.count
    this.sum += cell.sum
    this.min = Math.min(this.min, cell.min)
    this.max = Math.max(this.max, cell.max)
    this.nonZero += cell.nonZero
    this.last = cell.last
    for (const histogram of cell.histograms) {
      this.buckets ??= new Map<number, number>()
      decodeBuckets(histogram, this.buckets)
    }
  }

  /** Of the cells so far, which must be all; null of none. */
  aggregate(metric: string, type: MetricType): SampleAggregate | null {
    const { count, sum, min, max, nonZero, last, buckets } = this
    if (count === 0) return null
    const figures = { count, sum, min, max, nonZero, last }
    return { type, ...figures, percentile: percentilesOf(metric, figures, () => buckets) }
  }
}

/** `bucketsOf` is asked once, and only if a percentile is wanted; null where none were recorded. */
function percentilesOf(
  metric: string,
  { min, max }: Pick<Cell, 'min' | 'max'>,
  bucketsOf: () => Buckets | null,
): (percent: number) => number {
  let sorted: SortedBuckets | null = null
  return (percent) => {
    if (sorted === null) {
      const buckets = bucketsOf()
      if (buckets === null)
        throw new ChaosError('BAD_INPUT', `percentiles of ${metric} were not recorded: name one in a threshold`)
      sorted = sortBuckets(buckets)
    }
    return percentileOf(sorted, percent, min * FINENESS, max * FINENESS) / FINENESS
  }
}
