import { describe, expect, test } from 'vitest'
import type { ContainerEvent } from '../core/ports.ts'
import { judgeAction } from './container-action-judgement.ts'
import type { ActionSeen } from './container-action-judgement.ts'

const ID = 'a'.repeat(64)

function events(...actions: string[]): ContainerEvent[] {
  return actions.map((action, index) => ({
    atMs: 10_010 + index,
    action,
    containerId: ID,
    service: 'hand',
    attributes: action === 'die' ? { exitCode: '143' } : {},
  }))
}

const STOPPED: ActionSeen = {
  action: 'stop',
  containerId: ID,
  done: { pid: 4_000, wallMs: 10_000, tookMs: 312.4 },
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

test.each([STOPPED, PAUSED, RESTARTED])('$action', (seen) => {
  const { reasons, headline, measures } = judgeAction(seen)
  expect(reasons).toEqual([])
  expect(headline).toMatch(/^(stopped|paused|restarted) in 312 ms, now (exited|paused|running)$/)
  expect(measures['done']).toBe(true)
})

describe('what did not happen is not confirmed', () => {
  test.each<[string, ActionSeen, RegExp]>([
    ['nothing was injected', { ...STOPPED, done: null }, /^it was not stopped$/],
    ['the daemon refused', { ...PAUSED, done: null, problem: 'no such container' }, /^no such container$/],
    ['stopped and back by itself', { ...STOPPED, now: { status: 'running', pid: 4_100 } }, /it is running instead of stopped/],
    ['a stop that no event tells of', { ...STOPPED, events: events('die') }, /no 'stop'/],
    ['paused only in name', { ...PAUSED, events: [] }, /no 'pause'/],
    ['paused and gone on', { ...PAUSED, now: { status: 'running', pid: 4_000 } }, /running instead of paused/],
    ['restarted with the same process', { ...RESTARTED, now: { status: 'running', pid: 4_000 } }, /still 4000/],
    ['a restart without a death', { ...RESTARTED, events: events('start', 'restart') }, /no 'die'/],
    ['a container that is gone', { ...STOPPED, now: null }, /the container is gone/],
  ])('%s', (_name, seen, reason) => {
    const { reasons } = judgeAction(seen)
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })

  test('events of before, or of another container, do not count', () => {
    const early = STOPPED.events.map((event) => ({ ...event, atMs: 9_000 }))
    expect(judgeAction({ ...STOPPED, events: early }).reasons).toHaveLength(2)
    const others = STOPPED.events.map((event) => ({ ...event, containerId: 'b'.repeat(64) }))
    expect(judgeAction({ ...STOPPED, events: others }).reasons).toHaveLength(2)
  })
})
