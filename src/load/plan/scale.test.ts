import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { scaleLoad, type ScaledLoad, type ScaleRequest } from './scale.ts'

const stage = (duration: string, target: number): JsonObject => ({ duration, target })
const INFERENCE = { stages: [stage('1m', 100), stage('2m', 500), stage('2m', 1000), stage('10m', 1000), stage('1m', 0)] }
const SPIKES = {
  stages: [
    ...[stage('1m', 100), stage('10s', 2000), stage('1m', 2000), stage('10s', 100)],
    ...[stage('1m', 100), stage('10s', 3000), stage('1m', 3000), stage('1m', 0)],
  ],
}

function scaled(options: JsonObject, request: Partial<ScaleRequest>): ScaledLoad {
  return scaleLoad({
    ...{ options, scale: null, model: 'closed', thinkSeconds: 1, expectedLatencySeconds: 0.05, samplesPerHold: 0 },
    ...{ gateUsers: null },
    ...request,
  })
}

describe('a profile', () => {
  it('that says nothing leaves the script alone', () => {
    const { options, plan, notes } = scaled(INFERENCE, { scale: null })
    expect(options).toEqual({})
    expect(notes).toEqual([])
    expect(plan).toMatchObject({ durationMs: 960_000, peakTarget: 1_000 })
  })

  it('scales times and users, and nothing else', () => {
    const { options, plan } = scaled(INFERENCE, { scale: { durationSeconds: 26, users: 100 } })
    expect(options).toEqual({
      scenarios: {
        default: {
          executor: 'ramping-vus',
          startVUs: 1,
          stages: [stage('1625ms', 10), stage('3250ms', 50), stage('3250ms', 100), stage('16250ms', 100), stage('1625ms', 0)],
        },
      },
    })
    expect(plan).toMatchObject({ durationMs: 26_000, peakTarget: 100 })
  })

  it('makes nothing that k6 refuses: durations below a second, fewer iterations than users', () => {
    const shared = { executor: 'shared-iterations', vus: 10, iterations: 12, maxDuration: '20s' }
    const constant = { executor: 'constant-vus', vus: 10, duration: '4s', startTime: '2s' }
    const { options } = scaled({ scenarios: { shared, constant } }, { scale: { durationSeconds: 2, users: 8 } })
    expect(options).toEqual({
      scenarios: {
        shared: { executor: 'shared-iterations', vus: 4, iterations: 4, maxDuration: '2000ms' },
        constant: { executor: 'constant-vus', vus: 4, duration: '1000ms', startTime: '200ms' },
      },
    })
  })

  it('scales every kind of scenario in its own words', () => {
    const scenarios = {
      rate: {
        executor: 'constant-arrival-rate',
        rate: 100,
        timeUnit: '1s',
        duration: '60s',
        preAllocatedVUs: 50,
        maxVUs: 80,
        startTime: '10s',
      },
      shared: { executor: 'shared-iterations', vus: 10, iterations: 1000, maxDuration: '70s', exec: 'other' },
    }
    const whole = scaled({ scenarios }, {}).plan
    const { options } = scaled({ scenarios }, { scale: { durationSeconds: 7, users: whole.peakTarget / 2 } })
    expect(options).toEqual({
      scenarios: {
        rate: {
          executor: 'constant-arrival-rate',
          rate: 50,
          timeUnit: '1s',
          duration: '6000ms',
          preAllocatedVUs: 25,
          maxVUs: 40,
          startTime: '1000ms',
        },
        shared: { executor: 'shared-iterations', vus: 5, iterations: 50, maxDuration: '7000ms', exec: 'other' },
      },
    })
  })

  it('never scales something away', () => {
    const { plan } = scaled(SPIKES, { scale: { users: 3 } })
    expect(plan.holds.map(({ target }) => target)).toEqual([1, 2, 1, 3])
  })

  it('scales the gate with the users', () => {
    expect(scaled(SPIKES, { scale: { users: 300 }, gateUsers: 1000 }).gateTarget).toBe(100)
    expect(scaled(SPIKES, { gateUsers: 1000 }).gateTarget).toBe(1000)
  })

  it('may have a gate of its own', () => {
    expect(scaled(SPIKES, { scale: { users: 300, gateUsers: 200 }, gateUsers: 1000 }).gateTarget).toBe(200)
    expect(scaled(SPIKES, { scale: { gateUsers: 500 } }).gateTarget).toBe(500)
  })

  it('cannot scale what has no length or no users', () => {
    expect(() => scaled({ vus: 0, duration: '5s' }, { scale: { users: 5 } })).toThrow(/without length or users/)
  })
})

