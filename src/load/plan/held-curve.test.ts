import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { heldCurve, RAMP_MS } from './held-curve.ts'

const ramp = (...stages: readonly (readonly [string, number])[]): JsonObject => ({
  stages: stages.map(([duration, target]) => ({ duration, target })),
})

/** What k6 is given of the only scenario. */
function curveOf(options: JsonObject, gateTarget: number | null = null): JsonObject {
  const { scenarios } = heldCurve(options, gateTarget, 60_000).options as { scenarios: Record<string, JsonObject> }
  return scenarios['default'] ?? scenarios['buy'] ?? {}
}

describe('a load that holds', () => {
  it('goes up to the highest hold and stays', () => {
    const options = ramp(['1m', 100], ['2m', 1_000], ['10m', 1_000], ['1m', 0])
    expect(curveOf(options)).toEqual({
      ...{ executor: 'ramping-vus', startVUs: 0 },
      stages: [
        { duration: '5000ms', target: 1_000 },
        { duration: '60000ms', target: 1_000 },
      ],
    })
    const { plan } = heldCurve(options, null, 60_000)
    expect(plan).toMatchObject({ peakTarget: 1_000, unit: 'users', durationMs: RAMP_MS + 60_000 })
    expect(plan.holds).toEqual([{ fromMs: RAMP_MS, toMs: RAMP_MS + 60_000, target: 1_000 }])
  })

  it('stays within the gate, at a hold where there is one', () => {
    const steps = ramp(['1m', 100], ['1m', 100], ['1m', 500], ['1m', 500], ['1m', 5_000], ['5m', 5_000])
    expect(curveOf(steps, 1_000)).toMatchObject({ stages: [{ target: 500 }, { target: 500 }] })
    expect(curveOf(ramp(['1m', 5_000], ['1m', 0]), 1_000)).toMatchObject({ stages: [{ target: 1_000 }, { target: 1_000 }] })
  })

  it('is a rate where the script has one, in its own unit of time, with its users and what else it says', () => {
    const buy = {
      ...{ executor: 'constant-arrival-rate', rate: 600, timeUnit: '1m', duration: '5m', preAllocatedVUs: 20, maxVUs: 50 },
      ...{ exec: 'buy', startTime: '10s' },
    }
    const { options, plan } = heldCurve({ scenarios: { buy } }, null, 60_000)
    expect(options).toEqual({
      scenarios: {
        buy: {
          ...{ executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1m', preAllocatedVUs: 20, maxVUs: 50, exec: 'buy' },
          stages: [
            { duration: '5000ms', target: 600 },
            { duration: '60000ms', target: 600 },
          ],
        },
      },
    })
    expect(plan).toMatchObject({ peakTarget: 10, unit: 'iterations/s' })
  })

  it('stays at the highest hold that the gate lets in, the one at the gate among them', () => {
    const steps = ramp(['1m', 500], ['1m', 500], ['1m', 100], ['1m', 100], ['1m', 1_000], ['1m', 1_000])
    expect(curveOf(steps, 1_000)).toMatchObject({ stages: [{ target: 1_000 }, { target: 1_000 }] })
    expect(curveOf(steps, 999)).toMatchObject({ stages: [{ target: 500 }, { target: 500 }] })
  })

  it('goes to the peak of a curve that never holds, within a gate above it too', () => {
    const peaks = ramp(['1m', 700], ['1m', 300], ['1m', 0])
    expect(curveOf(peaks)).toMatchObject({ stages: [{ target: 700 }, { target: 700 }] })
    expect(curveOf(peaks, 5_000)).toMatchObject({ stages: [{ target: 700 }, { target: 700 }] })
  })

  it("has whole users, and whole iterations of the script's own time", () => {
    expect(curveOf(ramp(['1m', 1_000], ['1m', 0]), 333.4)).toMatchObject({ stages: [{ target: 333 }, { target: 333 }] })
    const rate = { executor: 'constant-arrival-rate', rate: 7, timeUnit: '3s', duration: '1m', preAllocatedVUs: 5 }
    const { options, plan } = heldCurve({ scenarios: { buy: rate } }, null, 60_000)
    expect(options).toMatchObject({ scenarios: { buy: { stages: [{ target: 7 }, { target: 7 }] } } })
    expect(plan.stages).toEqual([
      { durationMs: RAMP_MS, target: 2 },
      { durationMs: 60_000, target: 2 },
    ])
  })

  it('keeps a user ready for a rate that names none', () => {
    const buy = { executor: 'constant-arrival-rate', rate: 7, duration: '1m' }
    expect(curveOf({ scenarios: { buy } })).toMatchObject({ preAllocatedVUs: 1 })
    expect(curveOf({ scenarios: { buy: { ...buy, preAllocatedVUs: 0 } } })).toMatchObject({ preAllocatedVUs: 1 })
  })

  it('keeps what the script says of anything but its curve', () => {
    const kept = { gracefulStop: '1s', exec: 'buy', env: { A: 'b' }, tags: { c: 'd' }, options: { browser: {} }, maxVUs: 50 }
    const buy = { executor: 'constant-vus', vus: 10, duration: '1m', startTime: '0s', ...kept }
    expect(curveOf({ scenarios: { buy } })).toEqual({
      ...{ executor: 'ramping-vus', startVUs: 0, ...kept },
      stages: [
        { duration: '5000ms', target: 10 },
        { duration: '60000ms', target: 10 },
      ],
    })
  })

  it.each([
    [{ vus: 5, iterations: 10 }, 'a load that holds under faults needs users or a rate, and default is shared-iterations'],
    [
      {
        scenarios: {
          a: { executor: 'constant-vus', vus: 1, duration: '1m' },
          b: { executor: 'constant-vus', vus: 1, duration: '1m' },
        },
      },
      'a load that holds under faults needs a pattern of exactly one k6 scenario',
    ],
    [
      { scenarios: { a: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '1m', target: 0 }] } } },
      'a load that holds under faults needs users, and this pattern has none',
    ],
  ])('cannot be made of %j', (options, message) => {
    expect(() => heldCurve(options, null, 60_000)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', message }) as Error)
  })
})
