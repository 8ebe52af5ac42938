/** What has failed is run once more, and what asks for a fresh stack has one. */
import { describe, expect, it } from 'vitest'
import type { ScenarioResult } from '../core/result/scenario.ts'
import { fakeFault, request } from './rig/fake-fault.ts'
import { clause, fakeClause, type FakeClause } from './rig/fake-clause.ts'
import { Rig, type FakeScenario, type RigOptions } from './rig/rig.ts'
import type { World } from './rig/world.ts'

/** The clause `red` is missed the first `times` times that it is judged. */
function redClause(world: World, times: number): FakeClause {
  let judged = 0
  const met = (): boolean => {
    judged += 1
    return judged > times
  }
  return fakeClause(world, 'red', { met })
}

const RED: FakeScenario = { expect: [clause('red')] }

function rigOf(scenarios: readonly FakeScenario[], times: number, more: RigOptions = {}): Rig {
  const { options, ...rest } = more
  return new Rig({
    clauses: (world) => [fakeClause(world, 'answers'), redClause(world, times)],
    scenarios,
    options: { confirm: true, ...options },
    ...rest,
  })
}

function lastReason({ reasons }: ScenarioResult): string | undefined {
  return reasons.at(-1)
}

describe('what has failed', () => {
  it('where others had run before is run once more on a stack made anew, and both stay in the result', async () => {
    const rig = rigOf([{}, RED, {}], 9)
    const [, red, last] = (await rig.run()).results
    expect(red?.verdict).toBe('failed')
    expect(red?.reasons).toEqual([
      'the clause red: expected red to hold, observed red: false',
      'failed 2 of 2: once more alone, on a fresh stack',
    ])
    expect(red?.confirmation).toMatchObject({
      ...{
        verdict: 'failed',
        reasons: ['the clause red: expected red to hold, observed red: false'],
        after: ['X-1'],
        beside: false,
      },
      ...{ series: { file: 'series/X-2-again.jsonl' } },
    })
    expect(red?.confirmation?.durationMs).toBeGreaterThan(1_000)
    expect(red?.confirmation?.logs.map(({ file }) => file)).toContain('logs/X-2-again/back.log')
    expect(red?.series).toEqual({ file: 'series/X-2.jsonl' })
    expect([last?.verdict, last?.confirmation]).toEqual(['passed', null])
    // After all others, so that none of them runs on another stack than it would have.
    expect(rig.noted('inject', 'recreate')).toEqual([
      ...Array<string>(3).fill('inject cut on back'),
      'recreate',
      'inject cut on back',
    ])
    expect(rig.events.filter(({ type }) => type.startsWith('step'))).toMatchObject([
      { type: 'step-started', step: 'recreating the stack to run X-2 once more' },
      { type: 'step-ended' },
    ])
    expect(rig.events.filter(({ type }) => type === 'scenario-started')).toHaveLength(3)
  })

  it('and passes then is red all the same, and says after whom it was', async () => {
    const rig = rigOf([{}, {}, RED], 1)
    const { results, left, reasons } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'failed'])
    expect(results.map(lastReason).at(-1)).toBe('failed only after X-1, X-2: alone, on a fresh stack, it passed')
    expect([left.map(({ number }) => number), reasons]).toEqual([[1], []])
    expect(rig.noted('canary starts').length).toBe(rig.noted('canary stops').length)
  })

  it.each<[string, FakeScenario[], RigOptions]>([
    ['was alone from the first', [RED, {}], {}],
    ['had a stack of its own', [{}, { ...RED, freshStack: true }], {}],
    ['has its stack kept to be looked at', [{}, RED], { options: { keepStacks: true } }],
    ['need not be', [{}, RED], { options: { confirm: false } }],
    ['was under a load, which would break with the stack', [{}, RED], { load: { id: 'L', problem: () => null } as never }],
  ])('is not run once more when it %s', async (_what, scenarios, more) => {
    const rig = rigOf(scenarios, 9, more)
    const { results } = await rig.run()
    expect(results.filter(({ verdict }) => verdict === 'failed')).toHaveLength(1)
    expect(results.map(({ confirmation }) => confirmation)).toEqual([null, null])
    expect(rig.noted('inject')).toHaveLength(2)
  })

  it('is five at most', async () => {
    const rig = rigOf([{}, ...Array.from({ length: 7 }, () => RED)], 99)
    const { results } = await rig.run()
    expect(results.map(({ confirmation }) => confirmation?.verdict ?? null)).toEqual([
      null,
      ...Array<string>(5).fill('failed'),
      null,
      null,
    ])
    expect(rig.noted('recreate')).toHaveLength(5)
  })

  it('beside another stack is run once more when that one is gone', async () => {
    const rig = rigOf([RED, ...Array.from({ length: 3 }, () => ({ faults: [request('cut', 'other')] }))], 1, {
      stacks: [{}, {}],
    })
    rig.world.answer = () => ({ ok: true, latencyMs: 20 })
    const { results, left } = await rig.run()
    expect(results[0]?.confirmation).toMatchObject({ verdict: 'passed', after: [], beside: true })
    expect(lastReason(results[0] as ScenarioResult)).toBe('failed only beside other stacks: alone, on a fresh stack, it passed')
    expect(rig.noted('retire', 'recreate').map((line) => line.split(' ')[0])).toEqual(['retire', 'recreate'])
    expect(left).toHaveLength(1)
  })

  it('is told of when no stack could be made for it', async () => {
    const rig = rigOf([{}, RED, RED], 9, { stacks: [{ recreate: 'fails' }] })
    const { results, reasons, left } = await rig.run()
    expect(results.map(({ verdict, confirmation }) => [verdict, confirmation])).toEqual([
      ['passed', null],
      ['failed', null],
      ['failed', null],
    ])
    expect(reasons).toEqual(['stack 1 could not be recreated to run X-2 once more: recreate failed'])
    expect(left).toEqual([])
  })

  it('makes a stack well again that the last scenario had left in trouble', async () => {
    const rig = rigOf([{}, RED, { faults: [request('broken', 'back')] }], 9, {
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'broken', { prepare: 'fails' })],
    })
    const { results, left } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'failed', 'error'])
    expect([results[1]?.confirmation?.after, left.map(({ number }) => number)]).toEqual([['X-1'], [1]])
  })

  it('is not run once more where the only stack is broken', async () => {
    const rig = rigOf([{}, RED, { faults: [request('broken', 'back')] }, {}], 9, {
      faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'broken', { prepare: 'fails' })],
      stacks: [{ recreate: 'fails' }],
    })
    const { results, reasons } = await rig.run()
    expect(results[1]?.confirmation).toBeNull()
    expect(reasons[0]).toBe('stack 1 could not be recreated after X-3: recreate failed')
    expect(rig.noted('recreate')).toHaveLength(1)
  })

  it('is run once more on a stack that is not broken', async () => {
    const rig = rigOf(
      [
        { faults: [request('broken', 'other')], profileSeconds: { quick: 30 } },
        { ...RED, faults: [request('cut', 'third')], profileSeconds: { quick: 29 } },
        { faults: [request('cut', 'fourth')] },
        { faults: [request('cut', 'fifth')] },
      ],
      9,
      {
        faults: (world) => [fakeFault(world, 'cut'), fakeFault(world, 'broken', { prepare: 'fails' })],
        stacks: [{ recreate: 'fails' }, {}],
      },
    )
    rig.world.answer = () => ({ ok: true, latencyMs: 20 })
    const { results, reasons } = await rig.run()
    expect(results[1]?.confirmation).toMatchObject({ verdict: 'failed', beside: true })
    expect(reasons).toEqual(['stack 1 could not be recreated after X-1: recreate failed'])
  })

  it('is not run once more when the run was cancelled before', async () => {
    const rig = rigOf([{}, RED, {}], 9)
    rig.cancelAt((event) => event.type === 'scenario-ended' && event.id === 'X-2')
    const { results, reasons } = await rig.run()
    expect([results.length, results[1]?.confirmation, rig.noted('recreate')]).toEqual([2, null, []])
    expect(reasons).toEqual(['interrupted before X-3: cancelled by the test'])
  })

  it('is not once more what a cancel has ended', async () => {
    const rig = rigOf([{}, RED, RED], 9)
    rig.cancelAt((event) => event.type === 'step-ended', 4_000)
    const { results, left } = await rig.run()
    expect(results.map(({ verdict, confirmation }) => [verdict, confirmation])).toEqual([
      ['passed', null],
      ['failed', null],
      ['failed', null],
    ])
    expect([rig.world.broken.size, left]).toEqual([0, []])
  })

  it.each([
    [0, 1, []],
    [1, 2, [1]],
  ])('and does not recover leaves no stack that is well, but for what comes later: %i', async (count, recreations, left) => {
    const rig = rigOf([{}, RED], 9, { options: { after: { count, plannedMs: 0 } } })
    rig.world.answer = () => ({
      ok: rig.noted('inject').length < 3 || rig.noted('recreate').length > 1,
      latencyMs: 20,
    })
    const ran = await rig.run()
    const steps = rig.events.flatMap((event) => (event.type === 'step-started' ? [event.step] : []))
    const later = count === 0 ? [] : ['recreating the stack for what comes later']
    expect(steps).toEqual(['recreating the stack to run X-2 once more', ...later])
    expect(ran.results[1]?.confirmation?.reasons.at(-1)).toContain('no recovery within')
    expect([rig.noted('recreate').length, ran.left.map(({ number }) => number)]).toEqual([recreations, left])
  })
})

