import { describe, expect, it } from 'vitest'
import { planOf } from '../plan/stages.ts'
import { parseK6Threshold, parseThreshold } from '../plan/threshold-grammar.ts'
import type { MetricType } from '../series/questions.ts'
import type { LimitResult } from './judgement.ts'
import { figureOf, judgeLimits, stretchesOf, withDefaults } from './limits.ts'
import { seriesOf, traffic, type Sample } from './series.fixture.ts'

/** Up to 100 users in 5.5 s, 10 s of them, up to 300 in 5 s, 10 s of these. */
const PLAN = planOf(
  [
    { durationMs: 5_500, target: 100 },
    { durationMs: 10_000, target: 100 },
    { durationMs: 5_000, target: 300 },
    { durationMs: 10_000, target: 300 },
  ],
  'users',
)

describe('the stretches that a limit holds in', () => {
  const spans = (gateTarget: number | null, seconds = 31): unknown[] =>
    stretchesOf(PLAN, gateTarget, seconds).map(({ scope, fromMs, toMs, target, gates }) => [scope, fromMs, toMs, target, gates])

  it('are the run and its holds, these from a second after their start on, in whole seconds', () => {
    expect(spans(null)).toEqual([
      ['run', 0, 31_000, null, true],
      ['hold', 7_000, 16_000, 100, true],
      ['hold', 22_000, 31_000, 300, true],
    ])
  })

  it('are the run up to the gate, and holds above it decide nothing', () => {
    expect(spans(100)).toEqual([
      ['run', 0, 16_000, null, true],
      ['hold', 7_000, 16_000, 100, true],
      ['hold', 22_000, 31_000, 300, false],
    ])
    expect(spans(99)[1]).toEqual(['hold', 7_000, 16_000, 100, false])
  })

  it('are the whole run where the gate is never passed', () => {
    expect(spans(300)[0]).toEqual(['run', 0, 31_000, null, true])
  })

  it('end with what was measured, and what has no length is none', () => {
    expect(spans(null, 12)).toEqual([
      ['run', 0, 12_000, null, true],
      ['hold', 7_000, 12_000, 100, true],
    ])
    expect(spans(100, 7)).toEqual([['run', 0, 7_000, null, true]])
  })
})

describe('what must hold though nobody limited it', () => {
  const texts = (limits: string[], metrics: readonly string[] = []): string[] =>
    withDefaults(
      limits.map((text) => parseThreshold(text, 'input')),
      { metrics: metrics.map((name) => ({ name, type: 'rate' })) },
    ).map(({ text, from }) => `${text} (${from})`)

  it('are few errors, and that there were requests', () => {
    expect(texts([])).toEqual(['http_req_failed rate < 1 % (default)', 'http_reqs count > 0 (default)'])
  })

  it("are the script's own errors, where it counts them", () => {
    expect(texts([], ['http_req_failed', 'errors'])[0]).toBe('errors rate < 1 % (default)')
    expect(texts([], ['http_req_failed'])[0]).toBe('http_req_failed rate < 1 % (default)')
  })

  it.each([['errors rate < 5 %'], ['http_req_failed rate < 5 %'], ['checks rate > 90 %']])(
    'are left to who limits errors: %s',
    (text) => {
      expect(texts([text])).toEqual([`${text} (input)`, 'http_reqs count > 0 (default)'])
    },
  )

  it('are what the script checks, unless somebody limits that', () => {
    expect(texts([], ['checks']).at(-1)).toBe('checks rate >= 99 % (default)')
    expect(texts(['errors rate < 1 %'], ['checks']).at(-1)).toBe('checks rate >= 99 % (default)')
    expect(texts(['checks rate > 50 %'], ['checks'])).toEqual(['checks rate > 50 % (input)', 'http_reqs count > 0 (default)'])
  })

  it('are of the sessions and calls of other protocols, where there were any', () => {
    const other = 'ws_and_grpc rate < 1 % (default)'
    expect(texts([], ['ws_and_grpc'])).toEqual([other])
    expect(texts([], ['ws_and_grpc', 'errors'])).toEqual(['errors rate < 1 % (default)'])
    const both = ['http_req_failed rate < 1 % (default)', other, 'http_reqs count > 0 (default)']
    expect(texts([], ['ws_and_grpc', 'http_reqs'])).toEqual(both)
    expect(texts([], ['ws_and_grpc', 'http_reqs', 'errors'])).toEqual(['errors rate < 1 % (default)', both.at(-1)])
    expect(texts(['http_req_failed rate < 5 %'], ['ws_and_grpc', 'http_reqs'])).toContain(other)
  })

  it.each(['errors rate < 5 %', 'ws_and_grpc rate < 5 %', 'checks rate > 90 %'])('are left to who limits those: %s', (text) => {
    expect(texts([text], ['ws_and_grpc'])).toEqual([`${text} (input)`])
    expect(texts([text], ['ws_and_grpc', 'http_reqs'])).toEqual([`${text} (input)`, 'http_reqs count > 0 (default)'])
  })

  it('are left to who limits requests', () => {
    expect(texts(['http_reqs rate > 5/s'])).toEqual(['http_reqs rate > 5/s (input)', 'http_req_failed rate < 1 % (default)'])
  })
})

