import { mono } from './time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import { endsText, latencyMs, mostUnderWay, recoveryStreak, roundedWindow, summarizeCanary, type CanarySample } from './canary.ts'

function sample(intendedMs: number, latencyMs: number, ok = true): CanarySample {
  return {
    intendedMs: mono(intendedMs),
    sentMs: mono(intendedMs + 1),
    doneMs: mono(intendedMs + latencyMs),
    status: ok ? 200 : 503,
    ok,
    error: ok ? null : 'status 503',
  }
}

describe('summarizeCanary', () => {
  it('counts latency from the intended send time and leaves failures out of the percentiles', () => {
    const window = summarizeCanary([sample(0, 100), sample(100, 300), sample(200, 1, false)], mono(0), mono(1_000))
    expect(window).toMatchObject({ total: 3, failed: 1, p50Ms: 100, p95Ms: 300, maxLatenessMs: 1 })
  })

  it('judges by intended send time, whenever the answer came', () => {
    const window = summarizeCanary([sample(-100, 50), sample(900, 5_000), sample(1_000, 10)], mono(0), mono(1_000))
    expect(window.total).toBe(1)
  })

  it('gives NaN, never 0, for percentiles without a good sample', () => {
    const window = summarizeCanary([sample(0, 10, false)], mono(0), mono(1_000))
    expect([window.p50Ms, window.p95Ms]).toEqual([Number.NaN, Number.NaN])
    expect(summarizeCanary([], mono(0), mono(1_000)).longestOutageMs).toBeNaN()
  })

  it('measures an outage from the edges of the window too', () => {
    expect(summarizeCanary([sample(0, 10, false), sample(100, 10, false)], mono(0), mono(2_000)).longestOutageMs).toBe(2_000)
    expect(summarizeCanary([sample(0, 700), sample(600, 200)], mono(0), mono(1_000)).longestOutageMs).toBe(700)
  })

  it('counts an outage that outlasts the window to the first good answer after it', () => {
    expect(summarizeCanary([sample(0, 100), sample(1_400, 100)], mono(0), mono(1_000)).longestOutageMs).toBe(1_400)
  })

  it.each<[string, CanarySample[], number]>([
    ['none that began after the window', [sample(0, 500), sample(100, 900), sample(5_000, 100)], 500],
    ['none before it', [sample(-900, 100), sample(100, 100), sample(500, 100), sample(900, 100)], 400],
    ['that between two answers, in whatever order they came', [sample(0, 900), sample(100, 100), sample(200, 10)], 690],
    ['as if there was no answer, one that was not good', [sample(0, 300), sample(300, 200, false), sample(700, 100)], 500],
  ])('measures the longest outage: %s', (_rule, samples, longestMs) => {
    expect(summarizeCanary(samples, mono(0), mono(1_000)).longestOutageMs).toBe(longestMs)
  })

  it('keeps the samples of the window, both edges told apart, and the worst lateness of these', () => {
    const late = { ...sample(999, 10), sentMs: mono(1_249) }
    const window = summarizeCanary([sample(0, 10), late, { ...sample(1_000, 10), sentMs: mono(9_000) }], mono(0), mono(1_000))
    expect(window.samples.map(({ intendedMs }) => intendedMs)).toEqual([0, 999])
    expect(window.maxLatenessMs).toBe(250)
    expect(latencyMs(sample(200, 35))).toBe(35)
  })
})

describe('requests under way at once', () => {
  it.each<[[number, number][], number]>([
    [[], 0],
    [[[0, 100]], 1],
    [
      [
        [0, 100],
        [100, 100],
        [200, 50],
      ],
      1,
    ],
    [
      [
        [0, 500],
        [100, 500],
        [200, 50],
        [260, 50],
        [900, 10],
      ],
      3,
    ],
  ])('of %j are %d', (spans, most) => {
    const samples = spans.map(([sentMs, tookMs]) => ({
      ...sample(sentMs, tookMs),
      sentMs: mono(sentMs),
      doneMs: mono(sentMs + tookMs),
    }))
    expect(mostUnderWay(samples)).toBe(most)
    expect(mostUnderWay(samples.toReversed())).toBe(most)
  })
})

describe('how answers ended', () => {
  const ends = (...errors: (string | null)[]): CanarySample[] =>
    errors.map((error, index) => ({ ...sample(index, 10, error === null), error }))

  it('is told by what they said, the most frequent first, five of them', () => {
    expect(endsText(ends('status 503', null, 'status 503', 'deadline', null, 'status 503'))).toBe(
      '3 × status 503, 2 × good, 1 × deadline',
    )
    expect(endsText(ends('a', 'b', 'c', 'd', 'e', 'f', 'f'))).toBe('2 × f, 1 × a, 1 × b, 1 × c, 1 × d')
    expect(endsText([])).toBe('no answer')
    expect(endsText([{ ...sample(0, 10, false), error: null }])).toBe('1 × bad answer')
  })
})

describe('roundedWindow', () => {
  it('is for reports: whole milliseconds, and null for what was not measured', () => {
    const { p50Ms, p95Ms, longestOutageMs, maxLatenessMs } = {
      p50Ms: 12.4,
      p95Ms: 40.6,
      longestOutageMs: 99.5,
      maxLatenessMs: 1.2,
    }
    const window = { ...summarizeCanary([], mono(0), mono(1)), p50Ms, p95Ms, longestOutageMs, maxLatenessMs }
    expect(roundedWindow(window)).toEqual({ p50Ms: 12, p95Ms: 41, longestOutageMs: 100, maxLatenessMs: 1 })
    expect(roundedWindow(summarizeCanary([], mono(0), mono(1)))).toEqual({
      p50Ms: null,
      p95Ms: null,
      longestOutageMs: null,
      maxLatenessMs: 0,
    })
  })
})

describe('recoveryStreak', () => {
  it('notices one dead backend of N with 99 %', () => {
    expect([0, 1, 2, 4, 10].map(recoveryStreak)).toEqual([5, 5, 7, 17, 44])
  })
})
