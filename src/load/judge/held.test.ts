import { describe, expect, it } from 'vitest'
import { planOf } from '../plan/stages.ts'
import { parseK6Threshold, parseThreshold } from '../plan/threshold-grammar.ts'
import type { Threshold } from '../plan/shapes.ts'
import type { LoadJudgement } from './judgement.ts'
import type { GeneratorLook, K6Facts } from './generator-facts.ts'
import { judgeLoad } from './pattern.ts'
import { seriesOf, traffic, users, type Sample } from './series.fixture.ts'

const LIMITS = [parseK6Threshold('http_req_failed', 'rate<0.01'), parseK6Threshold('http_req_duration', 'p(95)<500')]
const PLAN = planOf(
  [
    { durationMs: 5_000, target: 100 },
    { durationMs: 600_000, target: 100 },
  ],
  'users',
)
/** Before, between and after two faults; the middle one is short. */
const CALM = [
  { fromMs: 5_000, toMs: 15_000 },
  { fromMs: 26_000, toMs: 29_500 },
  { fromMs: 40_000, toMs: 50_000 },
]
const good = { fromMs: 0, toMs: 50_000, perSecond: 80, latencyMs: 20 }

interface More {
  readonly thresholds?: readonly Threshold[]
  readonly looks?: readonly GeneratorLook[]
  readonly late?: number
}

function judge(samples: readonly Sample[], change: Partial<K6Facts> = {}, stretches = CALM, more: More = {}): LoadJudgement {
  const all = [...samples, ...users(0, 50_000, () => 100)]
  const count = all.filter(({ metric }) => metric === 'http_reqs').length
  const k6: K6Facts = {
    exitCode: 105,
    stopped: true,
    summary: { metrics: { http_reqs: { count, rate: 1 } } },
    log: '',
    ...change,
  }
  return judgeLoad({
    ...{ thresholds: more.thresholds ?? LIMITS, calm: stretches, plan: PLAN },
    ...{ gateTarget: null, measure: [], completion: null },
    series: { ...seriesOf(all, 50), late: more.late ?? 0 },
    generators: [{ k6, looks: more.looks ?? [], cores: 2 }],
  })()
}

/** Every request of the stretch fails. */
function failing(fromMs: number, toMs: number): Sample[] {
  const parts = [
    { ...good, toMs: fromMs },
    { ...good, fromMs, toMs, failure: () => '503' },
    { ...good, fromMs: toMs },
  ]
  return parts.flatMap(traffic)
}

