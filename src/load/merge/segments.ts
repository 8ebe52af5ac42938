/** Merges what several generators measured of one load, as if a single one had. Pure. */
import { earliest, later, latest, msBetween, type Wall } from '../../core/time/moment.ts'
import type { Measured } from '../judge/measured.ts'
import type { SeriesFacts, StoredSeries } from '../series/data.ts'
import { checkedSegments, mergeSeries, type NamedSeries } from './series.ts'

export interface MeasuredSegment extends NamedSeries {
  readonly measured: Measured
}

export interface MergedLoad {
  readonly series: StoredSeries
  readonly facts: SeriesFacts
  readonly measured: Measured
}

/** @throws ChaosError BAD_INPUT for segments that are missing, there twice, or of different loads. */
export function mergeMeasured(segments: readonly MeasuredSegment[]): MergedLoad {
  const { facts, ...series } = mergeSeries(segments)
  const ordered = checkedSegments(segments)
  const [first] = ordered
  const all = ordered.map(({ measured }) => measured)
  const measured: Measured = {
    ...first.measured,
    ...spanOf(first.measured, ...all),
    // Each told its looks from its own first second.
    generators: ordered.flatMap(({ head, measured: { generators } }) => {
      const shiftMs = msBetween(series.head.startWallMs, head.startWallMs)
      return generators.map((generator) => ({
        ...generator,
        looks: generator.looks.map((look) => ({ ...look, atMs: look.atMs + shiftMs })),
      }))
    }),
    // A system's list is of the jobs of all, and each generator knows its own answers only: no segment asks for it.
    completion: null,
    notes: [...new Set([`measured by ${ordered.length} generators`, ...all.flatMap(({ notes }) => notes)])],
  }
  return { series, facts, measured }
}

type Span = Pick<Measured, 'startedWallMs' | 'durationMs'>

/** From the first beginning to the last end. */
export function spanOf(first: Span, ...others: readonly Span[]): Span {
  const endOf = ({ startedWallMs, durationMs }: Span): Wall => later(startedWallMs, durationMs)
  const startedWallMs = earliest(first.startedWallMs, ...others.map((one) => one.startedWallMs))
  return { startedWallMs, durationMs: msBetween(startedWallMs, latest(endOf(first), ...others.map(endOf))) }
}
