import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/json.ts'
import { parseK6Threshold, parseThreshold } from '../plan/threshold-grammar.ts'
import type { K6Facts } from './generator-facts.ts'
import { judgeOutside, outsideOf } from './outside.ts'

function k6(summary: Json): K6Facts {
  return { exitCode: 0, stopped: false, summary, log: '' }
}

describe('a limit', () => {
  it.each([
    ['http_req_duration{group:::setup}', 'setup'],
    ['http_req_duration{group:::setup::log in}', 'setup'],
    ['http_req_duration{group:::teardown}', 'teardown'],
    ['http_req_duration{group:::checkout}', null],
    ['http_req_duration{group:::checkout::setup}', null],
    ['http_req_duration{name:setup}', null],
    ['http_req_duration', null],
  ])('%s is of %s', (metric, what) => {
    expect(outsideOf(parseK6Threshold(metric, 'avg<500'))).toBe(what)
  })
})

describe('what k6 says of setup()', () => {
  const judged = (metric: string, expression: string, figures: readonly Json[]) =>
    judgeOutside(
      [parseK6Threshold('http_req_duration', 'avg<1'), parseK6Threshold(`${metric}{group:::setup}`, expression)],
      figures.map((one) => k6({ metrics: { [`${metric}{group:::setup}`]: one } })),
    )

  it.each<[string, string, Record<string, Json>, number | null]>([
    ['http_req_duration', 'avg<500', { avg: 120.5 }, 120.5],
    ['http_req_duration', 'med<500', { avg: 1, med: 7 }, 7],
    ['http_req_duration', 'p(95)<500', { 'p(95)': 400 }, 400],
    ['http_req_duration', 'p(99)<500', { 'p(95)': 400 }, null],
    ['http_req_failed', 'rate<0.5', { value: 0.25, passes: 1, fails: 3 }, 0.25],
    ['http_reqs', 'rate>0.5', { count: 8, rate: 2 }, 2],
    ['http_reqs', 'count>0', { count: 8, rate: 2 }, 8],
    ['http_reqs', 'count>0', { count: '8' }, null],
  ])('of %s: %s', (metric, expression, figures, observed) => {
    const thresholds = { [` ${expression} `]: false }
    const [limit, ...others] = judged(metric, expression, [{ ...figures, thresholds }])
    expect(others).toEqual([])
    expect(limit).toMatchObject({ scope: 'setup', filter: '{group:::setup}', gates: true, observed, met: true })
    expect(limit).toMatchObject({ fromMs: 0, toMs: 0, samples: 0, neededSamples: 0 })
  })

  const kept = { avg: 10, thresholds: { 'avg<500': false } }
  const crossed = { avg: 600, thresholds: { 'avg<500': true } }
  it.each<[string, Json[], boolean | null, number | null]>([
    ['one that kept it', [kept], true, 10],
    ['one that crossed it', [crossed], false, 600],
    ['several, of which one crossed it', [kept, crossed, kept], false, 600],
    ['one that crossed it, and one that says nothing', [null, crossed], false, 600],
    ['one that kept it, and one that says nothing', [kept, null], null, 10],
    ['one that speaks of another limit', [{ avg: 10, thresholds: { 'avg<400': true } }], null, 10],
    ['none', [], null, null],
    ['one whose setup() asked nothing', [{ ...kept, avg: 0, count: 0 }], null, 0],
    ['one whose setup() asked once', [{ ...kept, count: 1 }], true, 10],
    ['one that crossed it with nothing', [{ ...crossed, count: 0 }], false, 600],
    ['one that says something else', [{ avg: 10, thresholds: { 'avg<500': 'no' } }], null, 10],
  ])('by %s', (_who, figures, met, observed) => {
    expect(judged('http_req_duration', 'avg<500', figures)).toEqual([expect.objectContaining({ met, observed })])
  })

  it.each([
    [0, 0, null],
    [1, 0, true],
    [0, 1, true],
  ])('of a share, by %i passes and %i fails: %s', (passes, fails, met) => {
    const figures = { passes, fails, value: 0, thresholds: { 'rate<0.5': false } }
    expect(judged('http_req_failed', 'rate<0.5', [figures])[0]?.met).toBe(met)
  })

  it('of a counter is a figure also where nothing was counted', () => {
    const figures = { count: 0, rate: 0, thresholds: { 'count<5': false } }
    expect(judged('http_reqs', 'count<5', [figures])[0]?.met).toBe(true)
  })

  it('is nothing of a limit that k6 does not know', () => {
    const ours = parseThreshold('http_req_duration{group:::setup} avg < 500 ms', 'input')
    expect(judgeOutside([ours], [k6({ metrics: {} })])).toEqual([expect.objectContaining({ met: null, observed: null })])
  })
})