describe('a load that held beside scenarios', () => {
  it('passes by what it met where no fault was on, though we ended it', () => {
    const judged = judge(failing(15_000, 25_000))
    expect([judged.verdict, judged.reasons]).toEqual(['passed', []])
    expect(judged.figures.errorRate).toBeCloseTo(0.2, 2)
    expect(judged.limits.filter(({ text, met }) => text.startsWith('http_req_failed') && met === true)).toHaveLength(3)
    expect(judged.notes[0]).toBe(
      'held at 100 users; its limits are judged where no fault was on: 5 to 15 s, 26 to 29 s, 40 to 50 s',
    )
  })

  it('fails for iterations that threw without a fault, and for no others', () => {
    const thrown = (fromMs: number, count: number): Sample[] =>
      Array.from({ length: count }, (_, index) => ({ metric: 'script_exceptions', atMs: fromMs + index * 5, value: 1 }))
    const usual = traffic(good)
    expect(judge([...usual, ...thrown(15_000, 300)]).reasons).toEqual([])
    const judged = judge([...usual, ...thrown(15_000, 300), ...thrown(42_000, 40)])
    expect([judged.verdict, judged.reasons.filter((text) => text.includes('threw'))]).toEqual([
      'failed',
      ['the script threw in 40 of 1840 iterations: k6.log says what'],
    ])
  })

  it('fails for what it met without a fault', () => {
    const judged = judge(failing(42_000, 44_000))
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons).toEqual(['http_req_failed: rate<0.01 without a fault, 40 to 50 s: 20.00 % of 800 samples'])
  })

  it('is undecided where no calm stretch has samples enough', () => {
    const judged = judge(failing(15_000, 25_000), {}, [{ fromMs: 5_000, toMs: 7_500 }])
    expect([judged.verdict, judged.limits]).toEqual(['inconclusive', []])
    expect(judged.reasons).toEqual([
      'undecided: http_req_failed: rate<0.01: no stretch without a fault had samples enough',
      'undecided: http_req_duration: p(95)<500: no stretch without a fault had samples enough',
      'undecided: http_reqs count > 0: no stretch without a fault had samples enough',
    ])
    expect(judged.notes[0]).toContain('where no fault was on: nowhere')
  })

  it('is judged in whole seconds that lie within what was calm, three of them at least', () => {
    const spans = judge(traffic(good), {}, [
      { fromMs: 4_001, toMs: 8_999 },
      { fromMs: 10_000, toMs: 13_000 },
      { fromMs: 20_001, toMs: 24_000 },
      { fromMs: 30_000, toMs: 32_999 },
      { fromMs: 40_001, toMs: 43_999 },
    ]).limits.filter(({ metric }) => metric === 'http_req_failed')
    expect(spans.map(({ scope, fromMs, toMs, target }) => [scope, fromMs, toMs, target])).toEqual([
      ['hold', 5_000, 8_000, 100],
      ['hold', 10_000, 13_000, 100],
      ['hold', 21_000, 24_000, 100],
    ])
  })

  it('is judged by the stretches with samples enough; others are shown', () => {
    const slow = [
      ...traffic({ ...good, toMs: 26_000, perSecond: 20 }),
      ...traffic({ ...good, fromMs: 26_000, toMs: 29_000, perSecond: 19, latencyMs: 900 }),
      ...traffic({ ...good, fromMs: 29_000, perSecond: 20 }),
    ]
    const judged = judge(slow)
    expect([judged.verdict, judged.reasons]).toEqual(['passed', []])
    const [first, short] = judged.limits.filter(({ metric }) => metric === 'http_req_duration')
    expect([first, short]).toMatchObject([
      { gates: true, met: true },
      { gates: false, met: null, samples: 57 },
    ])
    // 59 are just enough.
    const few = [
      ...traffic({ ...good, toMs: 26_000 }),
      ...traffic({ ...good, fromMs: 26_000, toMs: 29_000, perSecond: 59 / 3, latencyMs: 900 }),
    ]
    expect(judge(few).reasons).toEqual(['http_req_duration: p(95)<500 without a fault, 26 to 29 s: 900 ms of 59 samples'])
  })

  it('is undecided by a limit that its metric has not, however many samples there are', () => {
    const errors = Array.from({ length: 50 }, (_, second): Sample => ({ metric: 'errors', atMs: second * 1_000, value: 0 }))
    const judged = judge([...traffic(good), ...errors], {}, CALM, { thresholds: [parseThreshold('errors max < 5', 'input')] })
    expect(judged.verdict).toBe('inconclusive')
    expect(judged.reasons).toEqual(['undecided: errors max < 5: no stretch without a fault had samples enough'])
  })

  it('tells what it missed in its unit, beside what is undecided', () => {
    const limits = ['http_reqs count > 5000', 'http_req_duration avg < 5 ms', 'nonsense avg < 1'].map((text) =>
      parseThreshold(text, 'input'),
    )
    const judged = judge(traffic({ ...good, latencyMs: 20.4 }), {}, CALM.slice(0, 1), { thresholds: limits })
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons).toEqual([
      'http_reqs count > 5000 without a fault, 5 to 15 s: 800 of 800 samples',
      'http_req_duration avg < 5 ms without a fault, 5 to 15 s: 20 ms of 800 samples',
      'undecided: nonsense avg < 1: no stretch without a fault had samples enough',
    ])
    const broken = judge(traffic(good), { exitCode: 109 }, CALM.slice(0, 1), { thresholds: limits })
    expect(broken.reasons).toEqual(['k6 ended with 109: it crashed', ...judged.reasons.slice(0, 2)])
  })

  it('says what it was, and measures nothing else', () => {
    expect(judge(traffic(good), {}, CALM, { late: 3 })).toMatchObject({
      ...{ breakingPoint: null, recoveries: [], completion: null },
      notes: [
        'held at 100 users; its limits are judged where no fault was on: 5 to 15 s, 26 to 29 s, 40 to 50 s',
        'its served answers were not compared with the jobs of the system, whose list may be cut off by a fault',
        '3 samples came from k6 so late that they count to a later second',
      ],
    })
    expect(judge(traffic(good)).notes).toHaveLength(2)
  })

  it('does not compare limits of its own script, which k6 judges with the faults', () => {
    const summary = { metrics: { http_reqs: { count: 4_000 }, http_req_failed: { thresholds: { 'rate<0.01': true } } } }
    expect(judge(traffic(good), { exitCode: 99, summary }).verdict).toBe('passed')
  })

  it.each([0, 99, 105, 110])('may end with %i', (exitCode) => {
    expect(judge(traffic(good), { exitCode }).verdict).toBe('passed')
  })

  it.each([
    [103, 'k6 ended with 103: it was stopped through its REST API'],
    [137, 'k6 ended with 137: it was killed by signal 9'],
  ])('may not end with %i', (exitCode, reason) => {
    expect(judge(traffic(good), { exitCode })).toMatchObject({ verdict: 'error', reasons: [reason] })
  })

  it('is doubtful where its generator was at its own end in a calm stretch, and only there', () => {
    const drop = (second: number): Sample => ({ metric: 'dropped_iterations', atMs: second * 1_000, value: 1 })
    const doubtful = judge([...traffic(good), drop(7)])
    expect([doubtful.verdict, doubtful.reasons]).toEqual([
      'inconclusive',
      ['the generator was at its own end: 7 s to 8 s: iterations were dropped, as every user was waiting'],
    ])
    const beside = judge([...traffic(good), ...[16, 17, 18, 19].map(drop)])
    expect(beside).toMatchObject({ verdict: 'passed', reasons: [], generator: { saturated: true, droppedIterations: 4 } })
    const starved = judge(traffic(good), {}, CALM, {
      looks: [
        { atMs: 41_000, cpuUs: 0, machineIdle: null, machineStolen: null },
        { atMs: 43_000, cpuUs: 4_000_000, machineIdle: 0, machineStolen: null },
      ],
    })
    expect(starved.reasons).toEqual(['the generator was at its own end: 41 s to 43 s: k6 used over 80 % of the CPU'])
  })

  it.each([
    [{ exitCode: 109 }, 'k6 ended with 109: it crashed'],
    [{ summary: { metrics: { http_reqs: { count: 3_999, rate: 1 } } } }, 'k6 counted 3999 requests, and samples of 4000 arrived'],
  ])('is an error when k6 says %j', (change, reason) => {
    const judged = judge(traffic(good), change)
    expect([judged.verdict, judged.reasons]).toEqual(['error', [reason]])
  })

  it('is an error when nothing was sent', () => {
    expect(judge([])).toMatchObject({ verdict: 'error', reasons: ['not a single request was sent'] })
  })
})
