/** What a verdict on a load says of why, and where each of its limits lies. */
import { describe, expect, it } from 'vitest'
import { planOf } from '../plan/stages.ts'
import { parseK6Threshold, parseThreshold } from '../plan/threshold-grammar.ts'
import type { LoadEvidence, LoadJudgement } from './judgement.ts'
import type { K6Facts } from './generator-facts.ts'
import { judgeLoad } from './pattern.ts'
import { seriesOf, traffic, type Sample, type Traffic } from './series.fixture.ts'

const PLAN = planOf(
  [
    { durationMs: 5_000, target: 100 },
    { durationMs: 20_000, target: 100 },
    { durationMs: 5_000, target: 300 },
  ],
  'users',
)
const steady: Traffic = { fromMs: 0, toMs: 30_000, perSecond: 20, latencyMs: 40 }
const HEALTHY = traffic(steady)

function k6Of(samples: readonly Sample[], change: Partial<K6Facts> = {}): K6Facts {
  const count = samples.filter(({ metric }) => metric === 'http_reqs').length
  return { exitCode: 0, stopped: false, summary: { metrics: { http_reqs: { count } } }, log: '', ...change }
}

function judge(samples: readonly Sample[], change: Partial<LoadEvidence> = {}, k6: Partial<K6Facts> = {}): LoadJudgement {
  return judgeLoad({
    ...{ plan: PLAN, gateTarget: null, measure: [], thresholds: [], completion: null, calm: null },
    ...{ series: seriesOf(samples, 30), generators: [{ k6: k6Of(samples, k6), looks: [], cores: 2 }], ...change },
  })()
}

describe('the end of k6', () => {
  const reasons = (k6: Partial<K6Facts>): readonly string[] => judge(HEALTHY, {}, k6).reasons

  it('is told with its log, the last 500 characters of it', () => {
    expect(reasons({ exitCode: 109, log: ' \n ' })).toEqual(['k6 ended with 109: it crashed'])
    expect(reasons({ exitCode: 109, log: ' panic\n' })).toEqual(['k6 ended with 109: it crashed; it said: panic'])
    expect(reasons({ exitCode: 109, log: `a${'b'.repeat(500)}\n` })).toEqual([
      `k6 ended with 109: it crashed; it said: ${'b'.repeat(500)}`,
    ])
  })

  it.each<[string, Partial<K6Facts>, string]>([
    [
      'what cut it',
      { exitCode: 108, log: 'x' },
      'the run was cut short: k6 ended with 108: the script ended it by test.abort(); it said: x',
    ],
    ['that we did', { stopped: true }, 'the run was cut short: k6 ended with 0: it came to its end'],
    ['that it left no summary', { summary: null }, 'k6 ended with 0 and left no summary'],
  ])('says %s', (_what, k6, reason) => {
    expect(judge(HEALTHY, {}, k6)).toMatchObject({ verdict: 'error', reasons: [reason] })
  })

  it('is that of each generator', () => {
    const ends = [{}, { exitCode: 104 }, { exitCode: 137 }].map((k6) => ({ k6: k6Of(HEALTHY, k6), looks: [], cores: 1 }))
    expect(judge(HEALTHY, { generators: ends }).reasons).toEqual([
      'k6 ended with 104: its options are not valid',
      'the run was cut short: k6 ended with 137: it was killed by signal 9',
    ])
  })

  it('may be a breach: ours decide', () => {
    expect(judge(HEALTHY, {}, { exitCode: 99 }).verdict).toBe('passed')
  })
})

describe('a run is cut short', () => {
  const verdictAt = (measured: number, plan = PLAN): string => {
    const samples = traffic({ ...steady, toMs: measured * 1_000 })
    return judge(samples, { plan, series: seriesOf(samples) }).verdict
  }
  const long = planOf([{ durationMs: 100_000, target: 100 }], 'users')

  it('by more than three seconds', () => {
    expect([verdictAt(27), verdictAt(26)]).toEqual(['passed', 'error'])
  })

  it('by more than a twentieth of a long one', () => {
    expect([verdictAt(95, long), verdictAt(94, long)]).toEqual(['passed', 'error'])
  })

  it('never, where its iterations end it', () => {
    expect(verdictAt(10, planOf([{ durationMs: 100_000, target: 100 }], 'users', false))).toBe('passed')
  })

  it('in words of a tenth of a second', () => {
    const plan = planOf([{ durationMs: 31_260, target: 100 }], 'users')
    const samples = traffic({ ...steady, toMs: 20_000 })
    expect(judge(samples, { plan, series: seriesOf(samples) }).reasons).toEqual([
      'the run was cut short: 20 s of 31.3 s were measured',
    ])
  })
})

