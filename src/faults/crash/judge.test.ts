import { wall } from '../../core/time/moment.fixture.ts'
import { describe, expect, test } from 'vitest'
import type { ContainerEvent } from '../../ports/docker.ts'
import { deathOf, judgeCrash, type CrashSeen } from './judge.ts'

const ID = 'a'.repeat(64)

function event(action: string, atMs: number, attributes: Record<string, string> = {}, containerId = ID): ContainerEvent {
  return { atMs: wall(atMs), action, containerId, service: 'hand', attributes }
}

/** A crash as it should look; each bad history differs from it in one thing. */
const GOOD: CrashSeen = {
  signal: 'SIGKILL',
  containerId: ID,
  sent: { pid: 4_000, wallMs: wall(10_000), decisionToSignalMs: 12.34 },
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

const ended = (exitCode: string): ContainerEvent[] => [event('die', 10_050, { exitCode })]

test.each<[string, Partial<CrashSeen>]>([
  ['one that has not been started again', { now: { status: 'restarting', pid: 0 } }],
  ['one that is gone', { now: null }],
  ['SIGTERM that was not handled', { signal: 'SIGTERM', events: ended('143') }],
  ['SIGTERM that was handled', { signal: 'SIGTERM', events: ended('0') }],
  ['SIGTERM after which it ended with the last code that is no signal', { signal: 'SIGTERM', events: ended('128') }],
  ['SIGTERM after which it ended with a code above all signals', { signal: 'SIGTERM', events: ended('193') }],
  ['SIGSEGV', { signal: 'SIGSEGV', events: ended('139') }],
])('%s is a crash', (_name, change) => {
  expect(judgeCrash({ ...GOOD, ...change }).reasons).toEqual([])
})

describe('what did not happen is not confirmed', () => {
  const noDeath = 'Docker told of no death after SIGKILL'
  const notHow = (signal: string, code: number): string =>
    `it died with exit code ${code}, which is not how ${signal} ends a process`

  test.each<[string, Partial<CrashSeen>, string[]]>([
    ['no death', { events: [] }, [noDeath]],
    ['the death of another container', { events: [event('die', 10_020, { exitCode: '137' }, 'b'.repeat(64))] }, [noDeath]],
    ['a death before the signal', { events: [event('die', 9_999, { exitCode: '137' })] }, [noDeath]],
    ['only a kill event', { events: [event('kill', 10_020, { signal: '9' })] }, [noDeath]],
    ['another exit code', { events: ended('1') }, [notHow('SIGKILL', 1)]],
    ['an exit code above all signals, which leaves SIGKILL no choice', { events: ended('193') }, [notHow('SIGKILL', 193)]],
    ['no exit code', { events: [event('die', 10_020)] }, ['Docker told of a death without an exit code']],
    ['the same main process', { now: { status: 'running', pid: 4_000 } }, ['its main process is still 4000 (running)']],
    ['SIGTERM, and someone else’s SIGKILL', { signal: 'SIGTERM', events: ended('137') }, [notHow('SIGTERM', 137)]],
    ['SIGTERM, and the first of all signals', { signal: 'SIGTERM', events: ended('129') }, [notHow('SIGTERM', 129)]],
    ['SIGTERM, and the last of all signals', { signal: 'SIGTERM', events: ended('192') }, [notHow('SIGTERM', 192)]],
    ['a signal that does not exist', { signal: 'SIGFOO', events: ended('137') }, [notHow('SIGFOO', 137)]],
    [
      'all that at once',
      { events: [], now: { status: 'running', pid: 4_000 } },
      [noDeath, 'its main process is still 4000 (running)'],
    ],
  ])('%s', (_name, change, reasons) => {
    expect(judgeCrash({ ...GOOD, ...change }).reasons).toEqual(reasons)
  })

  test.each<[string, string | null, string]>([
    ['nothing was injected', null, 'no signal was sent to it'],
    ['the process was dead already', 'process 4000 is gone', 'process 4000 is gone'],
  ])('%s', (_name, problem, why) => {
    const nothing = { headline: `not hit (${why})`, measures: { signalled: false }, reasons: [why] }
    expect(judgeCrash({ ...GOOD, sent: null, problem })).toEqual(nothing)
  })
})

test.each<[string, Partial<CrashSeen>, string, object]>([
  [
    'a signal without a death',
    { events: [], now: null },
    'SIGKILL delivered, and it did not die',
    { signalToDieMs: null, exitCode: null, pidAfter: null },
  ],
  [
    'a death without a code',
    { events: [event('die', 10_020.4)] },
    'died 20 ms after SIGKILL with exit code unknown',
    { signalToDieMs: 20.4, exitCode: null },
  ],
])('tells %s', (_name, change, headline, measures) => {
  expect(judgeCrash({ ...GOOD, ...change })).toMatchObject({ headline, measures })
})

describe('deathOf', () => {
  test('is the first death since the signal', () => {
    const events = [event('die', 9_000), event('die', 10_000), event('die', 11_000)]
    expect(deathOf({ ...GOOD, events })).toBe(events[1])
  })

  test('is none where no signal was sent', () => {
    expect(deathOf({ ...GOOD, sent: null })).toBeNull()
  })
})
