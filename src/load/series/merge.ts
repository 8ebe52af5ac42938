/** The series of several generators as one, as if a single one had made all of the load. Pure. */
import { ChaosError } from '../../core/errors.ts'
import { filterText } from '../../core/threshold.ts'
import { mergeCells } from './cell.ts'
import type { Cell } from './cell.ts'
import type { Group, GroupKey, SeriesData, SeriesFacts } from './series-data.ts'

export interface NamedSeries {
  /** For messages: the file it came from. */
  readonly name: string
  readonly data: SeriesData
  readonly facts: SeriesFacts
}

/** Generators that begin further apart than this made two loads, not one. */
const MOST_APART_MS = 10_000

/**
 * Seconds are laid over each other by the wall clock, to the whole second: users and requests under way are added.
 * @throws ChaosError BAD_INPUT for segments that are missing, there twice, or of different loads.
 */
export function mergeSeries(all: readonly NamedSeries[]): { readonly data: SeriesData; readonly facts: SeriesFacts } {
  const ordered = checkedSegments(all)
  const [first] = ordered
  if (first === undefined) throw new ChaosError('BAD_INPUT', 'there is no series to merge')
  const startWallMs = Math.min(...ordered.map(({ data }) => data.startWallMs))
  const shifted = ordered.map(({ data }) => ({ data, shift: Math.round((data.startWallMs - startWallMs) / 1_000) }))
  const seconds = Math.max(...shifted.map(({ data, shift }) => data.seconds + shift))
  const types = Object.assign({}, ...ordered.map(({ data }) => data.types)) as SeriesData['types']
  return {
    data: {
      ...{ startWallMs, seconds, types },
      groups: mergedGroups(shifted, types),
      errors: mergedErrors(shifted),
      inFlight: Array.from({ length: seconds }, (_, second) =>
        shifted.reduce((sum, { data, shift }) => sum + (data.inFlight[second - shift] ?? 0), 0),
      ),
      late: ordered.reduce((sum, { data }) => sum + data.late, 0),
    },
    facts: { ...first.facts, segment: null, more: ordered.map(({ facts }) => facts.more) },
  }
}

interface Shifted {
  readonly data: SeriesData
  /** Seconds after the first. */
  readonly shift: number
}

function mergedGroups(all: readonly Shifted[], types: SeriesData['types']): Group[] {
  const groups = new Map<string, { readonly key: GroupKey; readonly cells: Map<number, Cell[]> }>()
  for (const { data, shift } of all) {
    for (const { key, cells } of data.groups) {
      const name = JSON.stringify([key.metric, key.scenario, key.outcome, key.filter === null ? null : filterText(key.filter)])
      const group = groups.get(name) ?? { key, cells: new Map<number, Cell[]>() }
      groups.set(name, group)
      for (const [second, cell] of cells) {
        const at = second + shift
        const here = group.cells.get(at)
        if (here === undefined) group.cells.set(at, [cell])
        else here.push(cell)
      }
    }
  }
  return [...groups.values()].map(({ key, cells }) => {
    const isGauge = types[key.metric] === 'gauge'
    return { key, cells: new Map([...cells].map(([second, here]) => [second, mergeCells(here, isGauge)])) }
  })
}

function mergedErrors(all: readonly Shifted[]): Map<number, Record<string, number>> {
  const errors = new Map<number, Record<string, number>>()
  for (const { data, shift } of all) {
    for (const [second, counts] of data.errors) {
      const sum = errors.get(second + shift) ?? {}
      for (const [kind, count] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + count
      errors.set(second + shift, sum)
    }
  }
  return errors
}

/** In the order of their segments. */
function checkedSegments(all: readonly NamedSeries[]): NamedSeries[] {
  const [first] = all
  if (first === undefined) throw new ChaosError('BAD_INPUT', 'there is no series to merge')
  const places = new Map<number, NamedSeries>()
  for (const series of all) {
    const { segment } = series.facts
    if (segment === null) throw mistake(`${series.name} is the series of a whole load, not of a segment`)
    refuseOther(first, series)
    const there = places.get(segment.index)
    if (there !== undefined)
      throw mistake(`${series.name} and ${there.name} are both segment ${String(segment.index)} of ${String(segment.count)}`)
    places.set(segment.index, series)
  }
  const count = first.facts.segment?.count ?? 1
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((index) => !places.has(index))
  if (missing.length > 0) throw mistake(`segment ${missing.join(', ')} of ${String(count)} is missing`)
  refuseApart(all)
  return [...places].sort(([a], [b]) => a - b).map(([, series]) => series)
}

function refuseOther(first: NamedSeries, other: NamedSeries): void {
  const differs = (what: string, of: (facts: SeriesFacts) => string | number): void => {
    const [one, two] = [of(first.facts), of(other.facts)]
    if (one !== two) throw mistake(`${first.name} and ${other.name} differ in ${what}: ${String(one)} and ${String(two)}`)
  }
  differs('their pattern', ({ patternId }) => patternId)
  differs('the number of segments', ({ segment }) => segment?.count ?? 0)
  differs('their script or its settings', ({ fingerprint }) => fingerprint)
  differs('the version of k6', ({ k6Version }) => k6Version)
}

function refuseApart(all: readonly NamedSeries[]): void {
  const starts = all.map(({ data }) => data.startWallMs)
  const apartMs = Math.max(...starts) - Math.min(...starts)
  if (apartMs > MOST_APART_MS)
    throw mistake(
      `the generators began ${String(Math.round(apartMs / 1_000))} s apart, and were never at work together as planned`,
    )
}

function mistake(what: string): ChaosError {
  return new ChaosError('BAD_INPUT', `these series are not those of one load: ${what}`)
}