describe('a limit that was missed', () => {
  const missed = (text: string, samples = HEALTHY): readonly string[] =>
    judge(samples, { thresholds: [parseThreshold(text, 'input')] }).reasons

  it('is told in its unit', () => {
    expect(missed('http_req_duration avg < 3.5 ms')[0]).toBe(
      'http_req_duration avg < 3.5 ms from 0 s to 30 s: 40 ms of 600 samples',
    )
    expect(missed('http_req_failed rate > 1 %')[0]).toBe('http_req_failed rate > 1 % from 0 s to 30 s: 0.00 % of 600 samples')
    expect(missed('http_reqs rate > 500/s')[0]).toBe('http_reqs rate > 500/s from 0 s to 30 s: 20/s of 600 samples')
    expect(missed('http_reqs count > 5000')[0]).toBe('http_reqs count > 5000 from 0 s to 30 s: 600 of 600 samples')
    const odd = Array.from({ length: 60 }, (_, index): Sample => ({ metric: 'queue', atMs: index * 500, value: 1.2345 }))
    expect(missed('queue avg > 5', [...HEALTHY, ...odd])[0]).toBe('queue avg > 5 from 0 s to 30 s: 1.23 of 60 samples')
  })

  it('in a hold is told with its users', () => {
    const plan = planOf(
      [
        { durationMs: 5_000, target: 99.6 },
        { durationMs: 20_000, target: 99.6 },
      ],
      'iterations/s',
    )
    const { reasons } = judge(traffic({ ...steady, latencyMs: 700 }), {
      plan,
      thresholds: [parseThreshold('http_req_duration max < 1 ms', 'input')],
    })
    expect(reasons[1]).toBe('http_req_duration max < 1 ms in the hold at 100, 6 s to 25 s: 700 ms of 380 samples')
  })

  it('above the gate misses nothing', () => {
    const slow = [...traffic({ ...steady, toMs: 25_000 }), ...traffic({ ...steady, fromMs: 25_000, latencyMs: 2_000 })]
    const limits = { thresholds: [parseThreshold('http_req_duration max < 1 s', 'input')] }
    const plan = planOf([...PLAN.stages, { durationMs: 5_000, target: 300 }], 'users')
    const late = [...slow, ...traffic({ ...steady, fromMs: 30_000, toMs: 35_000, latencyMs: 2_000 })]
    expect(judge(late, { ...limits, plan, gateTarget: 100 })).toMatchObject({ verdict: 'passed', reasons: [] })
    expect(judge(late, { ...limits, plan }).verdict).toBe('failed')
  })

  it('is told beside what else is doubtful, and beside an error', () => {
    const thresholds = [parseK6Threshold('http_req_duration', 'max<30'), parseThreshold('nonsense max < 1', 'input')]
    const missing = 'http_req_duration: max<30 from 0 s to 30 s: 40 ms of 600 samples'
    const failed = judge(HEALTHY, { thresholds })
    expect(failed.verdict).toBe('failed')
    expect(failed.reasons).toEqual([
      missing,
      'http_req_duration: max<30 in the hold at 100, 6 s to 25 s: 40 ms of 380 samples',
      'undecided: nonsense max < 1 from 0 s to 30 s: 0 samples, 1 are needed',
      'undecided: nonsense max < 1 in the hold at 100, 6 s to 25 s: 0 samples, 1 are needed',
    ])
    const broken = judge(HEALTHY, { thresholds }, { summary: null })
    expect(broken.verdict).toBe('error')
    expect(broken.reasons).toEqual(['k6 ended with 0 and left no summary', ...failed.reasons.slice(0, 2)])
  })
})

