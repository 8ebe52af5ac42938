/** Rows as k6 writes them, from samples that a test has made, and short series of them in memory. */
import { wall } from '../../core/time/moment.fixture.ts'
import { sinceEpochMs } from '../../core/time/moment.ts'
import type { Json } from '../../core/json.ts'
import type { SeriesFacts, SeriesHead, SeriesSecond, StoredSeries } from './data.ts'
import { GroupFinder } from './group-finder.ts'
import { SeriesPass } from './pass.ts'
import type { AskableSeconds, PassingSeries } from './questions.ts'
import { RecentSeconds } from './recent-seconds.ts'
import { SeriesRecorder, type RecorderOptions } from './recorder.ts'

export interface Row {
  readonly metric: string
  /** From the start of the load. */
  readonly atMs: number
  readonly value: number
  readonly status?: string
  readonly errorCode?: string
  readonly isExpected?: boolean
  readonly scenario?: string
  readonly group?: string
  readonly extra?: string
  readonly metadata?: string
}

export const START_MS = wall(1_795_000_000_000)
const HEADER = 'metric_name,timestamp,metric_value,error_code,expected_response,group,scenario,status,extra_tags,metadata\n'

export function csvOf(rows: readonly Row[], startMs = START_MS): string {
  return HEADER + csvRows(rows, startMs)
}

/** What follows later. */
export function csvRows(rows: readonly Row[], startMs = START_MS): string {
  const lines = rows.map((row) => {
    const { metric, atMs, value, status = '', errorCode = '', isExpected, group = '', scenario = 'default' } = row
    const { extra = '', metadata = '' } = row
    const expected = isExpected === undefined ? '' : String(isExpected)
    const timeUs = Math.round((sinceEpochMs(startMs) + atMs) * 1_000)
    return `${metric},${timeUs},${value.toFixed(6)},${errorCode},${expected},${group},${scenario},${status},${extra},${metadata}\n`
  })
  return lines.join('')
}

export const PLAIN: RecorderOptions = { filters: [], percentiles: [], claim: null, ends: null }

/** A short one, in memory. */
export interface ShortSeries extends StoredSeries {
  readonly rows: readonly SeriesSecond[]
}

export function recordedOf(rows: readonly Row[], options = PLAIN, startMs = START_MS): ShortSeries {
  const recorder = new SeriesRecorder(options)
  recorder.push(Buffer.from(csvOf(rows, startMs)))
  return endOf(recorder)
}

/** All that was recorded, none of it fetched before. */
export function endOf(recorder: SeriesRecorder, summary: Json = null): ShortSeries {
  recorder.end()
  const means = recorder.meansInFlight()
  return shortSeries(
    recorder.head(summary),
    recorder.fetch().map((second) => ({ ...second, inFlight: means[second.second] ?? 0 })),
  )
}

export function shortSeries(head: SeriesHead, rows: readonly SeriesSecond[]): ShortSeries {
  return {
    ...{ head, rows },
    async *seconds() {
      yield* await Promise.resolve(rows)
    },
  }
}

export async function shortened({ head, seconds }: StoredSeries): Promise<ShortSeries> {
  const rows: SeriesSecond[] = []
  for await (const second of seconds()) rows.push(second)
  return shortSeries(head, rows)
}

/** All of it can be asked at once. */
export interface OpenSeries extends AskableSeconds, Pick<PassingSeries, 'startWallMs' | 'seconds' | 'metrics'> {
  users(): (number | null)[]
  inFlight(): number[]
}

export function openSeries({ head, rows }: ShortSeries): OpenSeries {
  const recent = new RecentSeconds(new GroupFinder(head), Infinity)
  const pass = new SeriesPass(head)
  const users: (number | null)[] = []
  pass.watch(1, (passing) => users.push(passing.users))
  for (const row of rows) {
    recent.add(row)
    pass.take(row)
  }
  return {
    ...{ startWallMs: head.startWallMs, seconds: head.seconds, metrics: pass.metrics },
    ask: (question) => recent.ask(question),
    errors: (fromMs, toMs) => recent.errors(fromMs, toMs),
    users: () => users,
    inFlight: () => rows.map(({ inFlight }) => inFlight),
  }
}

export const FACTS: SeriesFacts = { patternId: 'LT-1', fingerprint: 'f', k6Version: '2.2.0', segment: null, more: {} }

/** One HTTP request with what k6 tells of it. */
export function requestAt(atMs: number, ms: number, change: Partial<Row> = {}): Row[] {
  const common = { atMs, status: '200', isExpected: true, ...change }
  return [
    { metric: 'http_reqs', value: 1, ...common },
    { metric: 'http_req_duration', value: ms, ...common },
    { metric: 'http_req_failed', value: common.isExpected ? 0 : 1, ...common },
  ]
}
