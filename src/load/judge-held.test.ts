import { describe, expect, it } from 'vitest'
import type { K6Facts, LoadJudgement } from '../core/load-judgement.ts'
import { parseK6Threshold } from '../core/threshold.ts'
import { judgeHeld } from './judge-held.ts'
import { seriesOf, traffic, users } from './series.fixture.ts'
import type { Sample } from './series.fixture.ts'
import { planOf } from './stages.ts'

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

function judge(samples: readonly Sample[], change: Partial<K6Facts> = {}, stretches = CALM): LoadJudgement {
  const all = [...samples, ...users(0, 50_000, () => 100)]
  const count = all.filter(({ metric }) => metric === 'http_reqs').length
  const k6: K6Facts = {
    exitCode: 105,
    stopped: true,
    summary: { metrics: { http_reqs: { count, rate: 1 } } },
    log: '',
    ...change,
  }
  return judgeHeld({
    ...{ thresholds: LIMITS, stretches, plan: PLAN },
    ...{ series: seriesOf(all, 50), generators: [{ k6, looks: [], cores: 2 }] },
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

  it('fails for what it met without a fault', () => {
    const judged = judge(failing(42_000, 44_000))
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons).toEqual(['http_req_failed: rate<0.01 without a fault, 40 to 50 s: 20.00 % of 800 samples'])
  })

  it('is undecided where no calm stretch has samples enough', () => {
    const judged = judge(failing(15_000, 25_000), {}, [{ fromMs: 5_000, toMs: 7_500 }])
    expect([judged.verdict, judged.limits]).toEqual(['inconclusive', []])
    expect(judged.reasons[0]).toBe('undecided: http_req_failed: rate<0.01: no stretch without a fault had samples enough')
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
