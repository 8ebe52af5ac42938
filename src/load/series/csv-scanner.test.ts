import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CsvScanner } from './csv-scanner.ts'

const HEADER = 'metric_name,timestamp,metric_value,error_code,name,scenario,status,extra_tags,metadata\n'

interface Seen {
  readonly metric: string
  readonly timeUs: number
  readonly value: number
  readonly tags: readonly string[]
}

/** All rows of the text, given in pieces of so many bytes. */
function scan(text: string, pieceBytes = 1_000_000): Seen[] {
  const seen: Seen[] = []
  const scanner = new CsvScanner((row) => {
    const tags = [row.tag('name'), row.tag('status'), row.tag('outcome'), row.metadata('task_id')]
    seen.push({ metric: row.metric, timeUs: row.timeUs, value: row.value, tags })
  })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) scanner.push(bytes.subarray(at, at + pieceBytes))
  scanner.end()
  return seen
}

const ROWS =
  HEADER +
  'http_reqs,1795415882000001,1.000000,,POST /v2/tasks,default,200,,\n' +
  'tasks,1795415882000002,1.000000,,,default,,a=1&outcome=served&not_outcome=x,trace=9&task_id=t-1\n' +
  'http_req_duration,1795415882000003,12.345678,1212,"a ""quoted"", name\nof two lines",default,0,,\n' +
  'http_req_duration,1795415882000004,0.5,,schön ☃,default,200,,\n' +
  '\n'

const EXPECTED: readonly Seen[] = [
  { metric: 'http_reqs', timeUs: 1_795_415_882_000_001, value: 1, tags: ['POST /v2/tasks', '200', '', ''] },
  { metric: 'tasks', timeUs: 1_795_415_882_000_002, value: 1, tags: ['', '', 'served', 't-1'] },
  {
    ...{ metric: 'http_req_duration', timeUs: 1_795_415_882_000_003, value: 12.345678 },
    tags: ['a "quoted", name\nof two lines', '0', '', ''],
  },
  { metric: 'http_req_duration', timeUs: 1_795_415_882_000_004, value: 0.5, tags: ['schön ☃', '200', '', ''] },
]

describe('rows of k6', () => {
  it.each([1, 2, 3, 7, 64, 1_000_000])('are the same in pieces of %i bytes', (bytes) => {
    expect(scan(ROWS, bytes)).toEqual(EXPECTED)
  })

  it('may end in a carriage return as well', () => {
    expect(scan(ROWS.replaceAll('\n', '\r\n').replace('name\r\nof', 'name\nof'))).toEqual(EXPECTED)
  })

  it('have their columns where the header says', () => {
    expect(scan('metadata,metric_value,timestamp,metric_name\ntask_id=7,2.5,10,vus\n')).toEqual([
      { metric: 'vus', timeUs: 10, value: 2.5, tags: ['', '', '', '7'] },
    ])
  })

  it('are those of a recording', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../test/fixtures/k6/sample.csv'), 'utf8')
    const seen = scan(text, 999)
    expect(seen).toHaveLength(text.trim().split('\n').length - 1)
    expect(new Set(seen.map(({ metric }) => metric)).has('http_req_duration')).toBe(true)
    expect(seen.every(({ timeUs, value }) => timeUs > 1e9 && value >= 0)).toBe(true)
  })
})

describe('what is no CSV of k6', () => {
  it.each([
    ['', /not even their header/],
    ['a,b,c\n', /line 1: the header has no metric_name, timestamp, metric_value/],
    ['metric_name,timestamp,metric_value,a,a\n', /line 1: the header names a column twice/],
    [`${HEADER}vus,1,2\n`, /line 2: 3 fields instead of 9/],
    [`${HEADER}vus,,2,,,,,,\n`, /line 2: its time or value is no number/],
    [`${HEADER}vus,1,x,,,,,,\n`, /line 2: its time or value is no number/],
    [HEADER + HEADER, /line 2: its time or value is no number/],
    [`${HEADER}vus,1,2,,,,,,`, /line 1: the last row is cut off/],
    [`${HEADER}${'x'.repeat(1024 * 1024 + 1)}`, /a row is longer than 1048576 bytes/],
  ])('is refused: %j', (text, message) => {
    expect(() => scan(text)).toThrow(message)
  })
})
