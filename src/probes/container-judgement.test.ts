import { describe, expect, it } from 'vitest'
import type { ContainerExpectation } from '../core/expectations.ts'
import type { ContainerEvent, ContainerState, Observation } from '../core/ports.ts'
import { calmOf } from './container-calm.ts'
import type { Stretch } from './container-calm.ts'
import { containerText, isSettled, judgeContainers } from './container-judgement.ts'
import { lifeOf } from './container-life.ts'
import type { Subject } from './container-life.ts'

const HIT = 1_000_000
const NO_CALM = { names: [], deaths: [], unhealthy: [], uncheckable: [] }

function event(afterMs: number, action: string, attributes: Record<string, string> = {}, containerId = 'w1'): ContainerEvent {
  return { atMs: HIT + afterMs, action, containerId, service: 'worker', attributes }
}

function died(afterMs: number, exitCode = '137', containerId = 'w1'): ContainerEvent {
  return event(afterMs, 'die', { exitCode }, containerId)
}

function state(change: Partial<ContainerState> = {}): ContainerState {
  return {
    id: 'w1',
    name: 'worker-1',
    service: 'worker',
    image: 'worker',
    imageId: 'sha256:1',
    status: 'running',
    health: 'healthy',
    pid: 200,
    restartCount: 1,
    startedAt: '2026-01-01T00:00:10Z',
    oomKilled: false,
    exitCode: 0,
    addresses: {},
    mounts: [],
    ...change,
  }
}

function subject(id = 'w1', change: Partial<Subject> = {}): Subject {
  return {
    containerId: id,
    name: id.replace('w', 'worker-'),
    sinceWallMs: HIT,
    fromWallMs: HIT - 1_000,
    pid: 100,
    ...change,
  }
}

const CRASH: ContainerExpectation = {
  service: 'worker',
  hit: true,
  died_within_seconds: 1,
  exit_code: 137,
  running_again_within_seconds: 5,
}

function judge(spec: ContainerExpectation, events: ContainerEvent[], states = [state()], subjects = [subject()]): Observation {
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

  it.each<[string, ContainerEvent[], ContainerState[], RegExp]>([
    ['it never died', [], [state({ pid: 100 })], /did not die \(running\)/],
    ['the same process still runs, whatever was told', [died(-900)], [state({ pid: 100 })], /did not die/],
    ['it died too late', [died(1_400), event(1_900, 'start')], [state()], /died after 1.40 s/],
    ['it ended by itself', [died(310, '0'), event(900, 'start')], [state()], /exit code 0/],
    ['it stays down', [died(310)], [state({ status: 'exited', pid: 0 })], /not running again \(exited\)/],
    ['it is gone', [died(310), event(400, 'destroy')], [], /not running again \(gone\)/],
    ['it came back too late', [died(310), event(6_000, 'start')], [state()], /running again 5.69 s later/],
    [
      'it fell again and stayed down',
      [died(310), event(800, 'start'), died(900)],
      [state({ status: 'restarting', pid: 0 })],
      /not running again \(restarting\) after 1 more deaths/,
    ],
    [
      'it fell again and again',
      [died(310), event(800, 'start'), died(1_000), event(2_000, 'start'), died(5_000), event(6_000, 'start')],
      [state()],
      /running again 5.69 s later with another pid after 2 more deaths/,
    ],
    ['another container died', [died(310, '137', 'w2'), event(800, 'start', {}, 'w2')], [state({ pid: 100 })], /did not die/],
    ['it had died long before it was hit', [died(-1_200), event(-800, 'start')], [state({ pid: 150 })], /did not die/],
  ])('is missed when %s', (_what, events, states, observed) => {
    const judged = judge(CRASH, events, states)
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(observed)
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
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(/^1 of 2 did: worker-2 died .* not running again \(exited\); worker-1 died/)
    const both = judge(CRASH, [...events, event(700, 'start', {}, 'w2')], [state(), state({ id: 'w2', pid: 201 })], subjects)
    expect(both.met).toBe(true)
  })

  it('is undecided when nothing was hit', () => {
    expect(judge(CRASH, [died(310)], [], [])).toMatchObject({ met: null, observed: 'nothing was hit' })
    const other = judgeContainers(CRASH, { lives: [], calm: NO_CALM, hit: ['queen-1'] })
    expect(other).toMatchObject({ met: null, observed: 'nothing was hit of worker (only queen-1)' })
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
    expect(judge({ ...spec, oom: false }, [event(100, 'oom'), died(150)]).met).toBe(false)
    expect(judge({ ...spec, oom: false }, [], [state({ pid: 100 })]).met).toBe(true)
  })
})

