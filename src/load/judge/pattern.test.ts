import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/json.ts'
import { planOf } from '../plan/stages.ts'
import { parseK6Threshold, parseThreshold } from '../plan/threshold-grammar.ts'
import type { LoadEvidence, LoadJudgement } from './judgement.ts'
import type { GeneratorLook, K6Facts } from './generator-facts.ts'
import { judgeLoad } from './pattern.ts'
import { seriesOf, traffic, users, type Sample, type Traffic } from './series.fixture.ts'

/** 5 s up to 100 users, 20 s of them, 5 s down. */
const STAGES = [
  { durationMs: 5_000, target: 100 },
  { durationMs: 20_000, target: 100 },
  { durationMs: 5_000, target: 0 },
]
const PLAN = planOf(STAGES, 'users')
const LIMITS = [
  parseK6Threshold('http_req_failed', 'rate<0.01'),
  parseK6Threshold('http_req_duration', 'p(95)<500'),
  parseK6Threshold('http_req_duration', 'p(99)<1000'),
]
const USERS = users(0, 30_000, (ms) => (ms < 5_000 ? ms / 50 : ms < 25_000 ? 100 : (30_000 - ms) / 50))
const steady: Traffic = { fromMs: 0, toMs: 30_000, perSecond: 80, latencyMs: (index) => 20 + (index % 20) }

function k6Of(samples: readonly Sample[], change: Partial<K6Facts> = {}): K6Facts {
  const count = samples.filter(({ metric }) => metric === 'http_reqs').length
  return { exitCode: 0, stopped: false, summary: { metrics: { http_reqs: { count, rate: 1 } } }, log: '', ...change }
}

function judge(
  samples: readonly Sample[],
  { looks = [], ...change }: Partial<LoadEvidence> & { looks?: readonly GeneratorLook[] } = {},
  k6: Partial<K6Facts> = {},
): LoadJudgement {
  return judgeLoad({
    ...{ plan: PLAN, gateTarget: null, measure: [], thresholds: LIMITS, completion: null, calm: null },
    ...{ series: seriesOf(samples, 30), generators: [{ k6: k6Of(samples, k6), looks, cores: 2 }], ...change },
  })()
}

const healthy = [...traffic(steady), ...USERS]
const dead = [...traffic({ ...steady, latencyMs: 0, failure: () => 'error 1212' }), ...USERS]
const part = (failure: (index: number) => string | null): Sample[] => [...traffic({ ...steady, failure }), ...USERS]

describe('a healthy system', () => {
  const judged = judge(healthy)

  it('passes, each limit decided over the run and the hold', () => {
    expect([judged.verdict, judged.reasons]).toEqual(['passed', []])
    expect(judged.limits.filter(({ gates }) => gates).map(({ text, scope, met }) => `${text} ${scope} ${String(met)}`)).toEqual([
      'http_req_failed: rate<0.01 run true',
      'http_req_failed: rate<0.01 hold true',
      'http_req_duration: p(95)<500 run true',
      'http_req_duration: p(95)<500 hold true',
      'http_req_duration: p(99)<1000 run true',
      'http_req_duration: p(99)<1000 hold true',
      'http_reqs count > 0 run true',
      'http_reqs count > 0 hold true',
    ])
    expect(judged.limits.find(({ scope }) => scope === 'hold')).toMatchObject({ fromMs: 6_000, toMs: 25_000, target: 100 })
  })

  it('has its figures', () => {
    expect(judged.figures).toMatchObject({ users: 100, requests: 2_400, rps: 80, errorRate: 0, p95Ms: 38, errors: {} })
    expect(judged.figures.outcomes).toMatchObject({ rejected: 0, failed: 0 })
  })
})

