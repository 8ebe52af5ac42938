import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CsvScanner } from './scanner.ts'

const HEADER = 'metric_name,timestamp,metric_value,error_code,name,scenario,status,extra_tags,metadata\n'

interface Seen {
  readonly metric: string
  readonly timeUs: number
  readonly value: number
  readonly tags: readonly string[]
}

/** All rows of the text, given in pieces of so many bytes, and how many kinds of them were asked for. */
function scan(text: string, pieceBytes = 1_000_000): { seen: Seen[]; kinds: number } {
  const seen: Seen[] = []
  let kinds = 0
  const scanner = new CsvScanner<{ metric: string; tags: string[] }>({
    kindOf: (metric, tags) => {
      kinds += 1
      return { metric, tags: [tags.get('name'), tags.get('status'), tags.get('outcome')] }
    },
    take: ({ metric, tags }, row) => {
      seen.push({ metric, timeUs: row.timeUs, value: row.value, tags: [...tags, row.metadata('task_id')] })
    },
  })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) scanner.push(bytes.subarray(at, at + pieceBytes))
  scanner.end()
  return { seen, kinds }
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
    expect(scan(ROWS, bytes).seen).toEqual(EXPECTED)
  })

  it('may end in a carriage return as well', () => {
    expect(scan(ROWS.replaceAll('\n', '\r\n').replace('name\r\nof', 'name\nof')).seen).toEqual(EXPECTED)
  })

  it('have their columns where the header says', () => {
    expect(scan('metadata,metric_value,timestamp,metric_name\ntask_id=7,2.5,10,vus\n').seen).toEqual([
      { metric: 'vus', timeUs: 10, value: 2.5, tags: ['', '', '', '7'] },
    ])
  })

  it('are those of a recording', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../../test/fixtures/k6/sample.csv'), 'utf8')
    const { seen } = scan(text, 999)
    expect(seen).toHaveLength(text.trim().split('\n').length - 1)
    expect(new Set(seen.map(({ metric }) => metric)).has('http_req_duration')).toBe(true)
    expect(seen.every(({ timeUs, value }) => timeUs > 1e9 && value >= 0)).toBe(true)
  })
})

/** As a run writes them: the same few rows again and again, of other times, values and metadata. */
function repeated(rounds: number): { text: string; expected: Seen[] } {
  const kinds = [
    { metric: 'http_reqs', middle: ',,POST /v2/tasks,default,200,outcome=served,', tags: ['POST /v2/tasks', '200', 'served'] },
    {
      metric: 'http_req_duration',
      middle: ',,POST /v2/tasks,default,200,outcome=served,',
      tags: ['POST /v2/tasks', '200', 'served'],
    },
    { metric: 'http_req_duration', middle: ',1503,schön,default,503,,', tags: ['schön', '503', ''] },
    { metric: 'http_req_duration', middle: ',,"a, b",default,200,,', tags: ['a, b', '200', ''] },
    { metric: 'vus', middle: ',,,,,,', tags: ['', '', ''] },
  ]
  const expected: Seen[] = []
  let text = HEADER
  for (let index = 0; index < rounds * kinds.length; index += 1) {
    // Out of step in every seventh place.
    const kind = kinds[(index % 7 === 0 ? index * 3 : index) % kinds.length] as (typeof kinds)[number]
    const timeUs = 1_795_415_882_000_000 + index * 997
    const value = index % 4 === 0 ? 1e21 : index * 1.37
    const id = index % 3 === 0 ? `t-${index}` : ''
    text += `${kind.metric},${timeUs},${index % 4 === 0 ? '1e+21' : value.toFixed(6)}${kind.middle}${id && `task_id=${id}`}\n`
    expected.push({
      metric: kind.metric,
      timeUs,
      value: index % 4 === 0 ? value : Number(value.toFixed(6)),
      tags: [...kind.tags, id],
    })
  }
  return { text, expected }
}

describe('rows that come again', () => {
  it.each([13, 256, 4_096, 1_000_000])('are read as the first ones were, in pieces of %i bytes', (bytes) => {
    const { text, expected } = repeated(60)
    expect(scan(text, bytes).seen).toEqual(expected)
  })

  it('are of a kind that is asked for once, but for those with quotes', () => {
    const plain = repeated(60)
      .text.split('\n')
      .filter((row) => !row.includes('"'))
      .map((row) => row.replace('1e+21', '7.5'))
    expect(scan(plain.join('\n')).kinds).toBe(4)
  })

  it.each([
    ['end in a carriage return', '2.5,,,,,,\r'],
    ['are below zero', '-2.5,,,,,,'],
    ['have an exponent', '1e+21,,,,,,'],
    ['have more digits than a double', '1795415882000.000000,,,,,,'],
  ])('are of the same kind when they %s', (_what, end) => {
    const rows = Array.from({ length: 200 }, (_, index) => `${index % 3 === 0 ? 'vus' : 'own'},${index},${end}\n`)
    const { seen, kinds } = scan(HEADER + rows.join(''))
    expect(kinds).toBe(2)
    expect(seen.map(({ timeUs }) => timeUs)).toEqual(rows.map((_, index) => index))
    expect(new Set(seen.map(({ value }) => value))).toEqual(new Set([Number(end.split(',')[0])]))
  })

  it('may be of more kinds than are kept', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => `vus,${index + 1},1.5,,n${index % 5_000},,,,\n`)
    const { seen } = scan(HEADER + rows.join(''), 65_536)
    expect(seen.map(({ tags }) => tags[0])).toEqual(rows.map((_, index) => `n${index % 5_000}`))
  })

  it.each([
    ['vus,1,2,,,,,,x,', /line 4: 10 fields instead of 9/],
    ['vus,1,2,,,,,', /line 4: 8 fields instead of 9/],
    ['vus,1,,,,,,,', /line 4: its time or value is no number/],
    ['vus,1.5.5,1,,,,,,', /line 4: its time or value is no number/],
    ['vus,1,.,,,,,,', /line 4: its time or value is no number/],
    ['vus,1,2', /line 4: 3 fields instead of 9/],
  ])('are checked as the first ones were: %s', (row, message) => {
    expect(() => scan(`${HEADER}vus,1,2,,,,,,\nvus,2,2,,,,,,\n${row}\n`)).toThrow(message)
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
    [`${HEADER}vus,1,2,a"b,"c,,,,\n`, /line 2: 5 fields instead of 9/],
    [`${HEADER}${'x'.repeat(1024 * 1024 + 1)}`, /a row is longer than 1048576 bytes/],
  ])('is refused: %j', (text, message) => {
    expect(() => scan(text)).toThrow(message)
  })
})
