import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/random.ts'
import { mergeSeries } from './merge.ts'
import type { NamedSeries } from './merge.ts'
import { openSeries } from './recorded-series.ts'
import { FACTS, recordedOf, requestAt, START_MS } from './samples.fixture.ts'
import type { Row } from './samples.fixture.ts'
import type { SeriesFacts } from './series-data.ts'
import { packSeries, seriesLines, unpackSeries } from './series-file.ts'

const vus = (value: number): Row => ({ metric: 'vus', atMs: 0, value })

function part(
  index: number,
  count: number,
  rows: readonly Row[],
  change: Partial<SeriesFacts> = {},
  startMs = START_MS,
): NamedSeries {
  const data = recordedOf([vus(index * 10), ...rows], undefined, startMs)
  return { name: `part ${String(index)}`, data, facts: { ...FACTS, segment: { index, count }, ...change } }
}

describe('the series of three generators', () => {
  it('are that of one: percentiles within 0.2 %, all else exact', () => {
    const random = seededRandom(42)
    const rows = Array.from({ length: 9_000 }, (_, index) => {
      const ms = Math.exp(random.next() * 6) + (index % 3) * 20
      return requestAt(index * 2, ms, random.next() < 0.1 ? { status: '503', isExpected: false } : {})
    })
    const whole = openSeries(recordedOf([vus(60), ...rows.flat()]))
    const parts = [1, 2, 3].map((index) => part(index, 3, rows.filter((_, at) => at % 3 === index - 1).flat()))
    const { data, facts } = mergeSeries([...parts].reverse())
    const merged = openSeries(data)
    expect(facts.segment).toBeNull()
    const [ours, theirs] = [merged, whole].map((series) => series.ask({ metric: 'http_req_duration' }))
    for (const percent of [50, 95, 99]) {
      const [one, two] = [ours?.percentile(percent) ?? NaN, theirs?.percentile(percent) ?? NaN]
      expect(Math.abs(one - two) / two).toBeLessThan(0.002)
    }
    expect([ours?.count, ours?.min, ours?.max]).toEqual([theirs?.count, theirs?.min, theirs?.max])
    expect(ours?.sum).toBeCloseTo(theirs?.sum ?? NaN, 3)
    expect(merged.errors()).toEqual(whole.errors())
    expect(merged.ask({ metric: 'http_req_failed' })?.nonZero).toBe(whole.ask({ metric: 'http_req_failed' })?.nonZero)
    expect(merged.users()[0]).toBe(60)
    const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
    expect(total(merged.inFlight())).toBeCloseTo(total(whole.inFlight()), 6)
  })

  it('are laid over each other by the clock', () => {
    const { data } = mergeSeries([part(1, 2, requestAt(500, 1)), part(2, 2, requestAt(500, 1), {}, START_MS + 2_100)])
    const merged = openSeries(data)
    expect([merged.startWallMs, merged.seconds]).toEqual([START_MS, 3])
    expect(
      [0, 1, 2].map((second) => merged.ask({ metric: 'http_reqs', fromMs: second * 1_000, toMs: second * 1_000 + 1 })?.count),
    ).toEqual([1, undefined, 1])
  })

  it.each([
    [[part(1, 3, []), part(3, 3, [])], /segment 2 of 3 is missing/],
    [[part(1, 2, []), part(1, 2, [])], /part 1 and part 1 are both segment 1 of 2/],
    [[part(1, 2, []), part(2, 3, [])], /differ in the number of segments: 2 and 3/],
    [[part(1, 2, []), part(2, 2, [], { fingerprint: 'g' })], /differ in their script or its settings: f and g/],
    [[part(1, 2, []), part(2, 2, [], { patternId: 'LT-2' })], /differ in their pattern: LT-1 and LT-2/],
    [[part(1, 2, []), part(2, 2, [], { k6Version: '1.8.1' })], /differ in the version of k6/],
    [[part(1, 2, []), part(2, 2, [], { segment: null })], /part 2 is the series of a whole load/],
    [[part(1, 2, []), part(2, 2, [], {}, START_MS + 60_000)], /began 60 s apart/],
    [[], /no series to merge/],
  ])('are refused when they are not one load (%#)', (parts, message) => {
    expect(() => mergeSeries(parts)).toThrow(message)
  })
})

describe('the file of a series', () => {
  const data = recordedOf([vus(3), ...requestAt(100, 12.5), ...requestAt(2_300, 700, { status: '503', isExpected: false })])

  it('gives back all that was recorded', () => {
    const back = unpackSeries(packSeries(data, FACTS), 's.gz')
    expect(back.facts).toEqual(FACTS)
    expect(back.data).toEqual(data)
  })

  const lines = [...seriesLines(data, FACTS)]
  const packed = (change: (all: string[]) => void): Buffer => {
    const all = [...lines]
    change(all)
    return gzipSync(all.join(''))
  }
  it.each([
    [Buffer.from('no gzip'), /s\.gz is no gzipped series/],
    [gzipSync(''), /line 1: the last line is cut off|line 1: it is not JSON/],
    [packed((all) => all.splice(2, 1)), /there are 2 seconds, and 3 are promised/],
    [packed((all) => all.splice(1, 1, all[2] ?? '')), /line 2: it is second 1 in the place of 0/],
    [packed((all) => (all[1] = '{}\n')), /line 2: second/],
    [packed((all) => (all[1] = 'x\n')), /line 2: it is not JSON/],
    [packed((all) => (all[1] = (all[1] ?? '').replace('[0,', '[99,'))), /line 2: there is no group 99/],
    [packed((all) => (all[0] = (all[0] ?? '').replace('"schemaVersion":1', '"schemaVersion":9'))), /line 1: schemaVersion/],
    [packed((all) => (all[0] = (all[0] ?? '').replace('"late"', '"later"'))), /line 1/],
    [packed((all) => (all[3] = (all[3] ?? '').trimEnd())), /the last line is cut off/],
  ])('is refused when it is damaged (%#)', (bytes, message) => {
    expect(() => unpackSeries(bytes, 's.gz')).toThrow(message)
  })

  it('is refused when a histogram holds something else than its cell counts', () => {
    const own = lines.findIndex((line) => line.includes('=="]') || /"[A-Za-z0-9+/]+=*"\]\]/.test(line))
    const wrong = packed((all) => (all[own] = (all[own] ?? '').replace(/\[(\d+),1,(12\.5)/, '[$1,2,$2')))
    expect(() => unpackSeries(wrong, 's.gz')).toThrow(/a histogram holds 1 samples of 2/)
  })
})
