import { describe, expect, test } from 'vitest'
import type { ContainerEvent } from '../core/ports.ts'
import { judgeCrash } from './crash-judgement.ts'
import type { CrashSeen } from './crash-judgement.ts'

const ID = 'a'.repeat(64)

function event(action: string, atMs: number, attributes: Record<string, string> = {}, containerId = ID): ContainerEvent {
  return { atMs, action, containerId, service: 'hand', attributes }
}

/** A crash as it should look; each bad history differs from it in one thing. */
const GOOD: CrashSeen = {
  signal: 'SIGKILL',
  containerId: ID,
  sent: { pid: 4_000, wallMs: 10_000, decisionToSignalMs: 12.34 },
  problem: null,
  events: [event('die', 10_021.5, { exitCode: '137' }), event('start', 10_400)],
  now: { status: 'running', pid: 4_100 },
}

test('a SIGKILL with its death and another main process is a crash', () => {
  expect(judgeCrash(GOOD)).toEqual({
    headline: 'died 22 ms after SIGKILL with exit code 137',
    measures: {
      signalled: true,
      decisionToSignalMs: 12.3,
      signalToDieMs: 21.5,
      exitCode: 137,
      pidBefore: 4_000,
      pidAfter: 4_100,
    },
    reasons: [],
  })
})

test.each<[string, Partial<CrashSeen>]>([
  ['one that has not been started again', { now: { status: 'restarting', pid: 0 } }],
  ['one that is gone', { now: null }],
  ['SIGTERM that was not handled', { signal: 'SIGTERM', events: [event('die', 10_050, { exitCode: '143' })] }],
  ['SIGTERM that was handled', { signal: 'SIGTERM', events: [event('die', 12_000, { exitCode: '0' })] }],
  ['SIGSEGV', { signal: 'SIGSEGV', events: [event('die', 10_050, { exitCode: '139' })] }],
])('%s is a crash', (_name, change) => {
  expect(judgeCrash({ ...GOOD, ...change }).reasons).toEqual([])
})

describe('what did not happen is not confirmed', () => {
  test.each<[string, Partial<CrashSeen>, RegExp]>([
    ['nothing was injected', { sent: null }, /^no signal was sent to it$/],
    ['the process was dead already', { sent: null, problem: 'process 4000 is gone' }, /^process 4000 is gone$/],
    ['no death', { events: [] }, /no death after SIGKILL/],
    ['the death of another container', { events: [event('die', 10_020, { exitCode: '137' }, 'b'.repeat(64))] }, /no death/],
    ['a death before the signal', { events: [event('die', 9_999, { exitCode: '137' })] }, /no death/],
    ['another exit code', { events: [event('die', 10_020, { exitCode: '1' })] }, /exit code 1, which is not how SIGKILL/],
    ['no exit code', { events: [event('die', 10_020)] }, /without an exit code/],
    ['only a kill event', { events: [event('kill', 10_020, { signal: '9' })] }, /no death/],
    ['the same main process', { now: { status: 'running', pid: 4_000 } }, /main process is still 4000 \(running\)/],
    [
      'SIGTERM, and someone else’s SIGKILL',
      { signal: 'SIGTERM', events: [event('die', 10_020, { exitCode: '137' })] },
      /exit code 137, which is not how SIGTERM/,
    ],
    [
      'a signal that does not exist',
      { signal: 'SIGFOO', events: [event('die', 10_020, { exitCode: '137' })] },
      /not how SIGFOO ends a process/,
    ],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeCrash({ ...GOOD, ...change })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })

  test('all that is wrong is told', () => {
    const { reasons } = judgeCrash({ ...GOOD, events: [], now: { status: 'running', pid: 4_000 } })
    expect(reasons).toHaveLength(2)
  })
})
