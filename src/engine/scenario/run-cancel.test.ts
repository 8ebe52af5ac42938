/** Cancelled at any moment: what was begun is undone and proven gone, the logs are kept, and nothing passes. */
import { describe, expect, it } from 'vitest'
import type { PhaseName } from '../../core/result/scenario.ts'
import { fakeFault, request } from '../rig/fake-fault.ts'
import { clause, fakeClause } from '../rig/fake-clause.ts'
import { Rig } from '../rig/rig.ts'

const PHASES: readonly PhaseName[] = [
  ...(['steady', 'plan', 'prepare', 'inject', 'effect', 'during', 'revert', 'clean', 'recovery', 'collect'] as const),
]

function rigOfSlowSteps(): Rig {
  const slow = { afterMs: 400 }
  return new Rig({
    faults: (world) => [
      fakeFault(world, 'cut', { plan: slow, prepare: slow, inject: slow, effect: slow, revert: slow, leftovers: slow }),
    ],
    clauses: (world) => [fakeClause(world, 'answers', { steady: slow, begin: slow })],
    scenarios: [{ expect: [clause('answers'), clause('answers', 'after')] }],
  })
}

describe.each(PHASES)('cancelled in %s', (phase) => {
  // Collecting is over in no time.
  it.each(phase === 'collect' ? [0] : [0, 200])('%i ms after its begin', async (afterMs) => {
    const rig = rigOfSlowSteps()
    rig.cancelAt((event) => event.type === 'phase-started' && event.phase === phase, afterMs)
    const { results, reasons } = await rig.run()
    const [result] = results
    // What was over by then counts as it was; everything else is an error.
    const isOver = phase === 'collect'
    expect(result?.verdict).toBe(isOver ? 'passed' : 'error')
    expect(reasons).toEqual(['interrupted: cancelled by the test'])
    if (!isOver) expect(result?.reasons.join('; ')).toContain('was cancelled')
    expect(rig.world.broken.size).toBe(0)
    expect(rig.open.size).toBe(0)
    expect(result?.cleanup).toEqual({ clean: true, leftovers: [] })
    // Whatever was planned has been reverted and looked for.
    const planned = rig.noted('ledger:').length
    expect(rig.noted('revert')).toHaveLength(planned)
    expect(rig.noted('leftovers')).toHaveLength(planned)
    expect(rig.noted('stop answers')).toHaveLength(rig.noted('begun answers').length)
    expect(rig.written.has('logs/X-1/back.log')).toBe(true)
  })
})

describe('a cancel', () => {
  it('does not cut the revert short', async () => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { revert: { afterMs: 5_000 } })] })
    rig.cancelAt((event) => event.type === 'phase-started' && event.phase === 'during', 1_000)
    const result = (await rig.run()).results[0]
    expect(result?.cleanup).toEqual({ clean: true, leftovers: [] })
    expect(result?.phases.find(({ name }) => name === 'revert')?.durationMs).toBe(5_000)
    expect(result?.expectations[0]).toMatchObject({ met: null, observed: 'not decided while the fault was on' })
  })

  it.each([
    ['revert', 'reverting cut took longer than 6000 ms'],
    ['leftovers', 'phase clean took longer than 6000 ms'],
  ])('hurries what it does not cut: %s', async (step, reason) => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { [step]: 'hangs' })] })
    rig.cancelAt((event) => event.type === 'phase-started' && event.phase === 'during', 1_000)
    const result = (await rig.run()).results[0]
    expect(result?.verdict).toBe('error')
    expect(result?.reasons.join('; ')).toContain(reason)
  })

  it('hurries all reverts together as well', async () => {
    const kinds = ['cut', 'slow', 'drop']
    const rig = new Rig({
      faults: (world) => kinds.map((kind) => fakeFault(world, kind, { revert: 'hangs' })),
      scenarios: [{ faults: kinds.map((kind) => request(kind, 'back')) }],
    })
    rig.cancelAt((event) => event.type === 'phase-started' && event.phase === 'during', 1_000)
    expect((await rig.run()).results[0]?.reasons.join('; ')).toContain('phase revert took longer than 15000 ms')
  })

  it('before the first scenario runs none', async () => {
    const rig = new Rig({ scenarios: [{}, {}] })
    rig.aborter.abort(new Error('at once'))
    expect(await rig.run()).toMatchObject({ results: [], reasons: ['interrupted before X-1: at once'] })
    expect(rig.world.journal).toEqual([])
  })

  it('between two scenarios runs the next no more', async () => {
    const rig = new Rig({ scenarios: [{}, {}, {}] })
    rig.cancelAt((event) => event.type === 'scenario-ended' && event.id === 'X-1')
    const { results, reasons, left } = await rig.run()
    expect(results.map(({ id, verdict }) => [id, verdict])).toEqual([['X-1', 'passed']])
    expect(reasons).toEqual(['interrupted before X-2: cancelled by the test'])
    expect(left).toHaveLength(1)
  })

  it('does not recreate a stack that is in trouble', async () => {
    const rig = new Rig({ faults: (world) => [fakeFault(world, 'cut', { effect: 'fails' })], scenarios: [{}, {}] })
    rig.cancelAt((event) => event.type === 'scenario-ended')
    await rig.run()
    expect(rig.noted('recreate')).toEqual([])
  })
})
