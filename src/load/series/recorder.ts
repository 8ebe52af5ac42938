/** k6's samples, as they come, into cells of a second each. Seconds that are over are for whoever fetches them to keep. */
import { wallAt } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { RunEvent } from '../../core/run-event.ts'
import { CellTally, type OpenCell } from './cell.ts'
import { CsvRow, type RowTags } from './csv/row.ts'
import { CsvScanner } from './csv/scanner.ts'
import { MOST_SECONDS, type SeriesHead, type SeriesSecond } from './data.ts'
import { InFlight } from './in-flight.ts'
import { LoadStart, type Begins, type EarlyRow, type Phase } from './load-start.ts'
import { typesOf } from './metric-types.ts'
import { OTHER_REQUESTS } from './metrics.ts'
import { cellOf, OpenGroups, type OpenGroup } from './open-groups.ts'
import type { TagFilter } from './questions.ts'
import { errorOf, isOtherRequest, outcomeOf, phaseOf } from './row-meaning.ts'

/**
 * k6 tells a sample's own moment, and hands it over when it gets to it: of 3000 users, with the least CPU shares on two busy
 * cores, requests came up to 0.8 s late, and iterations 3.4 s.
 */
const SLACK_SECONDS = 15
/** Before the newest: what k6 has not written yet of a second that is over. */
const SETTLING_SECONDS = 1
/** For whoever looks on. */
const LIVE_SECONDS = 5
/** The figures of a `load-live` event, where each of them is described. */
export type LiveLook = Omit<Extract<RunEvent, { readonly type: 'load-live' }>, 'type' | 'id' | 'leftMs'>

export interface RecorderOptions {
  /** The filters of thresholds, of tags beyond scenario and outcome. */
  readonly filters: readonly { readonly metric: string; readonly filter: TagFilter }[]
  /** Trends whose percentiles are wanted. */
  readonly percentiles: readonly string[]
  /** Called with the id of each served answer: metadata `key` of samples of `metric`. */
  readonly claim: { readonly metric: string; readonly key: string; readonly onId: (id: string) => void } | null
  /** What the plan says of its ends; null where none is known: it begins with its first sample then. */
  readonly ends: LoadEnds | null
}

interface LoadEnds {
  readonly begins: Begins
  /** ms from the start; null where it ends with its last iteration. */
  readonly endMs: number | null
}

/** Samples of one metric with the same tags. */
interface Kind {
  readonly metric: string
  readonly outcome: string
  readonly phase: Phase
  readonly groups: readonly OpenGroup[]
  /** What is counted of a request that was not served: its status, or k6's code. */
  readonly error: string
  /** Of a request that is not HTTP's: where it is counted, and as what. */
  readonly other: { readonly group: OpenGroup; readonly isFailed: boolean } | null
}

/** A row that came before the start of the load was known. */
interface Early extends EarlyRow {
  readonly kind: Kind
  readonly pairs: string
}

export class SeriesRecorder {
  private readonly options: RecorderOptions
  private readonly scanner: CsvScanner<Kind>
  private readonly groups: OpenGroups
  /** Of the seconds that nobody has fetched yet. */
  private readonly errors = new Map<number, Record<string, number>>()
  private readonly inFlight = new InFlight()
  private users: number | null = null
  private failures = 0
  private startUs: number | null = null
  private readonly start: LoadStart<Early> | null
  /** Requests of setup() and teardown(). */
  private outside = 0
  private hasTeardown = false
  /** The newest second with a sample of an iteration. */
  private newestOfLoad = -1
  private newest = -1
  private closedBefore = 0
  private fetchedBefore = 0
  private late = 0

  constructor(options: RecorderOptions) {
    this.options = options
    this.start = options.ends === null ? null : new LoadStart(options.ends.begins)
    this.groups = new OpenGroups(options.filters, options.percentiles)
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
    const lately = (metric: string): ReturnType<OpenGroups['between']> =>
      this.groups.between(metric, this.newest - LIVE_SECONDS, this.newest)
    const count = (cells: typeof all): number => cells.reduce((sum, { cell }) => sum + cell.count, 0)
    const all = [...lately('http_reqs'), ...lately(OTHER_REQUESTS)]
    const requests = count(all)
    const durations = new CellTally()
    for (const { cell } of lately('http_req_duration')) durations.add(cell)
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
    const startUs = this.startUs === null ? this.start?.settled() : null
    if (startUs !== null && startUs !== undefined) this.begin(startUs)
    if (this.startUs === null || this.newest === -1) throw nothingWritten()
    this.newest = Math.min(this.newest, this.lastSecond())
    this.closedBefore = this.newest + 1
  }

