/** k6's samples, as they come, into cells of a second each. Memory grows by the closed cells alone: some 200 bytes each. */
import { ChaosError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { MetricType, TagFilter } from '../../core/load.ts'
import { builtInMetric, filterText } from '../../core/threshold.ts'
import { OpenCell } from './cell.ts'
import type { Cell } from './cell.ts'
import type { CsvRow, RowTags } from './csv-row.ts'
import { CsvScanner } from './csv-scanner.ts'
import { InFlight } from './in-flight.ts'
import { LiveFigures } from './live-figures.ts'
import type { LiveLook } from './live-figures.ts'
import type { Group, GroupKey, SeriesData } from './series-data.ts'

/** Samples of a request come when it has ended, and k6 writes twice a second: later ones are few. */
const SLACK_SECONDS = 5
/** Before the newest: what k6 has not written yet of a second that is over. */
const SETTLING_SECONDS = 1
const MOST_GROUPS = 2_000
const MOST_SECONDS = 4 * 3_600
/** Percentiles of these are shown whether a threshold names them or not. */
const ALWAYS_HISTOGRAMS = ['http_req_duration', 'task_duration']

export interface RecorderOptions {
  /** What thresholds ask for, of tags beyond scenario and outcome. */
  readonly filters: readonly { readonly metric: string; readonly filter: TagFilter }[]
  /** Trends whose percentiles are wanted. */
  readonly percentiles: readonly string[]
  /** Told of the id of each served answer: metadata `key` of samples of `metric`. */
  readonly claim: { readonly metric: string; readonly key: string; readonly onId: (id: string) => void } | null
}

interface OpenGroup {
  readonly key: GroupKey
  readonly hasHistogram: boolean
  readonly open: Map<number, OpenCell>
  readonly closed: Map<number, Cell>
  /** The one of `open` that had the last sample. */
  latest: { readonly second: number; readonly cell: OpenCell } | null
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
  private readonly errors = new Map<number, Record<string, number>>()
  private readonly inFlight = new InFlight()
  private readonly liveFigures = new LiveFigures()
  private startUs: number | null = null
  private newest = -1
  private closedBefore = 0
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

  live(): LiveLook {
    return this.liveFigures.look()
  }

  /** `summary`: k6's `--summary-export`, which tells the types of a script's own metrics. @throws LOAD_FAILED without samples. */
  finish(summary: Json): SeriesData {
    this.scanner.end()
    this.closeBefore(Infinity)
    return this.dataOf(summary, this.newest + 1)
  }

  /** How many seconds are most likely whole by now, while k6 goes on; null before its first sample. */
  get wholeSeconds(): number | null {
    return this.startUs === null ? null : Math.max(0, this.newest - SETTLING_SECONDS)
  }

  /** Those seconds. @throws LOAD_FAILED before the first sample. */
  soFar(): SeriesData {
    return this.dataOf(null, this.wholeSeconds ?? 0)
  }

  private dataOf(summary: Json, seconds: number): SeriesData {
    if (this.startUs === null) throw new ChaosError('LOAD_FAILED', 'k6 wrote not a single sample')
    const types = typesOf(
      summary,
      [...this.groups.values()].map(({ key }) => key.metric),
    )
    return {
      ...{ startWallMs: this.startUs / 1_000, seconds, types, errors: this.errors, late: this.late },
      groups: [...this.groups.values()].map(({ key, open, closed }): Group => ({ key, cells: cellsOf(open, closed) })),
      inFlight: this.inFlight.means(seconds),
    }
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

  private take(kind: Kind, row: CsvRow): void {
    this.startUs ??= row.timeUs
    // k6 writes the samples of an instant in any order: some may be older than the first.
    const atUs = Math.max(0, row.timeUs - this.startUs)
    const second = Math.floor(atUs / 1_000_000)
    if (second > this.newest) this.advance(second)
    for (const group of kind.groups) this.cell(group, second).add(row.value)
    this.note(kind, row, second, atUs / 1_000)
  }

  /** What is kept beside the cells. */
  private note({ metric, outcome, error }: Kind, row: CsvRow, second: number, atMs: number): void {
    const { claim } = this.options
    switch (metric) {
      case 'http_req_duration':
        this.inFlight.add(atMs - row.value, atMs)
        this.liveFigures.duration(second, row.value)
        return
      case 'http_reqs':
        this.liveFigures.request(second, outcome !== 'served')
        if (outcome !== 'served') this.countError(second, error)
        return
      case 'vus':
        this.liveFigures.users(row.value)
        return
      case claim?.metric: {
        const id = outcome === 'served' && claim !== null ? row.metadata(claim.key) : ''
        if (id !== '') claim?.onId(id)
        return
      }
      default:
    }
  }

  private countError(second: number, error: string): void {
    const counts = this.errors.get(second) ?? {}
    counts[error] = (counts[error] ?? 0) + 1
    this.errors.set(second, counts)
  }

  private groupOf(metric: string, scenario: string, outcome: string): OpenGroup {
    const name = `${metric}\0${scenario}\0${outcome}`
    const found = this.groups.get(name)
    if (found !== undefined) return found
    if (this.groups.size >= MOST_GROUPS)
      throw new ChaosError(
        'LOAD_FAILED',
        `the script makes more than ${String(MOST_GROUPS)} groups of metric, scenario and outcome`,
        {
          hint: 'The tag outcome may only be served, rejected or failed.',
        },
      )
    const group = this.newGroup({ metric, scenario, outcome, filter: null })
    this.groups.set(name, group)
    return group
  }

  private newGroup(key: GroupKey): OpenGroup {
    return { key, hasHistogram: this.histograms.has(key.metric), open: new Map(), closed: new Map(), latest: null }
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
    if (second >= MOST_SECONDS) throw new ChaosError('LOAD_FAILED', `a load of more than ${String(MOST_SECONDS)} s is not kept`)
    this.newest = second
    this.closeBefore(second - SLACK_SECONDS)
  }

  private closeBefore(second: number): void {
    if (second <= this.closedBefore) return
    this.closedBefore = second
    for (const { open, closed } of this.groups.values()) {
      for (const [at, cell] of open) {
        if (at >= second) continue
        closed.set(at, cell.close())
        open.delete(at)
      }
    }
  }
}

/** What is still open is copied as it is now. */
function cellsOf(open: ReadonlyMap<number, OpenCell>, closed: ReadonlyMap<number, Cell>): ReadonlyMap<number, Cell> {
  if (open.size === 0) return closed
  return new Map([...closed, ...[...open].map(([second, cell]): [number, Cell] => [second, cell.close()])])
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
  const listed = isObject(summary) && isObject(summary['metrics']) ? summary['metrics'] : {}
  return Object.fromEntries(
    [...new Set(metrics)].map((metric) => [metric, builtInMetric(metric) ?? typeInSummary(listed[metric]) ?? 'trend']),
  )
}

/** By the figures that k6 gives of each type (internal/js/summary.js). */
function typeInSummary(figures: Json | undefined): MetricType | null {
  if (!isObject(figures)) return null
  if ('passes' in figures) return 'rate'
  if ('avg' in figures) return 'trend'
  if ('rate' in figures) return 'counter'
  return 'value' in figures ? 'gauge' : null
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
