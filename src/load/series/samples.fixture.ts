/** Rows as k6 writes them, from samples that a test has made. */
import { SeriesRecorder } from './recorder.ts'
import type { RecorderOptions } from './recorder.ts'
import type { SeriesData, SeriesFacts } from './series-data.ts'

export interface Row {
  readonly metric: string
  /** From the start of the load. */
  readonly atMs: number
  readonly value: number
  readonly status?: string
  readonly errorCode?: string
  readonly isExpected?: boolean
  readonly scenario?: string
  readonly extra?: string
  readonly metadata?: string
}

export const START_MS = 1_795_000_000_000
const HEADER = 'metric_name,timestamp,metric_value,error_code,expected_response,scenario,status,extra_tags,metadata\n'

export function csvOf(rows: readonly Row[], startMs = START_MS): string {
  const lines = rows.map((row) => {
    const { metric, atMs, value, status = '', errorCode = '', isExpected, scenario = 'default', extra = '', metadata = '' } = row
    const expected = isExpected === undefined ? '' : String(isExpected)
    const timeUs = Math.round((startMs + atMs) * 1_000)
    return `${metric},${String(timeUs)},${value.toFixed(6)},${errorCode},${expected},${scenario},${status},${extra},${metadata}\n`
  })
  return HEADER + lines.join('')
}

export const PLAIN: RecorderOptions = { filters: [], percentiles: [], claim: null }

export function recordedOf(rows: readonly Row[], options = PLAIN, startMs = START_MS): SeriesData {
  const recorder = new SeriesRecorder(options)
  recorder.push(Buffer.from(csvOf(rows, startMs)))
  return recorder.finish(null)
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