  /** Hands over the seconds that are over, each of them once, and forgets them. Requests under way are told at the end. */
  fetch(): SeriesSecond[] {
    if (this.fetchedBefore === this.closedBefore) return []
    const seconds = this.copy(this.fetchedBefore, this.closedBefore)
    for (const { second } of seconds) {
      this.errors.delete(second)
      this.groups.forget(second)
    }
    this.fetchedBefore = this.closedBefore
    return seconds
  }

  /** Copies seconds as they are now; those that were fetched are not among them. `to`: the first one that is left out. */
  copy(from: number, to: number): SeriesSecond[] {
    const first = Math.max(from, this.fetchedBefore)
    return Array.from({ length: Math.max(0, to - first) }, (_, index) => {
      const second = first + index
      return { second, inFlight: 0, errors: { ...this.errors.get(second) }, cells: this.groups.cellsAt(second) }
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
    const groups = this.groups.keys()
    const types = typesOf(
      summary,
      groups.map(({ metric }) => metric),
    )
    return { startWallMs: wallAt(this.startUs / 1_000), seconds, types, groups, late: this.late, outside: this.outside }
  }

  /** While teardown() runs k6 goes on to tell that it has no users: nothing of that is of the load. */
  private lastSecond(): number {
    const endMs = this.options.ends?.endMs ?? null
    if (!this.hasTeardown) return this.newest
    return Math.max(this.newestOfLoad, endMs === null ? -1 : Math.ceil(endMs / 1_000) - 1)
  }

  private kindOf(metric: string, tags: RowTags): Kind {
    const phase = this.start === null ? 'load' : phaseOf(metric, tags)
    const outcome = outcomeOf(metric, tags)
    const met = this.groups.metBy(metric, tags, outcome)
    const groups = [this.groups.of(metric, tags.get('scenario'), outcome), ...met]
    const status = tags.get('status')
    const error = errorOf(metric, status, tags.get('error_code'))
    const other = isOtherRequest(metric)
      ? { group: this.groups.of(OTHER_REQUESTS, tags.get('scenario'), outcome), isFailed: outcome !== 'served' }
      : null
    return { metric, outcome, phase, groups, error, other }
  }

  private take(kind: Kind, row: Readonly<CsvRow>): void {
    if (this.startUs !== null) {
      this.record(kind, row, this.startUs)
      return
    }
    if (this.start === null) {
      this.startUs = row.timeUs
      this.record(kind, row, row.timeUs)
      return
    }
    const { metric, phase } = kind
    if (phase === 'setup') this.noteOutside(kind, row)
    const { timeUs, value, pairs } = row
    const startUs = this.start.add({ metric, phase, timeUs, value, kind, pairs })
    if (startUs !== null) this.begin(startUs)
  }

  /** Records what came before this was known. */
  private begin(startUs: number): void {
    this.startUs = startUs
    const row = new CsvRow()
    for (const { kind, timeUs, value, pairs } of this.start?.early.splice(0) ?? []) {
      Object.assign(row, { timeUs, value, pairs })
      this.record(kind, row, startUs)
    }
  }

  /** Neither limits nor holds are about it: what prepares a load, or cleans up after it, is none. */
  private noteOutside({ metric, phase }: Kind, { value }: Readonly<CsvRow>): void {
    if (phase === 'teardown') this.hasTeardown = true
    if (metric === 'http_reqs') this.outside += value
  }

  private record(kind: Kind, row: Readonly<CsvRow>, startUs: number): void {
    if (kind.phase === 'setup' || kind.phase === 'teardown') {
      this.noteOutside(kind, row)
      return
    }
    // k6 writes the samples of an instant in any order: some may be older than the first.
    const atUs = Math.max(0, row.timeUs - startUs)
    const second = Math.floor(atUs / 1_000_000)
    if (second > this.newest) this.advance(second)
    if (kind.phase === 'load' && second > this.newestOfLoad) this.newestOfLoad = second
    for (const group of kind.groups) this.cell(group, second).add(row.value)
    if (kind.other !== null) this.cell(kind.other.group, second).add(kind.other.isFailed ? 1 : 0)
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
      case 'ws_sessions':
      case 'grpc_req_duration':
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

  private countError(second: number, error: string): void {
    this.failures += 1
    const counts = this.errors.get(second) ?? {}
    counts[error] = (counts[error] ?? 0) + 1
    this.errors.set(second, counts)
  }

  private cell(group: OpenGroup, second: number): OpenCell {
    let at = second
    if (second < this.closedBefore) {
      // Not lost, though told of a moment too late.
      this.late += 1
      at = this.closedBefore
    }
    return cellOf(group, at)
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
