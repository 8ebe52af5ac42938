/** A scenario is skipped where something is missing for it, and only then: nothing was injected, and nothing has stayed. */
import { describe, expect, it } from 'vitest'
import { ChaosError } from '../../core/errors.ts'
import { fakeFault, request, type FakeFault, type FaultCourses } from '../rig/fake-fault.ts'
import { Rig } from '../rig/rig.ts'

const missing = (): Promise<never> => Promise.reject(new ChaosError('CAPABILITY_MISSING', 'there is no slow here'))

/** A fault that goes its courses, beside one that finds at a step that it cannot be had. */
function rigOf(step: 'plan' | 'prepare' | 'inject' | 'effect', courses: Partial<FaultCourses> = {}): Rig {
  return new Rig({
    faults: (world): FakeFault[] => [fakeFault(world, 'cut', courses), { ...fakeFault(world, 'slow'), [step]: missing }],
    scenarios: [{ faults: [request('cut', 'back'), request('slow', 'store')] }, {}],
  })
}

describe('something that is missing', () => {
  it.each(['plan', 'prepare'] as const)('before the fault, at %s, skips the scenario, and the stack stays', async (step) => {
    const rig = rigOf(step)
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['skipped', 'passed'])
    expect(results[0]?.reasons).toEqual([`${step}: there is no slow here`])
    expect(results[0]?.phases.map(({ name }) => name)).not.toContain('recovery')
    expect(rig.noted('recreate')).toEqual([])
  })

  it('where the only fault is to be injected skips the scenario as well: nothing was', async () => {
    const rig = new Rig({
      faults: (world): FakeFault[] => [{ ...fakeFault(world, 'slow'), inject: missing }, fakeFault(world, 'cut')],
      scenarios: [{ faults: [request('slow', 'store')] }, {}],
    })
    const { results } = await rig.run()
    expect([results[0]?.verdict, results[0]?.reasons]).toEqual(['skipped', ['inject: there is no slow here']])
    expect(rig.noted('recreate')).toEqual([])
  })

  it.each(['inject', 'effect'] as const)('that is noticed at %s is an error: something was injected', async (step) => {
    const rig = rigOf(step)
    const { results } = await rig.run()
    expect([results[0]?.verdict, results[0]?.reasons]).toEqual(['error', [`${step}: there is no slow here`]])
    expect(rig.world.broken.size).toBe(0)
  })

  it.each<[string, Partial<FaultCourses>, string]>([
    ['what is left over', { leaves: ['a helper'] }, 'not reverted: a helper'],
    ['a revert that fails', { revert: 'fails' }, 'not reverted: cut on back: revert cut on back failed'],
    ['a revert that takes too long', { revert: 'hangs' }, 'not reverted: cut on back: reverting cut took longer than 25000 ms'],
    ['that nobody could look', { leftovers: 'fails' }, 'not proven to be reverted: clean: leftovers cut on back failed'],
  ])('does not hide %s', async (_what, courses, reason) => {
    const rig = rigOf('prepare', courses)
    const { results } = await rig.run()
    expect(results[0]).toMatchObject({ verdict: 'error', reasons: ['prepare: there is no slow here', reason] })
    // What has stayed may show in the next scenario.
    expect(rig.noted('recreate')).toEqual(['recreate'])
  })
})
