import { expect, it } from 'vitest'
import type { HeldLoad } from '../core/held-load.ts'
import type { Expectation, Scenario } from '../core/scenario.ts'
import { underLoad } from './under-load.ts'

const load = { id: 'LT-001' } as HeldLoad

function scenario(expectations: readonly Expectation[]): Scenario {
  return {
    ...{ id: 'NF-001', name: 'Partition', suite: 'chaos', expectedBehavior: 'it holds', faults: [], expect: expectations },
    ...{ durationSeconds: 30, profileSeconds: {}, recoveryLimitSeconds: null, control: null, exclusive: false },
    source: { file: 'a.json', line: 1 },
  }
}

const canary: Expectation = { phase: 'during', probe: 'canary', spec: { success_rate: 0.9 } }

it('asks nothing more where no load holds', () => {
  const plain = scenario([canary])
  expect(underLoad(plain, null, 20_000)).toBe(plain)
})

it('asks that the load goes on, and keeps its limits again within the limit of the recovery', () => {
  expect(underLoad(scenario([canary]), load, 20_000).expect).toEqual([
    canary,
    { phase: 'during', probe: 'load', spec: {} },
    { phase: 'after', probe: 'load', spec: { kept_again_within_seconds: 20 } },
  ])
})

it("lets the scenario's own limits take the place of ours, each in its phase", () => {
  const own: Expectation = { phase: 'during', probe: 'load', spec: { error_rate: 0.1 } }
  expect(underLoad(scenario([canary, own]), load, 5_000).expect).toEqual([
    canary,
    own,
    { phase: 'after', probe: 'load', spec: { kept_again_within_seconds: 5 } },
  ])
})