it.each<[string, MetricType, number]>([
  ['x avg < 1', 'trend', 5],
  ['x min < 1', 'trend', 2],
  ['x max < 1', 'trend', 9],
  ['x med < 1', 'trend', 50],
  ['x p95 < 1', 'trend', 95],
  ['x count < 1', 'trend', 4],
  ['x rate < 1', 'rate', 0.75],
  ['x count < 1', 'rate', 4],
  ['x rate < 1', 'counter', 2],
  ['x count < 1', 'counter', 20],
  ['x value < 1', 'gauge', 7],
  ['x rate < 1', 'trend', Number.NaN],
  ['x avg < 1', 'counter', Number.NaN],
  ['x max < 1', 'gauge', Number.NaN],
])('%s of a %s is %d', (text, type, figure) => {
  const samples = { type, count: 4, sum: 20, min: 2, max: 9, nonZero: 3, last: 7, percentile: (percent: number) => percent }
  expect(figureOf(parseThreshold(text, 'input'), samples, 10)).toBe(figure)
})

function judged(text: string, samples: readonly Sample[], seconds = 0): LimitResult[] {
  const series = seriesOf(samples, seconds)
  return judgeLimits([parseThreshold(text, 'manifest')], stretchesOf(PLAN, null, series.seconds).slice(0, 1), series)()
}

describe('a Counter of the script that nobody added to', () => {
  const ofScript = (metric: string, expression: string, added: readonly Sample[] = []): LimitResult | undefined => {
    const series = seriesOf([...traffic({ fromMs: 0, toMs: 8_000, perSecond: 10, latencyMs: 5 }), ...added], 0)
    const limit = parseK6Threshold(metric, expression)
    return judgeLimits([limit], stretchesOf(PLAN, null, series.seconds).slice(0, 1), series)()[0]
  }

  it.each([
    ['wrong_answers', 'count<1', true],
    ['orders', 'count>0', false],
    ['orders', 'rate>3', false],
  ])('is 0: %s %s', (metric, expression, met) => {
    expect(ofScript(metric, expression)).toMatchObject({ observed: 0, samples: 0, met })
  })

  it.each([
    ['wrong_share', 'rate<0.5'],
    ['queue', 'avg<1'],
    ['ws_sessions', 'count<1'],
  ])('is not told from what has no samples: %s %s', (metric, expression) => {
    expect(ofScript(metric, expression)).toMatchObject({ observed: null, met: null })
  })

  it('is what was added to it where somebody did', () => {
    expect(ofScript('tasks', 'count>1', [{ metric: 'tasks', atMs: 0, value: 2 }])).toMatchObject({
      observed: 2,
      samples: 1,
      met: true,
    })
  })

  it('is one by the script alone: a name of ours may be a typo', () => {
    expect(judged('wrong_answrs count < 1', [])[0]).toMatchObject({ observed: null, met: null })
  })
})

describe('a limit over a stretch', () => {
  const steady = traffic({ fromMs: 0, toMs: 8_000, perSecond: 10, latencyMs: (index) => index + 1 })

  it('is told with what was seen', () => {
    expect(judged('http_req_duration p95 < 77 ms', steady)).toEqual([
      {
        ...{ text: 'http_req_duration p95 < 77 ms', metric: 'http_req_duration', filter: null, aggregate: 'p95' },
        ...{ operator: '<', limit: 77, unit: 'ms', from: 'manifest', scope: 'run', fromMs: 0, toMs: 8_000 },
        ...{ target: null, gates: true, observed: 76, samples: 80, neededSamples: 59, met: true },
      },
    ])
    expect(judged('http_req_duration p95 < 76 ms', steady)).toMatchObject([{ met: false }])
    expect(judged('http_req_duration{a:b} avg < 5 ms', steady)).toMatchObject([{ filter: '{a:b}', samples: 0, met: null }])
  })

  it('has the length of its stretch for a rate', () => {
    expect(judged('http_reqs rate > 10/s', steady)).toMatchObject([{ observed: 10, met: false }])
    expect(judged('http_reqs rate > 10/s', steady, 16)).toMatchObject([{ observed: 5 }, { scope: 'worst_10_s' }])
  })

  it('is undecided by fewer samples than it needs, by none, and of what its metric has not', () => {
    const of = (count: number): LimitResult | undefined => judged('http_req_duration p95 < 77 ms', steady.slice(0, count * 4))[0]
    expect(of(59)).toMatchObject({ samples: 59, met: true })
    expect(of(58)).toMatchObject({ samples: 58, met: null, observed: 56 })
    expect(judged('nonsense avg < 5 ms', steady)).toMatchObject([{ samples: 0, observed: null, met: null, neededSamples: 1 }])
    expect(judged('errors max < 5', [{ metric: 'errors', atMs: 0, value: 1 }])).toMatchObject([
      { samples: 1, observed: null, met: null },
    ])
  })
})

