/** Answers from a recorded or merged series. */
import { ChaosError } from '../../core/errors.ts'
import type { LoadSeries, MetricType, SampleAggregate, SeriesQuestion, TagFilter } from '../../core/load.ts'
import { percentile } from '../../core/statistics.ts'
import { filterText, IN_FLIGHT } from '../../core/threshold.ts'
import { aggregateOf } from './cell.ts'
import type { Cell } from './cell.ts'
import type { Group, SeriesData } from './series-data.ts'

export function openSeries(data: SeriesData): LoadSeries {
  return new RecordedSeries(data)
}

class RecordedSeries implements LoadSeries {
  readonly startWallMs: number
  readonly seconds: number
  readonly metrics: readonly { readonly name: string; readonly type: MetricType }[]
  private readonly data: SeriesData
  private readonly byMetric: ReadonlyMap<string, readonly Group[]>

  constructor(data: SeriesData) {
    this.data = data
    this.startWallMs = data.startWallMs
    this.seconds = data.seconds
    this.byMetric = Map.groupBy(data.groups, ({ key }) => key.metric)
    // A filter that a threshold asked for has a group, whether any sample met it or not.
    const seen = new Set(data.groups.filter(({ cells }) => cells.size > 0).map(({ key }) => key.metric))
    this.metrics = [...seen].map((name) => ({ name, type: this.typeOf(name) }))
  }

  ask({ metric, filter = {}, fromMs = 0, toMs = Infinity }: SeriesQuestion): SampleAggregate | null {
    const from = Math.max(0, Math.ceil(fromMs / 1_000))
    const to = Math.min(this.seconds, Math.ceil(toMs / 1_000))
    if (metric === IN_FLIGHT) return inFlightOf(this.data.inFlight.slice(from, to), filter)
    const groups = this.groupsOf(metric, filter)
    const cells: Cell[] = []
    for (let second = from; second < to; second += 1) {
      for (const { cells: own } of groups) {
        const cell = own.get(second)
        if (cell !== undefined) cells.push(cell)
      }
    }
    return cells.length === 0 ? null : aggregateOf(metric, this.typeOf(metric), cells)
  }

  errors(fromMs = 0, toMs = Infinity): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const [second, errors] of this.data.errors) {
      if (second * 1_000 < fromMs || second * 1_000 >= toMs) continue
      for (const [kind, count] of Object.entries(errors)) counts[kind] = (counts[kind] ?? 0) + count
    }
    return counts
  }

  users(): readonly (number | null)[] {
    const groups = this.groupsOf('vus', {})
    return Array.from({ length: this.seconds }, (_, second) => {
      const cells = groups.map(({ cells: own }) => own.get(second)).filter((cell) => cell !== undefined)
      return cells.length === 0 ? null : cells.reduce((sum, { last }) => sum + last, 0)
    })
  }

  inFlight(): readonly number[] {
    return this.data.inFlight
  }

  private typeOf(metric: string): MetricType {
    return this.data.types[metric] ?? 'trend'
  }

  private groupsOf(metric: string, filter: TagFilter): readonly Group[] {
    const groups = this.byMetric.get(metric) ?? []
    const { scenario, outcome, ...others } = filter
    if (Object.keys(others).length === 0) {
      const fits = (wanted: string | undefined, tag: string): boolean => wanted === undefined || wanted === tag
      return groups.filter(({ key }) => key.filter === null && fits(scenario, key.scenario) && fits(outcome, key.outcome))
    }
    const text = filterText(filter)
    const recorded = groups.filter(({ key }) => key.filter !== null && filterText(key.filter) === text)
    // A filter that no sample met has a group without cells: only one that nobody asked for has none.
    if (recorded.length > 0) return recorded
    throw new ChaosError('BAD_INPUT', `${metric}${text} was not recorded`)
  }
}

/** A sample for each second: its mean. */
function inFlightOf(seconds: readonly number[], filter: TagFilter): SampleAggregate | null {
  if (Object.keys(filter).length > 0) throw new ChaosError('BAD_INPUT', `${IN_FLIGHT} is of all requests, and has no tags`)
  const last = seconds.at(-1)
  if (last === undefined) return null
  return {
    ...{ type: 'trend', count: seconds.length, last, nonZero: seconds.filter((value) => value > 0).length },
    ...{ sum: seconds.reduce((sum, value) => sum + value, 0), min: Math.min(...seconds), max: Math.max(...seconds) },
    percentile: (percent) => percentile(seconds, percent),
  }
}
