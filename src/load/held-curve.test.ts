import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../core/json.ts'
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

  it.each([
    [{ vus: 5, iterations: 10 }, 'needs users or a rate, and default is shared-iterations'],
    [
      {
        scenarios: {
          a: { executor: 'constant-vus', vus: 1, duration: '1m' },
          b: { executor: 'constant-vus', vus: 1, duration: '1m' },
        },
      },
      'exactly one k6 scenario',
    ],
    [
      { scenarios: { a: { executor: 'ramping-vus', startVUs: 0, stages: [{ duration: '1m', target: 0 }] } } },
      'this pattern has none',
    ],
  ])('cannot be made of %j', (options, message) => {
    expect(() => heldCurve(options, null, 60_000)).toThrow(message)
  })
})
