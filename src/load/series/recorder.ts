/** k6's samples, as they come, into cells of a second each. Seconds that are over are for whoever fetches them to keep. */
import { wallAt } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import { isJsonObject, type Json } from '../../core/json.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { CellTally, OpenCell, type Cell } from './cell.ts'
import type { CsvRow, RowTags } from './csv/row.ts'
import { CsvScanner } from './csv/scanner.ts'
import { MOST_GROUPS, MOST_SECONDS, type GroupKey, type SeriesHead, type SeriesSecond } from './data.ts'
import { InFlight } from './in-flight.ts'
import { builtInMetric } from './metrics.ts'
import { filterText, type MetricType, type TagFilter } from './questions.ts'

/**
 * k6 tells a sample's own moment, and hands it over when it gets to it: of 3000 users, with the least CPU shares on two busy
 * cores, requests came up to 0.8 s late, and iterations 3.4 s.
 */
const SLACK_SECONDS = 15
/** Before the newest: what k6 has not written yet of a second that is over. */
const SETTLING_SECONDS = 1
/** For whoever looks on. */
const LIVE_SECONDS = 5
/** Percentiles of these are shown whether a threshold names them or not. */
const ALWAYS_HISTOGRAMS = ['http_req_duration', 'task_duration']

/** The figures of a `load-live` event, where each of them is described. */
export type LiveLook = Omit<Extract<RunEvent, { readonly type: 'load-live' }>, 'type' | 'id' | 'leftMs'>

export interface RecorderOptions {
  /** The filters of thresholds, of tags beyond scenario and outcome. */
  readonly filters: readonly { readonly metric: string; readonly filter: TagFilter }[]
  /** Trends whose percentiles are wanted. */
  readonly percentiles: readonly string[]
  /** Called with the id of each served answer: metadata `key` of samples of `metric`. */
  readonly claim: { readonly metric: string; readonly key: string; readonly onId: (id: string) => void } | null
}

interface OpenGroup {
  readonly key: GroupKey
  readonly hasHistogram: boolean
  readonly open: Map<number, OpenCell>
  /** The one of `open` that had the last sample. */
  latest: { readonly second: number; readonly cell: OpenCell } | null
}

interface Lately {
  readonly outcome: string
  readonly cell: Cell
}

/** Samples of one metric with the same tags. */
interface Kind {
  readonly metric: string
  readonly outcome: string
  readonly groups: readonly OpenGroup[]
  /** What is counted of a request that was not served: its status, or k6's code. */
  readonly error: string
}

export class SeriesRecorder {
  private readonly options: RecorderOptions
  private readonly scanner: CsvScanner<Kind>
  private readonly histograms: ReadonlySet<string>
  private readonly groups = new Map<string, OpenGroup>()
  private readonly filtered: ReadonlyMap<string, readonly OpenGroup[]>
  /** Of the seconds that nobody has fetched yet. */
  private readonly errors = new Map<number, Record<string, number>>()
  private readonly inFlight = new InFlight()
  private users: number | null = null
  private failures = 0
  private startUs: number | null = null
  private newest = -1
  private closedBefore = 0
  private fetchedBefore = 0
  private late = 0

  constructor(options: RecorderOptions) {
    this.options = options
    this.histograms = new Set([...ALWAYS_HISTOGRAMS, ...options.percentiles])
    const filtered = options.filters.map(({ metric, filter }) => {
      const group = this.newGroup({ metric, scenario: '', outcome: '', filter })
      this.groups.set(`${metric}${filterText(filter)}`, group)
      return group
    })
    this.filtered = Map.groupBy(filtered, ({ key }) => key.metric)
    this.scanner = new CsvScanner<Kind>({
      kindOf: (metric, tags) => this.kindOf(metric, tags),
      take: (kind, row) => {
        this.take(kind, row)
      },
    })
  }

  /** @throws ChaosError LOAD_FAILED for what is no CSV of k6, and for more than can be kept. */
  push(chunk: Uint8Array): void {
    this.scanner.push(chunk)
  }