describe('a fresh stack', () => {
  it('is made before who asks for one, where another has run', async () => {
    const rig = rigOf([{ freshStack: true }, {}, { freshStack: true }, {}], 0)
    const { results } = await rig.run()
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'passed', 'passed'])
    const inject = 'inject cut on back'
    expect(rig.noted('inject', 'recreate')).toEqual([inject, inject, 'recreate', inject, inject])
    expect(rig.events.find(({ type }) => type === 'step-started')).toMatchObject({ step: 'recreating the stack for X-3' })
  })

  it('that cannot be made leaves the scenario to no stack, which is told', async () => {
    const rig = rigOf([{}, { freshStack: true }, {}], 0, { stacks: [{ recreate: 'fails' }] })
    const { results, reasons } = await rig.run()
    expect(results.map(({ id }) => id)).toEqual(['X-1'])
    expect(reasons).toEqual([
      'stack 1 could not be recreated for X-2: recreate failed',
      'no stack was left for 2 scenarios, which were not run: X-2, X-3',
    ])
  })

  it('that cannot be made on one stack leaves the scenario to another', async () => {
    const scenarios: FakeScenario[] = [
      { faults: [request('cut', 'long')], profileSeconds: { quick: 40 } },
      { faults: [request('cut', 'short')], profileSeconds: { quick: 16 } },
      { faults: [request('cut', 'third')], freshStack: true, profileSeconds: { quick: 5 } },
    ]
    const rig = rigOf(scenarios, 0, { stacks: [{}, { recreate: 'fails' }] })
    rig.world.answer = () => ({ ok: true, latencyMs: 20 })
    const { results, reasons } = await rig.run()
    expect(results.map(({ id, verdict, stack }) => [id, verdict, stack])).toEqual([
      ['X-1', 'passed', 1],
      ['X-2', 'passed', 2],
      ['X-3', 'passed', 1],
    ])
    expect(reasons).toEqual(['stack 2 could not be recreated for X-3: recreate of stack 2 failed'])
  })

  it('counts in the time that is planned', async () => {
    const rig = rigOf([{}, { freshStack: true }], 0)
    await rig.run()
    const planned = rig.events.flatMap((event) => (event.type === 'scenario-started' ? [event.plannedMs] : []))
    expect(planned).toEqual([7_700, 17_700])
  })
})