describe('a generator at its own end', () => {
  /** All cores of its machine, all the time. */
  const generators = (samples: readonly Sample[]): LoadEvidence['generators'] => {
    const looks = Array.from({ length: 31 }, (_, second) => ({
      atMs: second * 1_000,
      cpuUs: second * 2_000_000,
      machineIdle: null,
      machineStolen: null,
    }))
    return [{ k6: k6Of(samples), looks, cores: 2 }]
  }
  const verdict = (samples: readonly Sample[], limit: string): string =>
    judge(samples, { thresholds: [parseThreshold(limit, 'input')], generators: generators(samples) }).verdict
  /** Of 20 requests so many end with the system's own word, and so many with none. */
  const failing = (answered: number, unanswered: number): Sample[] =>
    traffic({
      ...steady,
      failure: (index) => (index % 20 < answered ? '503' : index % 20 < answered + unanswered ? 'error 1050' : null),
    })

  it('excuses errors of which at most half are answers', () => {
    expect(verdict(failing(1, 1), 'http_req_failed rate < 1 %')).toBe('inconclusive')
    expect(verdict(failing(2, 1), 'http_req_failed rate < 1 %')).toBe('failed')
    expect(verdict(failing(0, 2), 'http_req_failed rate < 1 %')).toBe('inconclusive')
  })

  it('excuses what is late, whatever the errors', () => {
    expect(verdict(failing(3, 0), 'http_req_duration max < 30 ms')).toBe('failed')
    const late = judge(failing(3, 0), {
      thresholds: [parseThreshold('http_req_duration max < 30 ms', 'input'), parseThreshold('errors rate < 50 %', 'input')],
      generators: generators(failing(3, 0)),
    })
    expect(late.verdict).toBe('inconclusive')
  })

  it('excuses no answers of a hold by what was never answered before it', () => {
    const failure = (index: number): string | null =>
      index < 100 ? 'error 1050' : index >= 120 && index % 20 === 0 ? '503' : null
    const samples = traffic({ ...steady, failure })
    const thresholds = [parseThreshold('http_req_failed rate < 1 %', 'input')]
    const { verdict: found, reasons } = judge(samples, { thresholds, generators: generators(samples) })
    expect(found).toBe('failed')
    expect(reasons).toEqual([
      'http_req_failed rate < 1 % in the hold at 100, 6 s to 25 s: 5.00 % of 380 samples',
      'the generator was at its own end: 0 s to 30 s: k6 used over 80 % of the CPU',
    ])
  })

  it('counts up to the gate alone', () => {
    const drops = [25, 26, 27, 28].map((second): Sample => ({ metric: 'dropped_iterations', atMs: second * 1_000, value: 1 }))
    expect(judge([...HEALTHY, ...drops], { gateTarget: 100 })).toMatchObject({
      verdict: 'passed',
      generator: { saturated: true },
    })
    expect(judge([...HEALTHY, ...drops]).verdict).toBe('inconclusive')
    expect(judge([...HEALTHY, ...drops], { gateTarget: 300 }).verdict).toBe('inconclusive')
  })

  it('counts together, starved or dropping', () => {
    const three: Sample[] = [
      { metric: 'dropped_iterations', atMs: 9_000, value: 1 },
      ...traffic({ fromMs: 10_000, toMs: 11_000, perSecond: 1, latencyMs: 1, failure: () => 'error 1213' }),
      { metric: 'dropped_iterations', atMs: 11_000, value: 1 },
    ]
    const samples = [...HEALTHY, ...three]
    const { verdict: found, reasons } = judge(samples)
    expect(found).toBe('inconclusive')
    expect(reasons).toEqual([
      'the generator was at its own end: 9 s to 10 s: iterations were dropped, as every user was waiting',
      'the generator was at its own end: 10 s to 11 s: connections could not be begun for want of ports or descriptors',
      'the generator was at its own end: 11 s to 12 s: iterations were dropped, as every user was waiting',
    ])
  })
})

describe('beside its limits a load', () => {
  it('misses no job where the system completed each', () => {
    const completion = { served: 5, unknown: 0, examples: [], unclaimed: 2 }
    expect(judge(HEALTHY, { completion })).toMatchObject({ verdict: 'passed', completion })
  })

  it('measures what is asked for alone', () => {
    const broken = traffic({ ...steady, perSecond: 80, latencyMs: 900 })
    expect(judge(broken)).toMatchObject({ breakingPoint: null, recoveries: [], notes: [] })
    expect(judge(broken, { measure: ['breaking_point'] })).toMatchObject({ breakingPoint: { atMs: 0 }, notes: [] })
    expect(judge(HEALTHY, { measure: ['spike_recovery'] }).notes).toEqual([])
  })

  it('is not as before when a crowd left that nothing followed', () => {
    const plan = planOf(
      [
        { durationMs: 25_000, target: 99.6 },
        { durationMs: 5_000, target: 0.4 },
      ],
      'users',
    )
    const samples = [...traffic({ ...steady, toMs: 25_000 }), ...traffic({ ...steady, fromMs: 25_000, latencyMs: 900 })]
    const lenient = {
      plan,
      measure: ['spike_recovery'] as const,
      thresholds: [parseThreshold('http_req_duration p95 < 5 s', 'input')],
    }
    expect(judge(samples, lenient).reasons).toEqual([])
    const strict = judge(samples, { plan, measure: ['spike_recovery'] })
    expect(strict.reasons).toEqual(['not as before when the crowd had left (100 → 0): p95 900 ms, 0.0 % errors'])
  })

  it('is told of its users who had left, and of how long was looked', () => {
    const plan = planOf(
      [
        { durationMs: 20_000, target: 100 },
        { durationMs: 2_500, target: 10 },
        { durationMs: 7_500, target: 10 },
      ],
      'users',
    )
    const samples = [...traffic({ ...steady, toMs: 20_000 }), ...traffic({ ...steady, fromMs: 20_000, latencyMs: 900 })]
    expect(judge(samples, { plan, measure: ['spike_recovery'] }).reasons).toEqual([
      'not as before within 7.5 s after the crowd had left (100 → 10): p95 900 ms, 0.0 % errors',
    ])
  })
})