  /** Gives the figures of the last five seconds before the newest, which is not over yet. */
  live(): LiveLook {
    const count = (cells: readonly Lately[]): number => cells.reduce((sum, { cell }) => sum + cell.count, 0)
    const all = this.lately('http_reqs')
    const requests = count(all)
    const durations = new CellTally()
    for (const { cell } of this.lately('http_req_duration')) durations.add(cell)
    return {
      users: this.users,
      requestsPerSecond: requests / Math.max(1, Math.min(LIVE_SECONDS, this.newest)),
      errorRate: requests === 0 ? 0 : count(all.filter(({ outcome }) => outcome !== 'served')) / requests,
      p95Ms: durations.aggregate('http_req_duration', 'trend')?.percentile(95) ?? null,
      errors: this.failures,
    }
  }

  /** Ends the last seconds, as k6 has ended. @throws LOAD_FAILED without samples, and for a row that was cut off. */
  end(): void {
    this.scanner.end()
    if (this.startUs === null) throw nothingWritten()
    this.closedBefore = this.newest + 1
  }

  /** Hands over the seconds that are over, each of them once, and forgets them. Requests under way are told at the end. */
  fetch(): SeriesSecond[] {
    if (this.fetchedBefore === this.closedBefore) return []
    const seconds = this.copy(this.fetchedBefore, this.closedBefore)
    for (const { second } of seconds) {
      this.errors.delete(second)
      for (const { open } of this.groups.values()) open.delete(second)
    }
    this.fetchedBefore = this.closedBefore
    return seconds
  }

  /** Copies seconds as they are now; those that were fetched are not among them. `to`: the first one that is left out. */
  copy(from: number, to: number): SeriesSecond[] {
    const first = Math.max(from, this.fetchedBefore)
    const groups = [...this.groups.values()]
    return Array.from({ length: Math.max(0, to - first) }, (_, index) => {
      const second = first + index
      const cells = new Map<number, Cell>()
      for (const [place, { open }] of groups.entries()) {
        const cell = open.get(second)
        if (cell !== undefined) cells.set(place, cell.close())
      }
      return { second, inFlight: 0, errors: { ...this.errors.get(second) }, cells }
    })
  }

  /** How many seconds are most likely whole by now, while k6 goes on; null before its first sample. */
  get wholeSeconds(): number | null {
    return this.startUs === null ? null : Math.max(0, this.newest - SETTLING_SECONDS)
  }

  /** Tells the mean requests under way in each second. They count to all of the seconds that they took, however long ago those are. */
  meansInFlight(): number[] {
    return this.inFlight.means(this.newest + 1)
  }

  /**
   * `summary`: k6's `--summary-export`, which tells the types of a script's own metrics. `seconds`: all, when left out.
   * @throws LOAD_FAILED before the first sample.
   */
  head(summary: Json, seconds = this.newest + 1): SeriesHead {
    if (this.startUs === null) throw nothingWritten()
    const groups = [...this.groups.values()].map(({ key }) => key)
    const types = typesOf(
      summary,
      groups.map(({ metric }) => metric),
    )
    return { startWallMs: wallAt(this.startUs / 1_000), seconds, types, groups, late: this.late }
  }

  private kindOf(metric: string, tags: RowTags): Kind {
    const outcome = outcomeOf(metric, tags)
    const filtered = this.filtered.get(metric) ?? []
    const met = filtered.filter(({ key }) => meets(tags, key.filter ?? {}, outcome))
    const groups = [this.groupOf(metric, tags.get('scenario'), outcome), ...met]
    const status = tags.get('status')
    const error = status === '' || status === '0' ? `error ${tags.get('error_code') || 'unknown'}` : status
    return { metric, outcome, groups, error }
  }

  private take(kind: Kind, row: Readonly<CsvRow>): void {
    this.startUs ??= row.timeUs
    // k6 writes the samples of an instant in any order: some may be older than the first.
    const atUs = Math.max(0, row.timeUs - this.startUs)
    const second = Math.floor(atUs / 1_000_000)
    if (second > this.newest) this.advance(second)
    for (const group of kind.groups) this.cell(group, second).add(row.value)
    this.note(kind, row, Math.max(second, this.closedBefore), atUs / 1_000)
  }

