import { later } from '../../core/time/moment.ts'
import { describe, expect, it } from 'vitest'
import type { ContainerSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { ContainerEvent, ContainerState } from '../../ports/docker.ts'
import { died, event, HIT_MS, state, subject } from './container.fixture.ts'
import { asksForDeath, containerText, isSettled, judgeContainers } from './judge.ts'
import { lifeOf } from './life.ts'

const NO_CALM = { names: [], deaths: [], unhealthy: [], uncheckable: [] }

const CRASH: ContainerSpec = {
  service: 'worker',
  hit: true,
  died_within_seconds: 1,
  exit_code: 137,
  running_again_within_seconds: 5,
}

function judge(spec: ContainerSpec, events: ContainerEvent[], states = [state()], subjects = [subject()]): Observation {
  const lives = subjects.map((one) => lifeOf(one, { events, states }))
  return judgeContainers(spec, { lives, calm: NO_CALM, hit: subjects.map(({ name }) => name) })
}

describe('the fate of containers', () => {
  it('is told with its times', () => {
    expect(judge(CRASH, [died(310), event(830, 'start')])).toEqual({
      expected:
        'each died within 1 s of being hit; each died with exit code 137; each runs again with another pid within 5 s of its death',
      observed: 'worker-1 died after 0.31 s with exit code 137, running again 0.52 s later with another pid',
      met: true,
    })
  })

  const down = [state({ status: 'exited', pid: 0 })]
  const alive = [state({ pid: 100 })]
  const story = (after: string, code: string, then: string): string =>
    `worker-1 died after ${after} with exit code ${code}, ${then}`
  const again = (after: string): string => `running again ${after} later with another pid`

  it.each<[string, ContainerEvent[], string]>([
    ['at the limit of its death', [died(1_000), event(1_900, 'start')], story('1.00 s', '137', again('0.90 s'))],
    ['at the limit of its return', [died(310), event(5_310, 'start')], story('0.31 s', '137', again('5.00 s'))],
  ])('is met %s', (_what, events, observed) => {
    expect(judge(CRASH, events)).toMatchObject({ observed, met: true })
  })

  it.each<[string, ContainerEvent[], ContainerState[], string]>([
    ['it never died', [], alive, 'worker-1 did not die (running)'],
    ['the same process still runs, whatever was told', [died(-900)], alive, 'worker-1 did not die (running)'],
    ['it died too late', [died(1_001), event(1_900, 'start')], [state()], story('1.00 s', '137', again('0.90 s'))],
    ['it ended by itself', [died(310, '0'), event(900, 'start')], [state()], story('0.31 s', '0', again('0.59 s'))],
    [
      'nobody told how it ended',
      [event(310, 'die'), event(900, 'start')],
      [state()],
      story('0.31 s', 'unknown', again('0.59 s')),
    ],
    ['it stays down', [died(310)], down, story('0.31 s', '137', 'not running again (exited)')],
    ['it is gone', [died(310), event(400, 'destroy')], [], story('0.31 s', '137', 'not running again (gone)')],
    ['it came back too late', [died(310), event(5_311, 'start')], [state()], story('0.31 s', '137', again('5.00 s'))],
    [
      'it fell again and stayed down',
      [died(310), event(800, 'start'), died(900)],
      [state({ status: 'restarting', pid: 0 })],
      story('0.31 s', '137', 'not running again (restarting) after 1 more deaths'),
    ],
    [
      'it fell again and again',
      [died(310), event(800, 'start'), died(1_000), event(2_000, 'start'), died(5_000), event(6_000, 'start')],
      [state()],
      story('0.31 s', '137', `${again('5.69 s')} after 2 more deaths`),
    ],
  ])('is missed when %s', (_what, events, states, observed) => {
    expect(judge(CRASH, events, states)).toMatchObject({ observed, met: false })
  })

  it('is told as far as the clause asks for it', () => {
    const spec: ContainerSpec = { service: 'worker', exit_code: 137 }
    expect(judge(spec, [died(310)], down)).toEqual({
      expected: 'each died with exit code 137',
      observed: 'worker-1 died after 0.31 s with exit code 137',
      met: true,
    })
    expect(judge(spec, [], alive)).toMatchObject({ observed: 'worker-1 did not die (running)', met: false })
    expect(judge({ service: 'worker', died_within_seconds: 1 }, [died(310, '1')], down).met).toBe(true)
    expect(judge({ service: 'worker', died_within_seconds: 1 }, [], alive).met).toBe(false)
    expect(judge({ service: 'worker', running_again_within_seconds: 1 }, [], alive).met).toBe(false)
    expect(judge({ service: 'worker', running_again_within_seconds: 1 }, [died(310), event(900, 'start')]).met).toBe(true)
  })

  it('allows a fault to tell of its hit after the death', () => {
    expect(judge(CRASH, [died(-200), event(300, 'start')])).toMatchObject({
      met: true,
      observed: 'worker-1 died after 0.00 s with exit code 137, running again 0.50 s later with another pid',
    })
  })

  it('must be that of each, and names those that missed it first', () => {
    const subjects = [subject('w1'), subject('w2', { pid: 101 })]
    const states = [state(), state({ id: 'w2', pid: 0, status: 'exited' })]
    const events = [died(100), died(100, '137', 'w2'), event(600, 'start')]
    const judged = judge(CRASH, events, states, subjects)
    expect(judged).toMatchObject({
      observed:
        '1 of 2 did: worker-2 died after 0.10 s with exit code 137, not running again (exited); ' +
        'worker-1 died after 0.10 s with exit code 137, running again 0.50 s later with another pid',
      met: false,
    })
    const both = judge(CRASH, [...events, event(700, 'start', {}, 'w2')], [state(), state({ id: 'w2', pid: 201 })], subjects)
    expect(both).toMatchObject({ observed: expect.stringMatching(/^2 of 2 did: worker-1 died/) as string, met: true })
  })

  it('is undecided when nothing was hit', () => {
    expect(judge({ service: 'worker', exit_code: 137 }, [died(310)], [], [])).toEqual({
      ...{ expected: 'each died with exit code 137', observed: 'nothing was hit', met: null },
    })
    const other = judgeContainers(CRASH, { lives: [], calm: NO_CALM, hit: ['queen-1', 'queen-2'] })
    expect(other).toMatchObject({ met: null, observed: 'nothing was hit of worker (only queen-1, queen-2)' })
  })

  it('tells a kill for want of memory from any other by the kernel event', () => {
    const spec = { service: 'worker', hit: true, oom: true }
    expect(judge(spec, [event(100, 'oom'), died(150)])).toMatchObject({
      expected: 'each died of an oom event',
      observed: 'worker-1 died after 0.15 s with exit code 137, oom event',
      met: true,
    })
    // The daemon may tell the two in the wrong order, but not seconds apart.
    expect(judge(spec, [died(150), event(400, 'oom')]).met).toBe(true)
    expect(judge(spec, [died(150), event(900, 'oom')]).met).toBe(false)
    expect(judge(spec, [died(150)])).toMatchObject({ met: false, observed: expect.stringMatching(/, no oom event$/) as string })
    // A kill in the cgroup that spared the main process is no death of the container.
    expect(judge(spec, [event(100, 'oom')], [state({ pid: 100 })])).toMatchObject({
      met: false,
      observed: 'worker-1 did not die (running, oom event)',
    })
    expect(judge({ ...spec, oom: false }, [event(100, 'oom'), died(150), event(900, 'start')])).toMatchObject({
      expected: 'none had an oom event',
      observed: 'worker-1 died after 0.15 s with exit code 137, oom event, running again 0.75 s later with another pid',
      met: false,
    })
    expect(judge({ ...spec, oom: false }, [event(100, 'oom')], alive).met).toBe(false)
    expect(judge({ ...spec, oom: false }, [], alive)).toMatchObject({
      observed: 'worker-1 did not die (running, no oom event)',
      met: true,
    })
    expect(judge({ ...spec, oom: false }, [died(150)], down).met).toBe(true)
    // A death that was to be is missed all the same.
    for (const asked of [{ exit_code: 137 }, { died_within_seconds: 1 }, { running_again_within_seconds: 5 }])
      expect(judge({ ...spec, oom: false, ...asked }, [], alive).met).toBe(false)
  })
})

describe('isSettled', () => {
  const settled = (spec: ContainerSpec, events: ContainerEvent[], states: ContainerState[], afterMs: number): boolean =>
    isSettled(spec, lifeOf(subject(), { events, states }), later(HIT_MS, afterMs))
  const down = [state({ status: 'exited', pid: 0 })]
  const alive = [state({ pid: 100 })]
  const back = [died(310), event(800, 'start')]
  const code: ContainerSpec = { service: 'worker', exit_code: 137 }
  const oom: ContainerSpec = { service: 'worker', oom: true }

  it.each<[string, ContainerSpec, ContainerEvent[], ContainerState[], number]>([
    ['a death that may still be told of', CRASH, [], alive, 2_000],
    ['one of which the clause says no limit', code, [], alive, 1_000],
    ['a start that may still be told of', CRASH, [died(310)], down, 6_310],
    ['an oom that may still be told of', oom, [died(310)], down, 1_810],
  ])('waits for %s, and a moment later no more', (_what, spec, events, states, lastMs) => {
    expect(settled(spec, events, states, lastMs)).toBe(false)
    expect(settled(spec, events, states, lastMs + 1)).toBe(true)
  })

  it.each<[string, ContainerSpec, ContainerEvent[], ContainerState[]]>([
    ['that runs again', CRASH, back, [state()]],
    ['that has died, where that is all', code, [died(310)], down],
    ['that has died of an oom', oom, [event(300, 'oom'), died(310)], down],
    ['of which only its calm is asked', { service: 'worker', survives: true }, [], alive],
  ])('does not wait for one %s', (_what, spec, events, states) => {
    expect(settled(spec, events, states, 311)).toBe(true)
  })
})

it('is the calm of the service alone where nothing else is asked', () => {
  const lives = [lifeOf(subject(), { events: [died(310)], states: [] })]
  const spec: ContainerSpec = { service: 'worker', survives: true }
  expect(judgeContainers(spec, { lives, calm: { ...NO_CALM, names: ['worker-2'] }, hit: [] })).toEqual({
    expected: 'none died or was restarted',
    observed: 'none of 1 (worker-2) died or was restarted',
    met: true,
  })
})

it('joins the fate of each and the calm of the service', () => {
  const lives = [lifeOf(subject(), { events: [died(310)], states: [] })]
  const calm = { ...NO_CALM, names: ['worker-2'] }
  const spec: ContainerSpec = { service: 'worker', exit_code: 137, survives: true }
  expect(judgeContainers(spec, { lives, calm, hit: ['worker-1'] })).toEqual({
    expected: 'each died with exit code 137; none died or was restarted',
    observed: 'worker-1 died after 0.31 s with exit code 137; none of 1 (worker-2) died or was restarted',
    met: true,
  })
})

it.each<[Partial<ContainerSpec>, boolean]>([
  [{ died_within_seconds: 1 }, true],
  [{ exit_code: 0 }, true],
  [{ oom: false }, true],
  [{ running_again_within_seconds: 0 }, true],
  [{ survives: true, healthy: true, hit: true }, false],
])('%j asks for a death: %j', (spec, asks) => {
  expect(asksForDeath({ service: 'worker', ...spec })).toBe(asks)
})

describe('containerText', () => {
  it('says in one line what is asserted', () => {
    expect(containerText({ ...CRASH, hit: false, oom: true, healthy: true })).toBe(
      'containers of worker: each died within 1 s of the fault; each died with exit code 137; each died of an oom event; ' +
        'each runs again with another pid within 5 s of its death; none turned unhealthy',
    )
    expect(containerText({ service: 'worker', oom: false })).toBe('containers of worker: none had an oom event')
    expect(containerText({ service: 'worker', hit: true, exit_code: 137 })).toBe(
      'containers of worker that were hit: each died with exit code 137',
    )
    expect(containerText({ service: 'queen', survives: true })).toBe('containers of queen: none died or was restarted')
  })
})
