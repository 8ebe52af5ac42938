import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { k6Duration, k6DurationMs } from './k6-duration.ts'
import { functionsOf, planOfScenarios, scenariosOf } from './k6-scenarios.ts'

const plan = (options: JsonObject) => planOfScenarios(scenariosOf(options))

describe('a duration of k6', () => {
  it.each([
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['1.5s', 1_500],
    ['500ms', 500],
    ['2d4h', 187_200_000],
    ['100us', 0.1],
    ['0s', 0],
    ['250', 250],
    [250, 250],
    [0, 0],
  ])('%s is %d ms', (text, ms) => {
    expect(k6DurationMs(text, 'here')).toBeCloseTo(ms, 9)
  })

  it.each(['', '1x', 'm', '1m 30s', '-1s', '1m30', -5, null, true, 'x'.repeat(99)])('is not %j', (value) => {
    expect(() => k6DurationMs(value, 'duration of stage 2')).toThrow(/duration of stage 2 is not a duration of k6/)
  })

  it('is written back in milliseconds', () => {
    expect(k6Duration(1_234.4)).toBe('1234ms')
  })
})

describe('the users of a script', () => {
  it('by stages begin with one, or as many as vus says', () => {
    const stages = [{ duration: '1m0s', target: 100 }]
    expect(plan({ stages, vus: null, scenarios: null }).stages).toEqual([
      { durationMs: 0, target: 1 },
      { durationMs: 60_000, target: 100 },
    ])
    expect(plan({ stages, vus: 20 }).stages[0]).toEqual({ durationMs: 0, target: 20 })
  })

  it('by vus and duration stay as they are', () => {
    expect(plan({ vus: 10, duration: '30s' })).toMatchObject({ holds: [{ fromMs: 0, toMs: 30_000, target: 10 }], peakTarget: 10 })
  })

  it.each([
    [{ vus: 10, iterations: 100 }, 600_000, 10],
    [{ iterations: 100, duration: '20s' }, 20_000, 1],
    [{ vus: 3 }, 600_000, 3],
    [{}, 600_000, 1],
    [{ scenarios: { a: { executor: 'per-vu-iterations', vus: 4, iterations: 9, maxDuration: '1m' } } }, 60_000, 4],
  ])('of %j end when the work is done', (options, durationMs, peakTarget) => {
    expect(plan(options)).toMatchObject({ hasFixedLength: false, holds: [], durationMs, peakTarget })
  })

  it('by arrival rates are iterations a second, whatever the unit of time', () => {
    const stages = [{ duration: '10s', target: 600 }]
    const ramping = { executor: 'ramping-arrival-rate', startRate: 60, timeUnit: '1m', stages, preAllocatedVUs: 5 }
    expect(plan({ scenarios: { a: ramping } })).toMatchObject({
      unit: 'iterations/s',
      stages: [
        { durationMs: 0, target: 1 },
        { durationMs: 10_000, target: 10 },
      ],
    })
    const constant = { executor: 'constant-arrival-rate', rate: 50, duration: '5s', preAllocatedVUs: 5 }
    expect(plan({ scenarios: { a: constant } })).toMatchObject({ unit: 'iterations/s', peakTarget: 50, durationMs: 5_000 })
  })

  it('of several scenarios are added, each from its start', () => {
    const scenarios = {
      a: { executor: 'constant-vus', vus: 10, duration: '10s', startTime: null },
      b: { executor: 'ramping-vus', startTime: '5s', startVUs: 0, stages: [{ duration: '5s', target: 20 }] },
      c: { executor: 'constant-arrival-rate', rate: 100, duration: '2s', startTime: '20s', preAllocatedVUs: 7 },
    }
    expect(plan({ scenarios })).toMatchObject({ unit: 'users', durationMs: 22_000, peakTarget: 30 })
    expect(plan({ scenarios }).holds).toEqual([
      { fromMs: 0, toMs: 5_000, target: 10 },
      { fromMs: 20_000, toMs: 22_000, target: 7 },
    ])
  })

  it.each([
    [{ scenarios: { a: { executor: 'externally-controlled', vus: 1, duration: '1s' } } }, /executor "externally-controlled"/],
    [{ scenarios: { a: { executor: 'ramping-vus' } } }, /scenario a has no stages/],
    [{ scenarios: { a: 5 } }, /scenario a is no object/],
    [{ stages: [{ duration: '1s' }] }, /stage 1 of scenario default has no target/],
    [{ stages: [{ target: 5 }] }, /duration of stage 1 of scenario default is not a duration/],
    [{ stages: [{ duration: '1s', target: -1 }] }, /target is -1/],
    [{ vus: 'x', duration: '1s' }, /vus is "x"/],
    [{ scenarios: { a: { executor: 'constant-arrival-rate', rate: 1, timeUnit: '0s', duration: '1s' } } }, /timeUnit is 0/],
  ])('%j are refused', (options, message) => {
    expect(() => plan(options as JsonObject)).toThrow(message)
  })
})

it.each([
  [{ vus: 2, duration: '5s' }, ['default']],
  [{}, ['default']],
  [{ scenarios: { a: { exec: 'buy' }, b: {}, c: { exec: 'buy' }, d: { exec: null }, e: { exec: '' } } }, ['buy', 'default']],
])('the users of %j run %j', (options, functions) => {
  expect(functionsOf(options)).toEqual(functions)
})
