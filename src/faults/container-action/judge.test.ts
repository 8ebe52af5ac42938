import { wall } from '../../core/time/moment.fixture.ts'
import { describe, expect, test } from 'vitest'
import type { ContainerEvent } from '../../ports/docker.ts'
import { judgeAction, type ActionSeen } from './judge.ts'

type Action = ActionSeen['action']

const ID = 'a'.repeat(64)

function events(...actions: string[]): ContainerEvent[] {
  return actions.map((action, index) => ({
    atMs: wall(10_010 + index),
    action,
    containerId: ID,
    service: 'hand',
    attributes: action === 'die' ? { exitCode: '143' } : {},
  }))
}

const STOPPED: ActionSeen = {
  action: 'stop',
  containerId: ID,
  done: { pid: 4_000, wallMs: wall(10_000), tookMs: 312.4 },
  problem: null,
  events: events('kill', 'die', 'stop'),
  now: { status: 'exited', pid: 0 },
}
const PAUSED: ActionSeen = { ...STOPPED, action: 'pause', events: events('pause'), now: { status: 'paused', pid: 4_000 } }
const RESTARTED: ActionSeen = {
  ...STOPPED,
  action: 'restart',
  events: events('kill', 'die', 'stop', 'start', 'restart'),
  now: { status: 'running', pid: 4_100 },
}

test.each<[ActionSeen, string, object]>([
  [
    STOPPED,
    'stopped in 312 ms, now exited',
    { askedToEventMs: 11, exitCode: 143, status: 'exited', pidBefore: 4_000, pidAfter: 0 },
  ],
  [
    PAUSED,
    'paused in 312 ms, now paused',
    { askedToEventMs: 10, exitCode: null, status: 'paused', pidBefore: 4_000, pidAfter: 4_000 },
  ],
  [
    RESTARTED,
    'restarted in 312 ms, now running',
    { askedToEventMs: 11, exitCode: 143, status: 'running', pidBefore: 4_000, pidAfter: 4_100 },
  ],
])('$action', (seen, headline, measures) => {
  expect(judgeAction(seen)).toEqual({ headline, measures: { done: true, tookMs: 312.4, ...measures }, reasons: [] })
})

test.each<[string, Partial<ActionSeen>, number, string]>([
  [
    'waits until it is killed',
    {},
    5_002.4,
    'stopped by force (SIGKILL), as it had not ended 5 s after SIGTERM in 5002 ms, now exited',
  ],
  [
    'is killed to the millisecond',
    {},
    5_000,
    'stopped by force (SIGKILL), as it had not ended 5 s after SIGTERM in 5000 ms, now exited',
  ],
  ['ends itself so', {}, 4_999, 'stopped in 4999 ms, now exited'],
  ['ends by itself, late', { events: STOPPED.events }, 5_002.4, 'stopped in 5002 ms, now exited'],
])('a stop that %s', (_what, change, tookMs, headline) => {
  const killed = STOPPED.events.map((event) => ({ ...event, attributes: event.action === 'die' ? { exitCode: '137' } : {} }))
  const seen: ActionSeen = { ...STOPPED, done: { pid: 4_000, wallMs: wall(10_000), tookMs }, events: killed, ...change }
  expect(judgeAction(seen).headline).toBe(headline)
})

test('a restart has the grace of the daemon', () => {
  const killed = RESTARTED.events.map((event) => ({ ...event, attributes: event.action === 'die' ? { exitCode: '137' } : {} }))
  const done = { pid: 4_000, wallMs: wall(10_000), tookMs: 10_400 }
  expect(judgeAction({ ...RESTARTED, done, events: killed }).headline).toBe('restarted in 10400 ms, now running')
})

test.each<[Action, string]>([
  ['stop', 'it was not stopped'],
  ['pause', 'it was not paused'],
  ['restart', 'it was not restarted'],
])('%s of which nobody asked the daemon', (action, why) => {
  const nothing = { headline: `untouched (${why})`, measures: { done: false }, reasons: [why] }
  expect(judgeAction({ ...STOPPED, action, done: null })).toEqual(nothing)
})

describe('what did not happen is not confirmed', () => {
  test.each<[string, ActionSeen, string[]]>([
    ['the daemon refused', { ...PAUSED, done: null, problem: 'no such container' }, ['no such container']],
    ['stopped and back by itself', { ...STOPPED, now: { status: 'running', pid: 4_100 } }, ['it is running instead of stopped']],
    ['a stop that no event tells of', { ...STOPPED, events: events('die') }, ["Docker told of no 'stop'"]],
    ['a stop without a death', { ...STOPPED, events: events('stop') }, ["Docker told of no 'die'"]],
    ['paused only in name', { ...PAUSED, events: [] }, ["Docker told of no 'pause'"]],
    ['paused and gone on', { ...PAUSED, now: { status: 'running', pid: 4_000 } }, ['it is running instead of paused']],
    [
      'restarted with the same process',
      { ...RESTARTED, now: { status: 'running', pid: 4_000 } },
      ['its main process is still 4000'],
    ],
    ['a restart without a death', { ...RESTARTED, events: events('start', 'restart') }, ["Docker told of no 'die'"]],
    ['a restart without a start', { ...RESTARTED, events: events('die', 'restart') }, ["Docker told of no 'start'"]],
    ['a restart that broke off', { ...RESTARTED, events: events('die', 'start') }, ["Docker told of no 'restart'"]],
    ['nothing of all that', { ...PAUSED, events: [], now: null }, ["Docker told of no 'pause'", 'the container is gone']],
  ])('%s', (_name, seen, reasons) => {
    expect(judgeAction(seen).reasons).toEqual(reasons)
  })

  test('a container that is gone', () => {
    const { headline, measures, reasons } = judgeAction({ ...STOPPED, now: null })
    expect([headline, reasons]).toEqual(['stopped in 312 ms, now gone', ['the container is gone']])
    expect(measures).toMatchObject({ status: null, pidAfter: null })
  })

  test('events of before, or of another container, do not count', () => {
    const none = ["Docker told of no 'die'", "Docker told of no 'stop'"]
    const early = judgeAction({ ...STOPPED, events: STOPPED.events.map((event) => ({ ...event, atMs: wall(9_999) })) })
    expect(early.reasons).toEqual(none)
    expect(early.measures).toMatchObject({ askedToEventMs: null, exitCode: null })
    const others = STOPPED.events.map((event) => ({ ...event, containerId: 'b'.repeat(64) }))
    expect(judgeAction({ ...STOPPED, events: others }).reasons).toEqual(none)
  })
})
