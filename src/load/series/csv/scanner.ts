/**
 * Rows of k6's `--out csv` as they come, in pieces that may end anywhere. The header names the columns, and their order
 * follows k6's settings (internal/output/csv of k6 2.2: names, time, value, system tags, then `extra_tags` and `metadata`,
 * each `key=value&key=value` without escapes).
 */
import { ChaosError } from '../../../core/errors.ts'
import { endOfRow, ownText, quotedFields } from './fields.ts'
import { NumberField, numberOf } from './number-field.ts'
import { CsvRow, RowTags } from './row.ts'

/** Longer rows than any that k6 writes of sane tags. */
const LONGEST_ROW = 1024 * 1024
const FIRST = ['metric_name', 'timestamp', 'metric_value'] as const
const LAST = 'metadata'
/** Kinds of rows at a time. A script that tags each request apart makes new ones all the time. */
const MOST_KINDS = 2_000
/** Of metadata: another field, quotes, or an end of the row of its own. */
const NOT_PLAIN = /[",\r]/
const FEED = 10
const RETURN = 13

export interface RowReader<Kind> {
  /** Asked once for all rows of a metric that have the same tags; more often for rows with quotes, or of too many kinds. */
  kindOf(metric: string, tags: RowTags): Kind
  /** Must not keep the row: the next one takes its place. */
  take(kind: Kind, row: Readonly<CsvRow>): void
}

/**
 * A load of a thousand users makes ten thousand rows a second and more, and they follow each other as they did before: a
 * request alone makes nine, the same nine each time. So the text around time and value is compared with that of the row
 * which is expected next, and taken apart only where it is another one.
 */
export class CsvScanner<Kind> {
  private readonly reader: RowReader<Kind>
  private columns: Columns | null = null
  private rest: Uint8Array = new Uint8Array(0)
  private lines = 0
  private readonly row = new CsvRow()
  private readonly seen = new Map<string, Seen<Kind>>()
  private latest: Seen<Kind> | null = null
  private expected: Seen<Kind> | null = null
  private readonly number = new NumberField()

  constructor(reader: RowReader<Kind>) {
    this.reader = reader
  }

  /** @throws ChaosError LOAD_FAILED with the line's number for what is no CSV of k6. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.concat([this.rest, chunk])
    // A character that is cut in two by the end of a chunk comes together again.
    const piece = { bytes, text: bytes.toString('latin1') }
    let start = 0
    for (;;) {
      let next = this.takeExpected(piece, start)
      if (next === -1) next = this.takeOther(piece, start)
      if (next === -1) break
      start = next
    }
    this.rest = bytes.subarray(start)
    if (this.rest.length > LONGEST_ROW) throw this.mistake(`a row is longer than ${LONGEST_ROW} bytes`)
  }

  /** @throws ChaosError LOAD_FAILED for a row that was cut off, and when there was not even a header. */
  end(): void {
    if (this.rest.length > 0) throw this.mistake('the last row is cut off')
    if (this.columns === null) throw new ChaosError('LOAD_FAILED', 'k6 wrote no samples, not even their header')
  }

  /** Where the row after it starts; -1, and nothing done, when it is not the one expected or has not come whole. */
  private takeExpected({ bytes, text }: Piece, start: number): number {
    const { expected } = this
    if (expected === null) return -1
    const timeStart = start + expected.head.length
    if (text.slice(start, timeStart) !== expected.head) return -1
    const timeUs = this.number.read(bytes, timeStart)
    const value = this.number.read(bytes, this.number.end + 1)
    const tailStart = this.number.end
    const tailEnd = tailStart + expected.tail.length
    if (Number.isNaN(timeUs + value) || text.slice(tailStart, tailEnd) !== expected.tail) return -1
    const end = bytes[tailEnd] === FEED ? tailEnd : text.indexOf('\n', tailEnd)
    if (end === -1) return -1
    const pairs = text.slice(tailEnd, end)
    if (pairs !== '' && NOT_PLAIN.test(pairs)) return -1
    this.lines += 1
    this.expect(expected)
    this.handOver(expected.kind, timeUs, value, pairs)
    return end + 1
  }

  /** What came after it the last time will come after it again. */
  private expect(taken: Seen<Kind>): void {
    if (this.latest !== null) this.latest.next = taken
    this.latest = taken
    this.expected = taken.next
  }

  /** Where the next row starts; -1 when this one has not come whole. */
  private takeOther(piece: Piece, start: number): number {
    const { text } = piece
    const end = endOfRow(text, start)
    if (end === -1) return -1
    const row = ownText(text.slice(start, text.charCodeAt(end - 1) === RETURN ? end - 1 : end))
    const isQuoted = row.includes('"')
    const known = isQuoted ? null : this.recognise(row)
    if (known !== null) {
      this.expected = known
      const next = this.takeExpected(piece, start)
      if (next !== -1) return next
    }
    this.lines += 1
    if (row !== '') this.takeFields(isQuoted ? quotedFields(row) : row.split(','), isQuoted, known)
    return end + 1
  }

  /** The kind of row that this one looks like; null when none has been seen. */
  private recognise(row: string): Seen<Kind> | null {
    const headEnd = row.indexOf(',') + 1
    const tailStart = row.indexOf(',', row.indexOf(',', headEnd) + 1)
    return this.seen.get(row.slice(0, headEnd) + row.slice(tailStart, row.lastIndexOf(',') + 1)) ?? null
  }

  /** `known`: the kind of this row, which has something else that the fast way does not read, such as a number below zero. */
  private takeFields(fields: readonly string[], isQuoted: boolean, known: Seen<Kind> | null): void {
    const { columns } = this
    if (columns === null) {
      this.readHeader(fields)
      return
    }
    const { places, isUsual } = columns
    if (fields.length !== places.size) throw this.mistake(`${fields.length} fields instead of ${places.size}`)
    const field = (name: string): string => fields[places.get(name) ?? -1] ?? ''
    const [timeUs, value] = [numberOf(field('timestamp')), numberOf(field('metric_value'))]
    if (!Number.isFinite(timeUs) || !Number.isFinite(value)) throw this.mistake('its time or value is no number')
    const kind = known?.kind ?? this.reader.kindOf(field('metric_name'), new RowTags(places, fields))
    if (known !== null) this.expect(known)
    else if (isUsual && !isQuoted) this.remember(fields, kind)
    this.handOver(kind, timeUs, value, field('metadata'))
  }

  private remember(fields: readonly string[], kind: Kind): void {
    if (this.seen.size >= MOST_KINDS) this.seen.clear()
    const head = `${fields[0] ?? ''},`
    const tail = `,${fields
      .slice(FIRST.length, -1)
      .map((field) => `${field},`)
      .join('')}`
    const seen = { head: ownText(head), tail: ownText(tail), kind, next: null }
    this.seen.set(head + tail, seen)
    this.expect(seen)
  }

  private handOver(kind: Kind, timeUs: number, value: number, pairs: string): void {
    const { row } = this
    row.timeUs = timeUs
    row.value = value
    row.pairs = pairs
    this.reader.take(kind, row)
  }

  private readHeader(fields: readonly string[]): void {
    const places = new Map(fields.map((name, index) => [name, index]))
    const missing = FIRST.filter((name) => !places.has(name))
    if (missing.length > 0) throw this.mistake(`the header has no ${missing.join(', ')}`)
    if (places.size !== fields.length) throw this.mistake('the header names a column twice')
    const isUsual = FIRST.every((name, index) => fields[index] === name) && fields.at(-1) === LAST
    this.columns = { places, isUsual }
  }

  private mistake(what: string): ChaosError {
    return new ChaosError('LOAD_FAILED', `the samples of k6 cannot be read: line ${this.lines}: ${what}`)
  }
}

/** One character a byte, so that both have the same places: text compares faster, and from bytes numbers are read faster. */
interface Piece {
  readonly bytes: Uint8Array
  readonly text: string
}

interface Columns {
  readonly places: ReadonlyMap<string, number>
  /** `FIRST`, the tags, `LAST`. */
  readonly isUsual: boolean
}

/** Rows that differ in time, value and metadata only. */
interface Seen<Kind> {
  /** Up to the comma before the time. */
  readonly head: string
  /** From the comma after the value to the one before the metadata. */
  readonly tail: string
  readonly kind: Kind
  /** What came after it the last time. */
  next: Seen<Kind> | null
}