it('what setup() and teardown() sent is told, and no limit of k6 that counts it is held against ours', () => {
  const series = { ...seriesOf(healthy, 30), outside: 3 }
  const crossed = { 'rate<0.01': true }
  const summary = { metrics: { http_reqs: { count: 2_403 }, http_req_failed: { thresholds: crossed } } }
  const judged = judge(healthy, { series }, { exitCode: 99, summary })
  expect([judged.verdict, judged.reasons]).toEqual(['passed', []])
  expect(judged.notes).toEqual([
    'requests of setup() and teardown(), which are part of no hold, and of no limit but their own: 3',
  ])
})

describe('a limit of what setup() or teardown() did', () => {
  const ofSetup = parseK6Threshold('http_req_failed{group:::setup}', 'rate<0.01')
  const said = (figures: Json, thresholds = [...LIMITS, ofSetup], change: Partial<LoadEvidence> = {}): LoadJudgement => {
    const metrics = { http_reqs: { count: 2_400 }, 'http_req_failed{group:::setup}': figures }
    return judge(healthy, { thresholds, ...change }, { summary: { metrics } })
  }

  it('has its verdict of k6', () => {
    const kept = said({ value: 0, thresholds: { 'rate<0.01': false } })
    expect([kept.verdict, kept.reasons]).toEqual(['passed', []])
    expect(kept.limits.at(-1)).toMatchObject({ scope: 'setup', observed: 0, met: true })
    const crossed = said({ value: 0.5, thresholds: { 'rate<0.01': true } })
    expect(crossed.reasons).toEqual(['http_req_failed{group:::setup}: rate<0.01 in setup(), as k6 says: 50.00 %'])
    expect(crossed.verdict).toBe('failed')
    expect(said({ thresholds: { 'rate<0.01': true } }).reasons).toEqual([
      'http_req_failed{group:::setup}: rate<0.01 in setup(), as k6 says: crossed',
    ])
  })

  it('is of teardown() as well', () => {
    const metrics = {
      http_reqs: { count: 2_400 },
      'http_req_duration{group:::teardown}': { avg: 812.4, thresholds: { 'avg<500': true } },
    }
    const thresholds = [...LIMITS, parseK6Threshold('http_req_duration{group:::teardown}', 'avg<500')]
    expect(judge(healthy, { thresholds }, { summary: { metrics } }).reasons).toEqual([
      'http_req_duration{group:::teardown}: avg<500 in teardown(), as k6 says: 812 ms',
    ])
  })

  it('is undecided where k6 says nothing of it, and limits nothing of the load', () => {
    const judged = said({}, [ofSetup])
    expect([judged.verdict, judged.reasons]).toEqual([
      'inconclusive',
      ['undecided: http_req_failed{group:::setup}: rate<0.01: k6 says nothing of it'],
    ])
    expect(judged.limits.map(({ text, scope }) => `${text} ${scope}`)).toContain('http_req_failed rate < 1 % run')
  })

  it('is no matter of stretches, where a load was held', () => {
    const calm = [{ fromMs: 6_000, toMs: 24_000 }]
    const judged = said({ value: 0, thresholds: { 'rate<0.01': false } }, [...LIMITS, ofSetup], { calm })
    expect([judged.verdict, judged.reasons]).toEqual(['passed', []])
  })
})

