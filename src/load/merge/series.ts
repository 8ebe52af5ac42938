/** The series of several generators as one, as if a single one had made all of the load. */
import { earliest, latest, msBetween } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import { mergeCells, type Cell } from '../series/cell.ts'
import {
  addErrors,
  type GroupKey,
  type SeriesFacts,
  type SeriesHead,
  type SeriesSecond,
  type StoredSeries,
} from '../series/data.ts'
import type { SeriesFile } from '../series/file.ts'
import { filterText } from '../series/questions.ts'

export interface NamedSeries extends SeriesFile {
  /** The file it came from, as messages name it. */
  readonly name: string
}

/** Generators that begin further apart than this made two loads, not one. */
const MOST_APART_MS = 10_000

/**
 * Seconds are laid over each other by the wall clock, to the whole second: users and requests under way are added. All are
 * read side by side, so that memory holds a second of each.
 * @throws ChaosError BAD_INPUT for segments that are missing, there twice, or of different loads.
 */
export function mergeSeries(all: readonly NamedSeries[]): SeriesFile {
  const ordered = checkedSegments(all)
  const [first] = ordered
  const startWallMs = earliest(first.head.startWallMs, ...ordered.map(({ head }) => head.startWallMs))
  const types = Object.assign({}, ...ordered.map(({ head }) => head.types)) as SeriesHead['types']
  const { groups, places } = mergedGroups(ordered)
  const parts = ordered.map((series, index): Part => {
    const shift = Math.round(msBetween(startWallMs, series.head.startWallMs) / 1_000)
    return { series, shift, places: places[index] ?? [] }
  })
  const head: SeriesHead = {
    ...{ startWallMs, types, groups },
    seconds: Math.max(...parts.map(({ series, shift }) => series.head.seconds + shift)),
    late: ordered.reduce((sum, series) => sum + series.head.late, 0),
    outside: ordered.reduce((sum, series) => sum + series.head.outside, 0),
  }
  return {
    head,
    facts: { ...first.facts, segment: null, more: ordered.map(({ facts }) => facts.more) },
    seconds: () => mergedSeconds(parts, head),
  }
}

interface Part {
  readonly series: StoredSeries
  /** Seconds after the first. */
  readonly shift: number
  /** The places of its groups among those of all. */
  readonly places: readonly number[]
}

/** Each with where its groups went. */
function mergedGroups(all: readonly StoredSeries[]): { readonly groups: GroupKey[]; readonly places: readonly number[][] } {
  const groups: GroupKey[] = []
  const known = new Map<string, number>()
  const places = all.map(({ head }) =>
    head.groups.map((key) => {
      const name = JSON.stringify([key.metric, key.scenario, key.outcome, key.filter === null ? null : filterText(key.filter)])
      const place = known.get(name) ?? groups.push(key) - 1
      known.set(name, place)
      return place
    }),
  )
  return { groups, places }
}

async function* mergedSeconds(parts: readonly Part[], { seconds, groups, types }: SeriesHead): AsyncGenerator<SeriesSecond> {
  const readers = parts.map((part) => ({ part, rows: part.series.seconds()[Symbol.asyncIterator]() }))
  const isGauge = groups.map(({ metric }) => types[metric] === 'gauge')
  try {
    for (let second = 0; second < seconds; second += 1) {
      const here: Here[] = []
      for (const { part, rows } of readers) {
        if (second < part.shift) continue
        const next = await rows.next()
        if (next.done !== true) here.push({ part, row: next.value })
      }
      yield mergedSecond(second, here, isGauge)
    }
    // What is left in one of them is told by its reader.
    for (const { rows } of readers) await rows.next()
  } finally {
    for (const { rows } of readers) await rows.return?.()
  }
}

interface Here {
  readonly part: Part
  readonly row: SeriesSecond
}

function mergedSecond(second: number, here: readonly Here[], isGauge: readonly boolean[]): SeriesSecond {
  const cells = new Map<number, Cell[]>()
  const errors: Record<string, number> = {}
  for (const { part, row } of here) {
    addErrors(errors, row.errors)
    for (const [group, cell] of row.cells) {
      const place = part.places[group] ?? Number.NaN
      const there = cells.get(place)
      if (there === undefined) cells.set(place, [cell])
      else there.push(cell)
    }
  }
  const inOrder = [...cells].sort(([a], [b]) => a - b)
  return {
    second,
    inFlight: here.reduce((sum, { row }) => sum + row.inFlight, 0),
    errors,
    cells: new Map(inOrder.map(([place, each]) => [place, mergeCells(each, isGauge[place] === true)])),
  }
}

/** In the order of their segments. @throws ChaosError BAD_INPUT as `mergeSeries`. */
export function checkedSegments<T extends NamedSeries>(all: readonly T[]): readonly [T, ...T[]] {
  const [first] = all
  if (first === undefined) throw new ChaosError('BAD_INPUT', 'there is no series to merge')
  const places = new Map<number, T>()
  for (const series of all) {
    const { segment } = series.facts
    if (segment === null) throw mistake(`${series.name} is the series of a whole load, not of a segment`)
    refuseOther(first, series)
    const there = places.get(segment.index)
    if (there !== undefined)
      throw mistake(`${series.name} and ${there.name} are both segment ${segment.index} of ${segment.count}`)
    places.set(segment.index, series)
  }
  const count = first.facts.segment?.count ?? 1
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((index) => !places.has(index))
  if (missing.length > 0) throw mistake(`segment ${missing.join(', ')} of ${count} is missing`)
  refuseApart(first, all)
  const [lowest = first, ...others] = [...places].sort(([a], [b]) => a - b).map(([, series]) => series)
  return [lowest, ...others]
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

function refuseApart({ head: first }: NamedSeries, all: readonly NamedSeries[]): void {
  const starts = all.map(({ head }) => head.startWallMs)
  const apartMs = msBetween(earliest(first.startWallMs, ...starts), latest(first.startWallMs, ...starts))
  if (apartMs > MOST_APART_MS)
    throw mistake(`the generators began ${Math.round(apartMs / 1_000)} s apart, and were never at work together as planned`)
}

function mistake(what: string): ChaosError {
  return new ChaosError('BAD_INPUT', `these series are not those of one load: ${what}`)
}
