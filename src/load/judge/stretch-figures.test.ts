import { describe, expect, it } from 'vitest'
import { seriesOf, traffic, type Sample } from './series.fixture.ts'
import { figureWindows, isBad, passingFigures } from './stretch-figures.ts'

const of = (perSecond: number, fromMs: number, toMs: number): Sample[] => traffic({ perSecond, fromMs, toMs, latencyMs: 40 })

/** Where the windows begin. */
function windows(samples: readonly Sample[], fromMs: number, endMs: number): number[] {
  return figureWindows(seriesOf(samples), fromMs, endMs)().map((window) => window.fromMs)
}

describe('the figures of a stretch', () => {
  const figures = (samples: readonly Sample[]): object => passingFigures(seriesOf(samples, 3), 0, 2_000)()

  it('are of its own seconds', () => {
    const later = traffic({ perSecond: 50, fromMs: 2_000, toMs: 3_000, latencyMs: 900, failure: () => '500' })
    const failed = traffic({ perSecond: 10, fromMs: 0, toMs: 1_000, latencyMs: 40, failure: () => '500' })
    expect(figures([...of(15, 0, 2_000), ...failed, ...later])).toEqual({ requests: 40, errorShare: 0.25, p95Ms: 40 })
  })

  it("count a script's own errors where it has them", () => {
    const wrong = Array.from({ length: 10 }, (_, index): Sample => ({ metric: 'errors', atMs: 5, value: index < 3 ? 1 : 0 }))
    expect(figures([...of(20, 0, 2_000), ...wrong])).toMatchObject({ errorShare: 0.3 })
  })

  it.each([
    ['a p95 of 19 requests', of(19, 0, 1_000), { requests: 19, errorShare: 0, p95Ms: Number.NaN }],
    ['one of 20 is known', of(20, 0, 1_000), { requests: 20, errorShare: 0, p95Ms: 40 }],
    ['anything of nothing', [], { requests: 0, errorShare: Number.NaN, p95Ms: Number.NaN }],
  ])('do not tell %s', (_what, samples, expected) => {
    expect(figures(samples)).toEqual(expected)
  })
})

it.each([
  [{ errorShare: 0.01, p95Ms: 500 }, false],
  [{ errorShare: 0.011, p95Ms: 5 }, true],
  [{ errorShare: 0, p95Ms: 501 }, true],
  [{ errorShare: Number.NaN, p95Ms: Number.NaN }, false],
])('a window of %j is bad: %j', (figures, bad) => {
  expect(isBad({ requests: 50, ...figures }, { errorShare: 0.01, p95Ms: 500 })).toBe(bad)
})

describe('windows', () => {
  it('are seconds, from the one in which the stretch begins, as long as they end within it', () => {
    expect(windows(of(30, 0, 6_000), 1_500, 4_000)).toEqual([1_000, 2_000, 3_000])
    expect(windows(of(30, 0, 6_000), 1_000, 3_999)).toEqual([1_000, 2_000])
  })

  it('are longer where a second has too few requests', () => {
    expect(windows(of(10, 0, 6_000), 0, 6_000)).toEqual([0, 2_000, 4_000])
    expect(windows(of(7, 0, 8_000), 0, 8_000)).toEqual([0, 3_000])
  })

  it('are given up after three seconds that told nothing', () => {
    expect(windows([...of(5, 0, 3_000), ...of(40, 3_000, 5_000)], 0, 5_000)).toEqual([3_000, 4_000])
  })

  it('have both figures, or are none', () => {
    const quiet = of(40, 0, 2_000).filter(({ metric, atMs }) => metric !== 'http_req_failed' || atMs >= 1_000)
    expect(windows(quiet, 0, 2_000)).toEqual([0])
    const without = (metric: string): Sample[] => of(40, 0, 2_000).filter((sample) => sample.metric !== metric)
    expect(windows(without('http_req_failed'), 0, 2_000)).toEqual([])
    expect(windows(without('http_req_duration'), 0, 2_000)).toEqual([])
  })

  it('carry the figures of their own stretch', () => {
    const slow = traffic({ perSecond: 30, fromMs: 1_000, toMs: 2_000, latencyMs: 900 })
    const found = figureWindows(seriesOf([...of(30, 0, 1_000), ...slow]), 0, 2_000)()
    expect(found.map(({ figures }) => [figures.requests, figures.p95Ms])).toEqual([
      [30, 40],
      [30, 900],
    ])
  })
})