describe('what must never be green', () => {
  it('a dead server, whose p95 is 0', () => {
    const judged = judge(dead)
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons[0]).toBe('http_req_failed: rate<0.01 from 0 s to 30 s: 100.00 % of 2400 samples')
  })

  it('a script that throws before it asks anything', () => {
    const judged = judge([...USERS, { metric: 'iterations', atMs: 100, value: 1 }])
    expect([judged.verdict, judged.reasons]).toEqual(['error', ['not a single request was sent']])
  })

  it('a script that never comes to its end', () => {
    const judged = judge(healthy.filter(({ metric }) => metric !== 'iterations'))
    expect([judged.verdict, judged.reasons]).toEqual(['error', ['not a single iteration of the script came to its end']])
  })

  it.each([
    [{ exitCode: 255 }, /^k6 ended with 255: the script was not found/],
    [{ exitCode: 107, log: 'ReferenceError: x' }, /the script threw in teardown\(\); it said: ReferenceError: x/],
    [{ exitCode: 104 }, /its options are not valid/],
    [{ exitCode: 105, stopped: true }, /^the run was cut short: k6 ended with 105/],
    [{ exitCode: 0, stopped: true }, /^the run was cut short/],
    [{ exitCode: 137 }, /killed by signal 9/],
    [{ exitCode: 0, summary: null }, /left no summary/],
  ] as const)('an end like %j', (k6, message) => {
    const judged = judge(healthy, {}, k6)
    expect(judged.verdict).toBe('error')
    expect(judged.reasons[0]).toMatch(message)
  })

  it('a script that throws in its iterations, unless somebody limits that', () => {
    const threw = (count: number): Sample[] =>
      Array.from({ length: count }, (_, index) => ({ metric: 'script_exceptions', atMs: index * 10, value: 1 }))
    expect(judge([...healthy, ...threw(24)]).verdict).toBe('passed')
    const judged = judge([...healthy, ...threw(25)])
    expect([judged.verdict, judged.reasons]).toEqual(['failed', ['the script threw in 25 of 2400 iterations: k6.log says what']])
    const limited = (text: string): LoadJudgement =>
      judge([...healthy, ...threw(25)], { thresholds: [...LIMITS, parseThreshold(text, 'manifest')] })
    expect(limited('script_exceptions count < 30').verdict).toBe('passed')
    expect(limited('script_exceptions count < 20').verdict).toBe('failed')
    // Where iterations are interrupted they are not counted, though they threw.
    const none = healthy.filter(({ metric, atMs }) => metric !== 'iterations' || atMs === 0)
    expect(judge([...none, ...threw(3)]).reasons).toEqual(['the script threw in 3 of 3 iterations: k6.log says what'])
  })

  it('a load that a limit of the script has ended', () => {
    const samples = part((index) => (index % 2 === 0 ? '503' : null)).filter(({ atMs }) => atMs < 8_000)
    const count = samples.filter(({ metric }) => metric === 'http_reqs').length
    const summary = { metrics: { http_reqs: { count }, http_req_failed: { thresholds: { 'rate<0.01': true } } } }
    const judged = judge(samples, { series: seriesOf(samples) }, { exitCode: 99, summary })
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons).toContain(
      'http_req_failed: rate<0.01 was crossed, and the script ends its load then (abortOnFail): 8 s of 30 s were measured',
    )
  })

  it('calls of gRPC that fail, whatever HTTP does', () => {
    const calls = (failed: number): Sample[] =>
      Array.from({ length: 100 }, (_, index) => ({ metric: 'ws_and_grpc', atMs: index * 300, value: index < failed ? 1 : 0 }))
    const iterations: Sample[] = [{ metric: 'iterations', atMs: 29_900, value: 1 }]
    const only = judge([...USERS, ...iterations, ...calls(2)], { thresholds: [] }, { summary: {} })
    expect(only.verdict).toBe('failed')
    expect(only.reasons[0]).toBe('ws_and_grpc rate < 1 % from 0 s to 30 s: 2.00 % of 100 samples')
    expect(judge([...healthy, ...calls(2)]).verdict).toBe('failed')
    // As many as there are requests of HTTP.
    const asMany = [...traffic({ ...steady, perSecond: 10 }), ...calls(0), ...calls(0), ...calls(0), ...USERS]
    expect(judge(asMany, { thresholds: [] }).reasons).toEqual([])
    const good = judge([...USERS, ...iterations, ...calls(0)], { thresholds: [] }, { summary: {} })
    expect([good.verdict, good.figures.requests, good.figures.errorRate]).toEqual(['passed', 100, 0])
  })

  it('a run that is shorter than its plan', () => {
    const samples = healthy.filter(({ atMs }) => atMs < 20_000)
    const judged = judge(samples, { series: seriesOf(samples) })
    expect([judged.verdict, judged.reasons]).toEqual(['error', ['the run was cut short: 20 s of 30 s were measured']])
  })

  it('a run of which samples were lost', () => {
    const judged = judge(healthy, {
      series: seriesOf(
        healthy.filter((_, index) => index !== 4),
        30,
      ),
    })
    expect([judged.verdict, judged.reasons]).toEqual(['error', ['k6 counted 2400 requests, and samples of 2399 arrived']])
  })

  it('a limit that k6 saw crossed and we did not', () => {
    const metrics = {
      http_reqs: { count: 2_400 },
      http_req_duration: { 'p(95)': 700, thresholds: { 'p(95)<500': true, 'p(99)<1000': false } },
    }
    const judged = judge(healthy, {}, { exitCode: 99, summary: { metrics } })
    expect(judged.verdict).toBe('error')
    expect(judged.reasons).toEqual(['http_req_duration: p(95)<500: k6 says crossed, and we see 38'])
  })

  it('a limit of a metric that nobody measured', () => {
    const judged = judge(healthy, { thresholds: [...LIMITS, parseThreshold('nonsense p95 < 1 s', 'input')] })
    expect(judged.verdict).toBe('inconclusive')
    expect(judged.reasons[0]).toBe('undecided: nonsense p95 < 1 s from 0 s to 30 s: 0 samples, 59 are needed')
  })

  it('a percentile of too few samples', () => {
    const judged = judge([...traffic({ ...steady, perSecond: 8 }), ...USERS])
    expect(judged.verdict).toBe('inconclusive')
    expect(judged.reasons).toEqual([
      'undecided: http_req_duration: p(99)<1000 from 0 s to 30 s: 240 samples, 299 are needed',
      'undecided: http_req_duration: p(99)<1000 in the hold at 100, 6 s to 25 s: 152 samples, 299 are needed',
    ])
  })

  it('an error in the body of a 200', () => {
    const own = healthy
      .filter(({ metric }) => metric === 'http_reqs')
      .map(({ atMs }, index): Sample => ({ metric: 'errors', atMs, value: index % 20 === 0 ? 1 : 0 }))
    const tasks = own.map(({ atMs, value }): Sample => ({
      metric: 'tasks',
      atMs,
      value: 1,
      tags: { outcome: value === 1 ? 'failed' : 'served' },
    }))
    const judged = judge([...healthy, ...own, ...tasks], { thresholds: [parseK6Threshold('errors', 'rate<0.01')] })
    expect([judged.verdict, judged.figures.errors]).toEqual(['failed', { 'wrong answer': 120 }])
  })

  it('served answers of jobs that nobody did', () => {
    const judged = judge(healthy, { completion: { served: 2_400, unknown: 2, examples: ['a', 'b'], unclaimed: 0 } })
    expect([judged.verdict, judged.reasons]).toEqual([
      'failed',
      ['2 of 2400 served answers are of jobs that the system never completed: a, b'],
    ])
  })

  it('errors that no limit speaks of', () => {
    const judged = judge(
      part((index) => (index % 50 === 0 ? '500' : null)),
      { thresholds: [LIMITS[1] ?? expect.fail()] },
    )
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons[0]).toBe('http_req_failed rate < 1 % from 0 s to 30 s: 2.00 % of 2400 samples')
  })

  it('a slow tail in the hold alone', () => {
    const late = traffic({ fromMs: 5_000, toMs: 25_000, perSecond: 2, latencyMs: 3_000 })
    const judged = judge([...healthy, ...late])
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons).toEqual([
      'http_req_duration: p(99)<1000 from 0 s to 30 s: 3000 ms of 2440 samples',
      'http_req_duration: p(99)<1000 in the hold at 100, 6 s to 25 s: 3000 ms of 1558 samples',
    ])
  })
})