  /** What is kept beside the cells. */
  private note({ metric, outcome, error }: Kind, row: Readonly<CsvRow>, second: number, atMs: number): void {
    const { claim } = this.options
    switch (metric) {
      case 'http_req_duration':
        this.inFlight.add(atMs - row.value, atMs)
        return
      case 'http_reqs':
        if (outcome !== 'served') this.countError(second, error)
        return
      case 'vus':
        this.users = row.value
        return
      case claim?.metric: {
        const id = outcome === 'served' && claim !== null ? row.metadata(claim.key) : ''
        if (id !== '') claim?.onId(id)
        return
      }
      default:
    }
  }

  /** Cells of the seconds that `live` is about. */
  private lately(metric: string): Lately[] {
    const own = [...this.groups.values()].filter(({ key }) => key.metric === metric && key.filter === null)
    return own.flatMap(({ key, open }) =>
      [...open]
        .filter(([second]) => second < this.newest && second >= this.newest - LIVE_SECONDS)
        .map(([, cell]) => ({ outcome: key.outcome, cell: cell.close() })),
    )
  }

  private countError(second: number, error: string): void {
    this.failures += 1
    const counts = this.errors.get(second) ?? {}
    counts[error] = (counts[error] ?? 0) + 1
    this.errors.set(second, counts)
  }

  private groupOf(metric: string, scenario: string, outcome: string): OpenGroup {
    const name = `${metric}\0${scenario}\0${outcome}`
    const found = this.groups.get(name)
    if (found !== undefined) return found
    if (this.groups.size >= MOST_GROUPS)
      throw new ChaosError('LOAD_FAILED', `the script makes more than ${MOST_GROUPS} groups of metric, scenario and outcome`, {
        hint: 'The tag outcome may only be served, rejected or failed.',
      })
    const group = this.newGroup({ metric, scenario, outcome, filter: null })
    this.groups.set(name, group)
    return group
  }

  private newGroup(key: GroupKey): OpenGroup {
    return { key, hasHistogram: this.histograms.has(key.metric), open: new Map(), latest: null }
  }

  private cell(group: OpenGroup, second: number): OpenCell {
    let at = second
    if (second < this.closedBefore) {
      // Not lost, though told of a moment too late.
      this.late += 1
      at = this.closedBefore
    }
    if (group.latest?.second === at) return group.latest.cell
    const cell = group.open.get(at) ?? new OpenCell(group.hasHistogram)
    group.open.set(at, cell)
    group.latest = { second: at, cell }
    return cell
  }

  private advance(second: number): void {
    if (second >= MOST_SECONDS) throw new ChaosError('LOAD_FAILED', `a load of more than ${MOST_SECONDS} s is not kept`)
    this.newest = second
    this.closedBefore = Math.max(this.closedBefore, second - SLACK_SECONDS)
  }
}

function nothingWritten(): ChaosError {
  return new ChaosError('LOAD_FAILED', 'k6 wrote not a single sample')
}

/** The script's own word; of an HTTP sample without one, whether k6 expected the answer. Other samples have none. */
function outcomeOf(metric: string, tags: RowTags): string {
  const own = tags.get('outcome')
  if (own !== '') return own
  if (!metric.startsWith('http_req')) return ''
  return tags.get('expected_response') === 'true' ? 'served' : 'failed'
}

function meets(tags: RowTags, filter: TagFilter, outcome: string): boolean {
  for (const tag in filter) {
    if ((tag === 'outcome' ? outcome : tags.get(tag)) !== filter[tag]) return false
  }
  return true
}

function typesOf(summary: Json, metrics: readonly string[]): Record<string, MetricType> {
  const listed = isJsonObject(summary) && isJsonObject(summary['metrics']) ? summary['metrics'] : {}
  return Object.fromEntries(
    [...new Set(metrics)].map((metric) => [metric, builtInMetric(metric) ?? typeInSummary(listed[metric]) ?? 'trend']),
  )
}

/** By the figures that k6 gives of each type (internal/js/summary.js). */
function typeInSummary(figures: Json | undefined): MetricType | null {
  if (!isJsonObject(figures)) return null
  if ('passes' in figures) return 'rate'
  if ('avg' in figures) return 'trend'
  if ('rate' in figures) return 'counter'
  return 'value' in figures ? 'gauge' : null
}
