/** Scenarios of a run, on one stack and on several. */
import { describe, expect, it } from 'vitest'
import type { ScenarioResult } from '../core/result/scenario.ts'
import { fakeFault, request } from './rig/fake-fault.ts'
import { clause, fakeClause } from './rig/fake-clause.ts'
import { Rig, type FakeScenario } from './rig/rig.ts'

function table(results: readonly ScenarioResult[]): [string, string, number][] {
  return results.map(({ id, verdict, stack }) => [id, verdict, stack])
}

/** Scenario `X-n` breaks the target `tn`. */
function many(count: number, change: (index: number) => FakeScenario = () => ({})): FakeScenario[] {
  return Array.from({ length: count }, (_, index) => ({
    faults: [request('cut', `t${index + 1}`)],
    ...change(index + 1),
  }))
}

const BROKEN = { faults: [request('broken', 'back')] }
const faultsWithBroken: NonNullable<ConstructorParameters<typeof Rig>[0]>['faults'] = (world) => [
  fakeFault(world, 'cut'),
  fakeFault(world, 'broken', { prepare: 'fails' }),
]

describe('on one stack', () => {
  it('scenarios run in the order in which they are written, exclusive ones too', async () => {
    const rig = new Rig({ scenarios: many(4, (index) => ({ exclusive: index === 1, durationSeconds: index })) })
    const { results, reasons, left } = await rig.run()
    expect(table(results).map(([id]) => id)).toEqual(['X-1', 'X-2', 'X-3', 'X-4'])
    expect([reasons, left.map(({ number }) => number)]).toEqual([[], [1]])
    expect(rig.noted('inject')).toEqual(['t1', 't2', 't3', 't4'].map((target) => `inject cut on ${target}`))
    expect(rig.noted('retire')).toEqual([])
  })

  it('tells what begins and what ends, with the time that is left', async () => {
    const rig = new Rig({ scenarios: many(2), options: { after: { count: 3, plannedMs: 60_000 } } })
    await rig.run()
    const told = rig.events.filter(({ type }) => type === 'scenario-started' || type === 'scenario-ended')
    expect(told).toMatchObject([
      { type: 'scenario-started', id: 'X-1', index: 1, total: 5, plannedMs: 7_700, leftMs: 75_400 },
      { type: 'scenario-ended', id: 'X-1', verdict: 'passed', summary: 'cut on t1 bites', leftMs: 67_700 },
      { type: 'scenario-started', id: 'X-2', index: 2, total: 5, leftMs: 67_700 },
      { type: 'scenario-ended', id: 'X-2', leftMs: 60_000 },
    ])
  })

  it('a scenario in trouble is followed by a stack made anew, noted in its events', async () => {
    const rig = new Rig({ faults: faultsWithBroken, scenarios: [BROKEN, {}], stacks: [{ recreate: { afterMs: 1_500 } }] })
    const { results, reasons } = await rig.run()
    expect(table(results)).toEqual([
      ['X-1', 'error', 1],
      ['X-2', 'passed', 1],
    ])
    expect(reasons).toEqual([])
    expect(results[0]?.events.at(-1)).toMatchObject({ source: 'engine', kind: 'stack-recreated' })
    expect(results[0]?.events.at(-1)?.detail).toBe('after this scenario, in 1500 ms')
    expect(rig.events.filter(({ type }) => type.startsWith('step'))).toMatchObject([
      { type: 'step-started', step: 'recreating the stack after X-1' },
      { type: 'step-ended', step: 'recreating the stack after X-1', durationMs: 1_500 },
    ])
  })

  it('so is one whose logs could not be kept, though the system is well', async () => {
    const rig = new Rig({ scenarios: [{}, {}], artifacts: 'fails' })
    const [first] = (await rig.run()).results
    expect([first?.verdict, first?.recovery.recovered]).toEqual(['error', true])
    expect(rig.noted('recreate')).toEqual(['recreate'])
  })

  it('is not left as one that is well where its last scenario ended in trouble', async () => {
    const rig = new Rig({ faults: faultsWithBroken, scenarios: [{}, BROKEN] })
    expect((await rig.run()).left).toEqual([])
  })

  it.each<[string, ConstructorParameters<typeof Rig>[0]]>([
    ['one that passed', {}],
    ['one that failed and recovered', { clauses: (world) => [fakeClause(world, 'answers', { met: false })] }],
    ['one that was skipped', { faults: (world) => [fakeFault(world, 'cut', { plan: 'skips' })] }],
    ['the last one', { faults: (world) => [fakeFault(world, 'cut', { effect: 'fails' })], scenarios: [{}] }],
  ])('%s is not', async (_what, options) => {
    const rig = new Rig({ scenarios: [{}, {}], ...options })
    await rig.run()
    expect(rig.noted('recreate')).toEqual([])
  })

  it('the last one is, when something comes after it', async () => {
    const rig = new Rig({ faults: faultsWithBroken, scenarios: [BROKEN], options: { after: { count: 1, plannedMs: 0 } } })
    await rig.run()
    expect(rig.noted('recreate')).toEqual(['recreate'])
  })

  it('a stack that cannot be made anew ends the run: the rest is told and not run', async () => {
    const rig = new Rig({ faults: faultsWithBroken, scenarios: [BROKEN, {}, {}], stacks: [{ recreate: 'fails' }] })
    const { results, reasons, left } = await rig.run()
    expect(table(results)).toEqual([['X-1', 'error', 1]])
    expect(results[0]?.events.filter(({ kind }) => kind === 'stack-recreated')).toEqual([])
    expect(reasons).toEqual([
      'stack 1 could not be recreated after X-1: recreate failed',
      'no stack was left for 2 scenarios, which were not run: X-2, X-3',
    ])
    expect(left).toEqual([])
  })
})