describe('a gate', () => {
  const stages = [
    { durationMs: 10_000, target: 100 },
    { durationMs: 10_000, target: 100 },
    { durationMs: 10_000, target: 500 },
  ]
  const stress = { plan: planOf(stages, 'users'), gateTarget: 100, measure: ['breaking_point'] as const }
  const usersAt = (ms: number): number => (ms < 10_000 ? ms / 100 : ms < 20_000 ? 100 : 100 + (ms - 20_000) / 25)
  const climb = users(0, 30_000, usersAt)
  /** As many answers as there are users. */
  const growing = (fromMs: number, toMs: number, latencyMs: number): Sample[] =>
    Array.from({ length: (toMs - fromMs) / 1_000 }, (_, index) => fromMs + index * 1_000).flatMap((ms) =>
      traffic({ fromMs: ms, toMs: ms + 1_000, perSecond: Math.max(1, Math.round(usersAt(ms + 500))), latencyMs }),
    )
  const below = growing(0, 24_000, 30)

  it('decides up to it; what breaks above is a measurement', () => {
    const judged = judge([...below, ...growing(24_000, 30_000, 2_900), ...climb], stress)
    expect([judged.verdict, judged.reasons]).toEqual(['passed', []])
    expect(judged.breakingPoint).toMatchObject({ reason: 'latency', users: 260, atMs: 24_000, generatorSaturated: false })
    expect(judged.limits.find(({ scope }) => scope === 'run')).toMatchObject({ fromMs: 0, toMs: 20_000 })
  })

  it('has the users of the last second that k6 told of any', () => {
    const quiet = climb.filter(({ atMs }) => atMs < 23_000 || atMs >= 25_000)
    const judged = judge([...below, ...growing(24_000, 30_000, 2_900), ...quiet], stress)
    expect(judged.breakingPoint).toMatchObject({ atMs: 24_000, users: 180 })
  })

  it('fails what breaks below', () => {
    const judged = judge([...growing(0, 8_000, 30), ...growing(8_000, 30_000, 900), ...climb], stress)
    expect(judged.verdict).toBe('failed')
    expect(judged.breakingPoint).toMatchObject({ reason: 'latency', atMs: 8_000, users: 80 })
  })

  it('says so when nothing broke', () => {
    const judged = judge([...growing(0, 30_000, 30), ...climb], stress)
    expect([judged.verdict, judged.breakingPoint, judged.notes]).toEqual([
      'passed',
      null,
      ['it did not break up to the highest stage'],
    ])
  })

  it('knows the knee: more users, and no more answers', () => {
    const slower = traffic({ fromMs: 20_000, toMs: 30_000, perSecond: 101, latencyMs: 300 })
    const judged = judge([...growing(0, 20_000, 30), ...slower, ...climb], stress)
    expect(judged.breakingPoint).toMatchObject({ reason: 'throughput_knee' })
    expect(judged.breakingPoint?.users).toBeGreaterThan(110)
  })

  it('knows errors, and that the generator was at its end by then', () => {
    const errors = traffic({
      fromMs: 24_000,
      toMs: 30_000,
      perSecond: 300,
      latencyMs: 5,
      failure: (index) => (index % 2 === 0 ? '503' : 'error 1213'),
    })
    const judged = judge([...below, ...errors, ...climb], stress)
    expect(judged).toMatchObject({
      verdict: 'passed',
      breakingPoint: { reason: 'errors', atMs: 24_000, generatorSaturated: true },
    })
  })
})