describe('a hold that would have too few samples', () => {
  it('is lengthened, and only that one, and it is said', () => {
    const { options, plan, notes } = scaled(SPIKES, { scale: { durationSeconds: 26, users: 300 }, samplesPerHold: 59 })
    // 10 users that ask every 1.05 s, with a margin: 59 × 1.25 × 1.05 / 10 = 7.7 s, and a second for the edges.
    expect(notes).toEqual([
      'the hold at 10 users takes 4.7 s in this profile, and is lengthened to 8.7 s for the 59 samples that its percentiles need',
    ])
    expect(plan.holds.map(({ fromMs, toMs }) => Math.round((toMs - fromMs) / 100))).toEqual([47, 87, 47])
    expect(plan.durationMs).toBeCloseTo(30_017, -2)
    expect(options['scenarios']).toMatchObject({ default: { stages: { 4: { duration: '8744ms', target: 10 } } } })
  })

  it('is refused where it would be longer than in the script', () => {
    expect(() => scaled(SPIKES, { scale: { durationSeconds: 17, users: 30 }, samplesPerHold: 59 })).toThrow(
      /the hold at 1 users takes 3.1 s in this profile, and 78.4 s are needed for the 59 samples/,
    )
  })

  it('is refused where it belongs to several scenarios', () => {
    const of = (startTime: string): JsonObject => ({ executor: 'constant-vus', vus: 100, duration: '60s', startTime })
    expect(() =>
      scaled({ scenarios: { a: of('0s'), b: of('60s') } }, { scale: { durationSeconds: 6, users: 5 }, samplesPerHold: 59 }),
    ).toThrow(/are needed/)
  })

  it('is none above the gate, where nothing is judged', () => {
    const { notes } = scaled(SPIKES, { scale: { durationSeconds: 26, users: 300 }, samplesPerHold: 59, gateUsers: 50 })
    expect(notes).toEqual([])
  })

  it('of a constant number of users is lengthened as well', () => {
    const { options } = scaled({ vus: 100, duration: '60s' }, { scale: { durationSeconds: 2, users: 10 }, samplesPerHold: 59 })
    expect(options).toEqual({ scenarios: { default: { executor: 'constant-vus', vus: 10, duration: '8744ms' } } })
  })
})

describe('the open model of a closed pattern', () => {
  it('asks as often as its users would while answers are fast', () => {
    const { options, plan, gateTarget } = scaled(INFERENCE, { model: 'open', thinkSeconds: 1.2, gateUsers: 500 })
    expect(options).toMatchObject({
      scenarios: {
        default: {
          executor: 'ramping-arrival-rate',
          startRate: 1,
          timeUnit: '1s',
          preAllocatedVUs: 1_000,
          maxVUs: 4_000,
          stages: [stage('1m', 80), stage('2m', 400), stage('2m', 800), stage('10m', 800), stage('1m', 0)],
        },
      },
    })
    expect(plan).toMatchObject({ unit: 'iterations/s', peakTarget: 800, durationMs: 960_000 })
    expect(gateTarget).toBe(400)
  })

  it('of constant users is a constant rate', () => {
    expect(scaled({ vus: 105, duration: '1m' }, { model: 'open' }).options).toMatchObject({
      scenarios: { default: { executor: 'constant-arrival-rate', rate: 100, duration: '1m' } },
    })
  })

  it('of what has a rate already is that', () => {
    const scenarios = { a: { executor: 'constant-arrival-rate', rate: 100, duration: '1m', preAllocatedVUs: 5 } }
    expect(scaled({ scenarios }, { model: 'open', thinkSeconds: null, gateUsers: 50 })).toMatchObject({
      options: {},
      gateTarget: 50,
    })
  })

  it('needs to know how often a user asks, and a length', () => {
    expect(() => scaled(INFERENCE, { model: 'open', thinkSeconds: null })).toThrow(/how often a user asks/)
    expect(() => scaled({ vus: 5, iterations: 10 }, { model: 'open' })).toThrow(/has no open variant/)
  })
})