describe('on two stacks', () => {
  const two = { stacks: [{}, {}] }

  it('scenarios go to whichever is free, the longest first, and their results stand in the order in which they are written', async () => {
    const rig = new Rig({ ...two, scenarios: many(5, (index) => ({ profileSeconds: { quick: index * 6 } })) })
    // Of one world: what is broken on one stack would show on the other.
    rig.world.answer = () => ({ ok: true, latencyMs: 20 })
    const { results, reasons } = await rig.run()
    expect(rig.noted('plan cut').map((line) => line.slice(-2))).toEqual(['t5', 't4', 't3', 't2', 't1'])
    expect(results.map(({ id }) => id)).toEqual(['X-1', 'X-2', 'X-3', 'X-4', 'X-5'])
    expect(new Set(results.map(({ stack }) => stack))).toEqual(new Set([1, 2]))
    expect(results.every(({ verdict }) => verdict === 'passed')).toBe(true)
    expect(reasons).toEqual([])
  })

  it('one that is exclusive runs when the other stack is gone', async () => {
    const rig = new Rig({ ...two, scenarios: many(5, (index) => ({ exclusive: index === 2 })) })
    const { results } = await rig.run()
    expect(results).toHaveLength(5)
    const order = rig.noted('inject', 'revert', 'retire')
    expect(order.slice(-3)).toEqual([expect.stringMatching(/^retire stack \d$/), 'inject cut on t2', 'revert cut on t2'])
    expect(rig.noted('retire')).toHaveLength(1)
  })

  it('a stack with nothing more to do is taken down, and one stays for what comes later', async () => {
    const rig = new Rig({ ...two, scenarios: many(4) })
    const { left } = await rig.run()
    expect(rig.noted('retire')).toHaveLength(1)
    expect(left).toHaveLength(1)
    // It asks nothing any more.
    expect(rig.noted('canary starts')).toHaveLength(2)
    expect(rig.noted('canary stops')).toHaveLength(2)
  })

  it('both stay where somebody wants to look at them', async () => {
    const rig = new Rig({ ...two, scenarios: many(4), options: { keepStacks: true } })
    const { left } = await rig.run()
    expect([rig.noted('retire'), left.length]).toEqual([[], 2])
  })

  it('trouble on one does not touch the other', async () => {
    const rig = new Rig({
      faults: faultsWithBroken,
      stacks: [{}, {}],
      scenarios: [{ ...BROKEN, profileSeconds: { quick: 30 } }, ...many(5).slice(1)],
    })
    // The canary of one stack knows nothing of the other's fault.
    rig.world.answer = () => ({ ok: true, latencyMs: 20 })
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['error', 'passed', 'passed', 'passed', 'passed'])
    expect(rig.noted('recreate')).toHaveLength(1)
  })

  it('one that cannot be made anew leaves its share to the other, and the run tells of it', async () => {
    const rig = new Rig({
      faults: faultsWithBroken,
      stacks: [{ recreate: 'fails' }, {}],
      scenarios: [{ ...BROKEN, profileSeconds: { quick: 30 } }, ...many(5).slice(1)],
    })
    rig.world.answer = () => ({ ok: true, latencyMs: 20 })
    const { results, reasons, left } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['error', 'passed', 'passed', 'passed', 'passed'])
    expect(reasons).toEqual(['stack 1 could not be recreated after X-1: recreate failed'])
    expect(left.map(({ number }) => number)).toEqual([2])
  })

  it('the last one that ends in trouble is made anew for what is exclusive; the other is not needed any more', async () => {
    const rig = new Rig({
      faults: faultsWithBroken,
      stacks: [{}, {}],
      scenarios: [BROKEN, BROKEN, { exclusive: true }],
    })
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['error', 'error', 'passed'])
    expect(rig.noted('recreate')).toHaveLength(1)
    expect(rig.noted('retire')).toHaveLength(1)
  })

  it('what is exclusive is told and not run when no stack is left', async () => {
    const rig = new Rig({
      faults: faultsWithBroken,
      stacks: [{ recreate: 'fails' }, { recreate: 'fails' }],
      scenarios: [BROKEN, BROKEN, { exclusive: true }],
    })
    const { results, reasons } = await rig.run()
    expect(results).toHaveLength(2)
    expect(reasons.at(-1)).toBe('no stack was left for 1 scenarios, which were not run: X-3')
  })

  it('a cancel ends both', async () => {
    const rig = new Rig({ ...two, scenarios: many(6) })
    rig.cancelAt((event) => event.type === 'phase-started' && event.phase === 'during', 3_000)
    const { results, reasons } = await rig.run()
    expect(results).toHaveLength(2)
    expect(results.every(({ verdict, cleanup }) => verdict === 'error' && cleanup.clean)).toBe(true)
    expect(reasons).toEqual(['interrupted before X-3: cancelled by the test'])
    expect([rig.world.broken.size, rig.noted('retire').length]).toEqual([0, 0])
  })
})

describe('a load that holds meanwhile', () => {
  it('that has broken makes every scenario an error, and is asked by clauses of its own', async () => {
    const load = { id: 'LT-1', problem: () => 'the load LT-1 has ended' } as never
    const rig = new Rig({
      ...{ load, askedOfLoad: [clause('load'), clause('load', 'after')] },
      clauses: (world) => [fakeClause(world, 'answers'), fakeClause(world, 'load')],
    })
    const result = await rig.result()
    expect([result.verdict, result.reasons]).toEqual(['error', ['the load LT-1 has ended']])
    expect(result.expectations.map(({ phase, text }) => [phase, text])).toEqual([
      ['during', 'the clause answers'],
      ['during', 'the clause load'],
      ['after', 'the clause load'],
      ['after', 'bystanders'],
    ])
  })

  it('that holds is no trouble', async () => {
    const load = { id: 'LT-1', problem: () => null } as never
    const rig = new Rig({
      load,
      scenarios: [{ expect: [clause('load'), clause('load', 'after')] }],
      clauses: (world) => [fakeClause(world, 'load')],
    })
    expect((await rig.result()).verdict).toBe('passed')
  })
})