describe('a crowd that leaves', () => {
  const stages = [
    { durationMs: 10_000, target: 10 },
    { durationMs: 0, target: 200 },
    { durationMs: 8_000, target: 200 },
    { durationMs: 0, target: 10 },
    { durationMs: 12_000, target: 10 },
  ]
  const spikes = { plan: planOf(stages, 'users'), measure: ['spike_recovery'] as const, thresholds: LIMITS.slice(0, 2) }
  const run = (afterMs: number): Sample[] => [
    ...traffic({ fromMs: 0, toMs: 18_000, perSecond: 80, latencyMs: 40 }),
    ...traffic({ fromMs: 18_000, toMs: 18_000 + afterMs, perSecond: 30, latencyMs: 900 }),
    ...traffic({ fromMs: 18_000 + afterMs, toMs: 30_000, perSecond: 30, latencyMs: 40 }),
  ]

  it('is forgotten after a while', () => {
    const judged = judge(run(2_000), spikes)
    expect(judged.recoveries).toMatchObject([{ atMs: 18_000, fromTarget: 200, toTarget: 10, afterMs: 2_000, limitMs: 12_000 }])
    expect(judge(run(0), spikes)).toMatchObject({ verdict: 'passed', recoveries: [{ afterMs: 0 }] })
  })

  it('is a failure when the system never comes back', () => {
    const judged = judge(run(12_000), spikes)
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons).toContain('not as before within 12 s after the crowd had left (200 → 10): p95 900 ms, 0.0 % errors')
  })

  it('is a failure when nobody can say', () => {
    const judged = judge(traffic({ fromMs: 0, toMs: 18_000, perSecond: 80, latencyMs: 40 }).concat(USERS), spikes)
    expect(judged.verdict).toBe('failed')
    expect(judged.reasons.join()).toContain('too few requests to say')
  })
})

