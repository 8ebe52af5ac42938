import { later } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/random.ts'
import type { SeriesFacts } from '../series/data.ts'
import { FACTS, openSeries, recordedOf, requestAt, shortened, START_MS, type Row } from '../series/samples.fixture.ts'
import { mergeSeries, type NamedSeries } from './series.ts'

const vus = (value: number): Row => ({ metric: 'vus', atMs: 0, value })

function part(
  index: number,
  count: number,
  rows: readonly Row[],
  change: Partial<SeriesFacts> = {},
  startMs = START_MS,
): NamedSeries {
  const series = recordedOf([vus(index * 10), ...rows], undefined, startMs)
  return { name: `part ${index}`, ...series, facts: { ...FACTS, segment: { index, count }, ...change } }
}

describe('the series of three generators', () => {
  it('are that of one: percentiles within 0.2 %, all else exact', async () => {
    const random = seededRandom(42)
    const rows = Array.from({ length: 9_000 }, (_, index) => {
      const ms = Math.exp(random.next() * 6) + (index % 3) * 20
      return requestAt(index * 2, ms, random.next() < 0.1 ? { status: '503', isExpected: false } : {})
    })
    const whole = openSeries(recordedOf([vus(60), ...rows.flat()]))
    const parts = [1, 2, 3].map((index) => part(index, 3, rows.filter((_, at) => at % 3 === index - 1).flat()))
    const { facts, ...series } = mergeSeries([...parts].reverse())
    const merged = openSeries(await shortened(series))
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

  it('are laid over each other by the clock', async () => {
    const series = mergeSeries([part(1, 2, requestAt(500, 1)), part(2, 2, requestAt(500, 1), {}, later(START_MS, 2_100))])
    const merged = openSeries(await shortened(series))
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
    [[part(1, 2, []), part(2, 2, [], {}, later(START_MS, 60_000))], /began 60 s apart/],
    [[], /no series to merge/],
  ])('are refused when they are not one load (%#)', (parts, message) => {
    expect(() => mergeSeries(parts)).toThrow(message)
  })
})
