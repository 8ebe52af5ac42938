/** All samples of one group in one second. */
import type { MetricType, SampleAggregate } from '../../core/load.ts'
import { ChaosError } from '../../core/errors.ts'
import { addTo, bucketOf, decodeBuckets, encodeBuckets, percentileOf } from './buckets.ts'
import type { Buckets } from './buckets.ts'

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

/** The cells of a stretch, in the order of their seconds, as one answer. */
export function aggregateOf(metric: string, type: MetricType, cells: readonly Cell[]): SampleAggregate {
  const { histograms, ...figures } = mergeCells(cells, false)
  let buckets: Buckets | null = null
  return {
    type,
    ...figures,
    percentile(percent) {
      if (histograms.length === 0)
        throw new ChaosError('BAD_INPUT', `percentiles of ${metric} were not recorded: name one in a threshold`)
      if (buckets === null) {
        buckets = new Map()
        for (const histogram of histograms) decodeBuckets(histogram, buckets)
      }
      const scaled = percentileOf(buckets, percent, figures.min * FINENESS, figures.max * FINENESS)
      return scaled / FINENESS
    },
  }
}