describe('the generator', () => {
  const looks = (cores: number): GeneratorLook[] =>
    Array.from({ length: 31 }, (_, second) => ({
      atMs: second * 1_000,
      cpuUs: second * cores * 1_000_000,
      machineIdle: 0.01,
      machineStolen: null,
    }))

  it('is not blamed for a machine that the system keeps busy', () => {
    const judged = judge(healthy, { looks: looks(0.5) })
    expect([judged.verdict, judged.generator]).toEqual([
      'passed',
      { cpuPercent: 50, machinePercent: 99, stolenPercent: null, droppedIterations: 0, saturated: false, reasons: [] },
    ])
  })

  it('says beside what was missed what the host of its machine took', () => {
    const stolen = looks(0.5).map((look) => ({ ...look, machineStolen: 0.3 }))
    expect(judge(healthy, { looks: stolen })).toMatchObject({ verdict: 'passed', reasons: [] })
    const judged = judge(healthy, { looks: looks(1.9).map((look) => ({ ...look, machineStolen: 0.3 })) })
    expect(judged.reasons.at(-1)).toContain('the host gave 30 % of the CPU time')
  })

  it('makes everything doubtful when it was at its own end', () => {
    const judged = judge(healthy, { looks: looks(1.9) })
    expect([judged.verdict, judged.reasons]).toEqual([
      'inconclusive',
      ['the generator was at its own end: 0 s to 30 s: k6 used over 80 % of the CPU'],
    ])
  })

  it('excuses late answers, and no errors that the system gave', () => {
    const slow = [...traffic({ ...steady, latencyMs: 2_000 }), ...USERS]
    expect(judge(slow, { looks: looks(1.9) }).verdict).toBe('inconclusive')
    expect(judge(slow).verdict).toBe('failed')
    expect(
      judge(
        part((index) => (index % 10 === 0 ? '503' : null)),
        { looks: looks(1.9) },
      ).verdict,
    ).toBe('failed')
  })

  it('excuses connections that it could not begin', () => {
    const judged = judge(part((index) => (index % 10 === 0 ? 'error 1213' : null)))
    expect(judged.verdict).toBe('inconclusive')
    expect(judged.reasons.join()).toContain('for want of ports or descriptors')
  })

  it('casts doubt on limits that were kept while it dropped iterations, and not on those that were missed', () => {
    const drops = Array.from({ length: 10 }, (_, second): Sample => ({
      metric: 'dropped_iterations',
      atMs: second * 1_000,
      value: 3,
    }))
    expect(judge([...healthy, ...drops])).toMatchObject({ verdict: 'inconclusive', generator: { droppedIterations: 30 } })
    expect(judge([...traffic({ ...steady, latencyMs: 2_000 }), ...USERS, ...drops]).verdict).toBe('failed')
  })

  it('may be at its end for a moment', () => {
    const drop: Sample = { metric: 'dropped_iterations', atMs: 9_000, value: 1 }
    expect(judge([...healthy, drop])).toMatchObject({ verdict: 'passed', generator: { saturated: true } })
  })
})