describe('isSettled', () => {
  const settled = (spec: ContainerExpectation, events: ContainerEvent[], states: ContainerState[], afterMs: number): boolean =>
    isSettled(spec, lifeOf(subject(), { events, states }), HIT + afterMs)
  const down = [state({ status: 'exited', pid: 0 })]

  it('waits for what may still come, and no longer', () => {
    expect(settled(CRASH, [], [state({ pid: 100 })], 1_900)).toBe(false)
    expect(settled(CRASH, [], [state({ pid: 100 })], 2_100)).toBe(true)
    expect(settled(CRASH, [died(310)], down, 6_300)).toBe(false)
    expect(settled(CRASH, [died(310)], down, 6_400)).toBe(true)
    expect(settled(CRASH, [died(310), event(800, 'start')], [state()], 900)).toBe(true)
    expect(settled({ service: 'worker', oom: true }, [died(310)], down, 1_500)).toBe(false)
    expect(settled({ service: 'worker', oom: true }, [died(310)], down, 2_000)).toBe(true)
    expect(settled({ service: 'worker', survives: true }, [], down, 0)).toBe(true)
  })
})

describe('the calm of a service', () => {
  const before = [state({ pid: 200 }), state({ id: 'w2', name: 'worker-2', pid: 300 })]
  const stretch = (change: Partial<Stretch>): Stretch => ({
    before,
    after: before,
    events: [],
    fromWallMs: HIT - 50,
    untilWallMs: HIT + 6_000,
    zeroWallMs: HIT,
    ...change,
  })
  const survives = (change: Partial<Stretch>, spec: Partial<ContainerExpectation> = { survives: true }): Observation => {
    const calm = calmOf(stretch(change))
    const lives = stretch(change).before.map(({ id }) => lifeOf(subject(id), { events: [], states: before }))
    return judgeContainers({ service: 'worker', ...spec }, { lives, calm, hit: [] })
  }

  it('is kept when nothing happened to any of them', () => {
    const others = [died(100, '1', 'other'), event(200, 'kill'), event(300, 'oom'), died(-100), died(6_100)]
    expect(survives({ events: others }, { survives: true, healthy: true })).toEqual({
      expected: 'none died or was restarted; none turned unhealthy',
      observed: 'none of 2 (worker-1, worker-2) died or was restarted; none of 2 (worker-1, worker-2) turned unhealthy',
      met: true,
    })
  })

  it.each<[string, Partial<Stretch>, string]>([
    ['a death', { events: [died(2_310, '1', 'w2')] }, 'worker-2 died with exit code 1 after 2.31 s'],
    ['a death while the fault came', { events: [died(-20)] }, 'worker-1 died with exit code 137 while the fault was injected'],
    [
      'a restart that no event told',
      { after: [state({ pid: 999 }), before[1] as ContainerState] },
      'worker-1 is another process than before (running)',
    ],
    ['a removal', { after: before.slice(0, 1) }, 'worker-2 is gone'],
  ])('is broken by %s', (_what, change, observed) => {
    expect(survives(change)).toMatchObject({ met: false, observed })
    expect(survives(change, { survives: false }).met).toBe(true)
  })

  it('is broken for its health by an unhealthy moment, though it passed', () => {
    const events = [event(3_000, 'health_status: unhealthy'), event(4_000, 'health_status: healthy')]
    expect(survives({ events }, { healthy: true })).toMatchObject({
      met: false,
      observed: 'worker-1 turned unhealthy after 3.00 s',
    })
    expect(survives({ events: [event(4_000, 'health_status: healthy')] }, { healthy: true }).met).toBe(true)
    const sick = [state({ health: 'unhealthy' }), before[1] as ContainerState]
    expect(survives({ after: sick }, { healthy: true })).toMatchObject({ met: false, observed: 'worker-1 is unhealthy' })
    expect(survives({}, { healthy: false }).met).toBe(false)
  })

  it('is unknown without a health check, and for containers that came later', () => {
    const plain = [state({ health: null })]
    expect(survives({ before: plain, after: plain }, { healthy: true })).toMatchObject({
      met: null,
      observed: 'worker-1: no health check to go by',
    })
    const calm = calmOf(stretch({ before: [], after: [] }))
    const lives = [lifeOf(subject('w9'), { events: [], states: [] })]
    const late = judgeContainers(
      { service: 'worker', hit: true, survives: true, healthy: true },
      { lives, calm, hit: ['worker-9'] },
    )
    expect(late.met).toBeNull()
  })
})

describe('containerText', () => {
  it('says in one line what is asserted', () => {
    expect(containerText({ service: 'worker', hit: true, exit_code: 137 })).toBe(
      'containers of worker that were hit: each died with exit code 137',
    )
    expect(containerText({ service: 'queen', survives: true })).toBe('containers of queen: none died or was restarted')
  })
})