describe('the worst ten seconds of a limit', () => {
  /** 30 s; the requests of second n take n ms, those of second 12 a second. */
  const SLOW = traffic({ fromMs: 0, toMs: 30_000, perSecond: 10, latencyMs: (index) => Math.floor(index / 10) + 1 }).map(
    (sample) =>
      sample.metric === 'http_req_duration' && Math.floor(sample.atMs / 1_000) === 12 ? { ...sample, value: 1_000 } : sample,
  )
  const worst = (text: string, samples: readonly Sample[] = SLOW): LimitResult[] =>
    judged(text, samples).filter(({ scope }) => scope === 'worst_10_s')

  it('are those with the most of what must be little, and decide nothing', () => {
    expect(worst('http_req_duration avg < 1 s')).toMatchObject([{ fromMs: 12_000, toMs: 22_000, gates: false, target: null }])
    expect(worst('http_req_duration max <= 1 s')).toMatchObject([{ fromMs: 3_000, toMs: 13_000, observed: 1_000 }])
  })

  it('are those with the least of what must be much', () => {
    expect(worst('http_req_duration min > 1 ms')).toMatchObject([{ fromMs: 0, toMs: 10_000, observed: 1 }])
    expect(worst('http_req_duration avg >= 1 ms')).toMatchObject([{ fromMs: 0, observed: 5.5 }])
    const thin = SLOW.filter(({ atMs }, index) => atMs < 20_000 || Math.floor(index / 4) % 2 === 0)
    expect(worst('http_reqs rate > 1/s', thin)).toMatchObject([{ fromMs: 20_000, toMs: 30_000, observed: 5 }])
  })

  it.each(['http_reqs count > 1', 'vus value > 1', 'http_req_duration avg == 5', 'http_req_duration avg != 5'])(
    'are none of %s',
    (text) => {
      const vus: Sample[] = [{ metric: 'vus', atMs: 0, value: 5 }]
      expect(worst(text, [...SLOW, ...vus])).toEqual([])
    },
  )

  it('are only those that can be decided', () => {
    expect(worst('http_req_duration p99 < 1 s')).toEqual([])
    const few = SLOW.filter(({ atMs }, index) => atMs >= 15_000 || Math.floor(index / 4) % 10 === 0)
    expect(worst('http_req_duration p95 < 1 s', few)[0]?.fromMs).toBeGreaterThanOrEqual(10_000)
  })

  it('lie within the run, that ends at its gate', () => {
    const late = judgeLimits(
      [parseK6Threshold('http_req_duration', 'avg<5')],
      [{ scope: 'run', fromMs: 4_000, toMs: 16_000, target: null, gates: true }],
      seriesOf(traffic({ fromMs: 0, toMs: 30_000, perSecond: 10, latencyMs: (index) => (index < 60 ? 900 : index) })),
    )()
    expect(late.at(-1)).toMatchObject({ scope: 'worst_10_s', fromMs: 4_000, toMs: 14_000 })
    const early = judgeLimits(
      [parseK6Threshold('http_req_duration', 'avg<5')],
      [{ scope: 'run', fromMs: 0, toMs: 16_000, target: null, gates: true }],
      seriesOf(traffic({ fromMs: 0, toMs: 30_000, perSecond: 10, latencyMs: (index) => index })),
    )()
    expect(early.at(-1)).toMatchObject({ fromMs: 6_000, toMs: 16_000 })
  })

  it('keep no more of a long run than ten seconds of it', () => {
    const series = seriesOf(SLOW)
    const kept: number[] = []
    judgeLimits(
      [parseThreshold('http_req_duration avg < 1 s', 'input')],
      [{ scope: 'run', fromMs: 0, toMs: 30_000, target: null, gates: true }],
      { ...series, watch: (width) => kept.push(width) },
    )
    expect(kept).toEqual([10])
  })

  it('are none without a run', () => {
    expect(judgeLimits([parseThreshold('http_req_duration avg < 1 s', 'input')], [], seriesOf(SLOW))()).toEqual([])
  })
})
