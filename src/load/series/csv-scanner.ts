/**
 * Rows of k6's `--out csv` as they come, in pieces that may end anywhere. The header names the columns, and their order
 * follows k6's settings (internal/output/csv of k6 2.2: names, time, value, system tags, then `extra_tags` and `metadata`,
 * each `key=value&key=value` without escapes).
 */
import { ChaosError } from '../../core/errors.ts'

/** Longer rows than any that k6 writes of sane tags. */
const LONGEST_ROW = 1024 * 1024
const MUST_HAVE = ['metric_name', 'timestamp', 'metric_value'] as const
const FEED = 10

export interface CsvRow {
  readonly metric: string
  /** µs since the epoch. */
  readonly timeUs: number
  readonly value: number
  /** Of a system tag by its column, or of another one; empty when the sample has none. */
  tag(name: string): string
  /** Empty when the sample has none. */
  metadata(key: string): string
}

export type OnRow = (row: CsvRow) => void

/** Hands each row to `onRow`, which must not keep it: the next one takes its place. */
export class CsvScanner {
  private readonly onRow: OnRow
  private columns: Map<string, number> | null = null
  private rest = ''
  private lines = 0
  private readonly row: ScannedRow

  constructor(onRow: OnRow) {
    this.onRow = onRow
    this.row = new ScannedRow()
  }

  /** @throws ChaosError LOAD_FAILED with the line's number for what is no CSV of k6. */
  push(chunk: Uint8Array): void {
    // One character a byte: a character that is cut in two by the end of a piece comes together again.
    const text = this.rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
    let start = 0
    let quote = text.indexOf('"')
    for (;;) {
      let end = text.indexOf('\n', start)
      if (end === -1) break
      const isQuoted = quote !== -1 && quote < end
      if (isQuoted) {
        end = endOfQuotedRow(text, start)
        if (end === -1) break
      }
      this.take(text, start, end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end, isQuoted)
      start = end + 1
      if (isQuoted) quote = text.indexOf('"', start)
    }
    this.rest = text.slice(start)
    if (this.rest.length > LONGEST_ROW) throw this.mistake(`a row is longer than ${String(LONGEST_ROW)} bytes`)
  }

  /** @throws ChaosError LOAD_FAILED for a row that was cut off, and when there was not even a header. */
  end(): void {
    if (this.rest !== '') throw this.mistake('the last row is cut off')
    if (this.columns === null) throw new ChaosError('LOAD_FAILED', 'k6 wrote no samples, not even their header')
  }

  private take(text: string, start: number, end: number, isQuoted: boolean): void {
    this.lines += 1
    if (end === start) return
    const fields = isQuoted ? quotedFields(text, start, end) : plainFields(text, start, end)
    if (this.columns === null) {
      this.readHeader(fields)
      return
    }
    if (fields.length !== this.columns.size)
      throw this.mistake(`${String(fields.length)} fields instead of ${String(this.columns.size)}`)
    if (!this.row.set(fields)) throw this.mistake('its time or value is no number')
    this.onRow(this.row)
  }

  private readHeader(fields: readonly string[]): void {
    const columns = new Map(fields.map((name, index) => [name, index]))
    const missing = MUST_HAVE.filter((name) => !columns.has(name))
    if (missing.length > 0) throw this.mistake(`the header has no ${missing.join(', ')}`)
    if (columns.size !== fields.length) throw this.mistake('the header names a column twice')
    this.columns = columns
    this.row.columns(columns)
  }

  private mistake(what: string): ChaosError {
    return new ChaosError('LOAD_FAILED', `the samples of k6 cannot be read: line ${String(this.lines)}: ${what}`)
  }
}

class ScannedRow implements CsvRow {
  metric = ''
  timeUs = 0
  value = 0
  private fields: readonly string[] = []
  private places: ReadonlyMap<string, number> = new Map()
  private at = { metric: 0, time: 0, value: 0, extra: -1, metadata: -1 }

  columns(places: ReadonlyMap<string, number>): void {
    const at = (name: string): number => places.get(name) ?? -1
    this.places = places
    this.at = {
      ...{ metric: at('metric_name'), time: at('timestamp'), value: at('metric_value') },
      ...{ extra: at('extra_tags'), metadata: at('metadata') },
    }
  }

  /** False when a number is none. */
  set(fields: readonly string[]): boolean {
    this.fields = fields
    this.metric = this.field(this.at.metric)
    const time = this.field(this.at.time)
    const value = this.field(this.at.value)
    this.timeUs = Number(time)
    this.value = Number(value)
    return time !== '' && value !== '' && Number.isFinite(this.timeUs) && Number.isFinite(this.value)
  }

  tag(name: string): string {
    const place = this.places.get(name)
    return decoded(place === undefined ? pair(this.field(this.at.extra), name) : this.field(place))
  }

  metadata(key: string): string {
    return decoded(pair(this.field(this.at.metadata), key))
  }

  private field(place: number): string {
    return place === -1 ? '' : (this.fields[place] ?? '')
  }
}

/** The value of one key in `key=value&key=value`. */
function pair(text: string, key: string): string {
  if (text === '') return ''
  for (let start = 0; start <= text.length;) {
    const next = text.indexOf('&', start)
    const end = next === -1 ? text.length : next
    if (text.startsWith(key, start) && text.charCodeAt(start + key.length) === 61) return text.slice(start + key.length + 1, end)
    start = end + 1
  }
  return ''
}

function decoded(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 127) return Buffer.from(text, 'latin1').toString('utf8')
  }
  return text
}

function plainFields(text: string, start: number, end: number): string[] {
  const fields: string[] = []
  let from = start
  for (;;) {
    const comma = text.indexOf(',', from)
    if (comma === -1 || comma >= end) {
      fields.push(text.slice(from, end))
      return fields
    }
    fields.push(text.slice(from, comma))
    from = comma + 1
  }
}

/** RFC 4180: a quote in a quoted field is written twice. */
function quotedFields(text: string, start: number, end: number): string[] {
  const fields: string[] = []
  let from = start
  while (from <= end) {
    if (text[from] !== '"') {
      const comma = text.indexOf(',', from)
      const to = comma === -1 || comma > end ? end : comma
      fields.push(text.slice(from, to))
      from = to + 1
      continue
    }
    let close = text.indexOf('"', from + 1)
    while (text[close + 1] === '"') close = text.indexOf('"', close + 2)
    fields.push(text.slice(from + 1, close).replaceAll('""', '"'))
    from = close + 2
  }
  return fields
}

/** The newline after an even number of quotes; -1 when it has not come yet. */
function endOfQuotedRow(text: string, start: number): number {
  let isInside = false
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 34) isInside = !isInside
    else if (code === FEED && !isInside) return index
  }
  return -1
}
