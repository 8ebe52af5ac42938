/** Everything that is awaited has a limit, and what was started is stopped, however the scenario ends. */
import { describe, expect, it } from 'vitest'
import { fakeFault, request } from '../rig/fake-fault.ts'
import { clause, fakeClause } from '../rig/fake-clause.ts'
import { Rig, type RigOptions } from '../rig/rig.ts'

describe('a limit', () => {
  const after = { scenarios: [{ expect: [clause('answers', 'after')] }] }

  it.each<[string, RigOptions, string]>([
    ['of the collecting', { stacks: [{ glance: 'hangs' }] }, 'collect: phase collect took longer than 10000 ms'],
    [
      'of the recovery is that of the profile, and thirty seconds for the clauses after it',
      { ...after, clauses: (world) => [fakeClause(world, 'answers', { observe: 'hangs' })] },
      'recovery: phase recovery took longer than 50000 ms',
    ],
    [
      'of the recovery is longer for a clause that says so',
      { ...after, clauses: (world) => [fakeClause(world, 'answers', { observe: 'hangs', afterWindowMs: 60_000 })] },
      'recovery: phase recovery took longer than 85000 ms',
    ],
    [
      'of all reverts together',
      {
        faults: (world) => ['cut', 'slow', 'drop'].map((kind) => fakeFault(world, kind, { revert: 'hangs' })),
        scenarios: [{ faults: ['cut', 'slow', 'drop'].map((kind) => request(kind, 'back')) }],
      },
      'not reverted: revert: phase revert took longer than 53000 ms',
    ],
    ['of a look at the machine', { stacks: [{ host: 'hangs' }] }, 'prepare: a look at the machine took longer than 3000 ms'],
  ])('%s', async (_what, options, reason) => {
    const result = await new Rig(options).result()
    expect(result).toMatchObject({ verdict: 'error' })
    expect(result.reasons).toContain(reason)
  })

  it.each([
    [9_900, 'passed'],
    [10_100, 'error'],
  ])('of what the clauses begin is ten seconds: %i ms are %s', async (afterMs, verdict) => {
    const rig = new Rig({ clauses: (world) => [fakeClause(world, 'answers', { begin: { afterMs } })] })
    expect((await rig.result()).verdict).toBe(verdict)
  })

  it('that a plan has missed keeps it from being written down when it comes', async () => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { plan: 'late' })] })
    await rig.run()
    await rig.world.clock.pass(200_000)
    expect(rig.noted('plan', 'ledger')).toEqual(['plan cut on back', 'plan cut on back (late)'])
  })
})

describe('the end of a scenario', () => {
  it.each<[string, RigOptions]>([
    ['that goes well', {}],
    ['whose fault does not bite', { faults: (world) => [fakeFault(world, 'cut', { inject: 'lies' })] }],
    ['that fails before its fault', { clauses: (world) => [fakeClause(world, 'answers', { begin: 'fails' })] }],
    ['whose preparation fails', { faults: (world) => [fakeFault(world, 'cut', { prepare: 'fails' })] }],
    ['whose preparation hangs', { faults: (world) => [fakeFault(world, 'cut', { prepare: 'hangs' })] }],
    ['whose logs cannot be collected', { stacks: [{ glance: 'hangs' }] }],
    ['whose clauses are not taken', { clauses: (world) => [fakeClause(world, 'answers', { steady: 'fails' })] }],
  ])('%s is that of all that watched', async (_what, options) => {
    const rig = new Rig(options)
    await rig.run()
    const seen = rig.noted('host.read', 'probe').length
    await rig.world.clock.pass(10_000)
    expect(rig.noted('host.read', 'probe')).toHaveLength(seen)
    expect(rig.world.lagMeters).toBe(0)
    expect(rig.noted('stop answers')).toHaveLength(rig.noted('begun answers').length)
  })

  it('comes without waiting for a recovery where the scenario is in trouble already', async () => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { effect: 'fails' })] })
    const { phases, recovery } = await rig.result()
    expect(phases.map(({ name }) => name)).toEqual([
      ...['steady', 'plan', 'prepare', 'inject', 'effect', 'during', 'revert', 'clean', 'collect'],
    ])
    expect(recovery).toMatchObject({ recovered: false, reason: 'recovery was not observed' })
  })
})

describe('a machine that is watched', () => {
  it('while the fault is prepared and while it is on, has the fault ended in either', async () => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { inject: 'hangs' })] })
    rig.onEvent = (event) => {
      if (event.type === 'phase-started' && event.phase === 'inject') rig.world.memAvailableBytes = 1
    }
    const { reasons, phases } = await rig.result()
    expect(reasons[0]).toMatch(/^inject: the machine has 0 MiB of memory available, .*: the fault was ended$/)
    expect(phases.find(({ name }) => name === 'inject')?.durationMs).toBeLessThan(1_000)
  })
})
