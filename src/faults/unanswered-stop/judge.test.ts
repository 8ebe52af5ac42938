import { describe, expect, test } from 'vitest'
import type { ProcessFacts } from '../../toolbox/operations/processes/process.ts'
import { judgeUnansweredStop, type DeafSeen } from './judge.ts'

function facts(changes: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    alive: true,
    state: 'T',
    name: 'node',
    startTicks: 777,
    uid: 0,
    gid: 0,
    pendingSignals: ['SIGTERM'],
    descriptors: null,
    ...changes,
  }
}

const GONE = facts({ alive: false, state: null, name: null, startTicks: null, pendingSignals: [] })

const GOOD: DeafSeen = {
  signal: 'SIGTERM',
  stopped: { pid: 4_000, startTicks: 777 },
  problem: null,
  looks: [
    { atMs: 40, facts: facts({ pendingSignals: [] }) },
    { atMs: 95, facts: facts() },
    { atMs: 3_050, facts: GONE },
  ],
  askedMs: 50,
  decisionToSignalMs: 21.26,
}

test('a stopped process with the signal pending, whatever became of it later', () => {
  expect(judgeUnansweredStop(GOOD)).toEqual({
    headline: 'SIGTERM pending 45 ms after the system was asked to stop it, state T',
    measures: { stopped: true, decisionToSignalMs: 21.3, askedToPendingMs: 45, pid: 4_000, looks: 3 },
    reasons: [],
  })
})

test('a signal that is pending at the very moment of the question', () => {
  const { headline, reasons } = judgeUnansweredStop({ ...GOOD, looks: [{ atMs: 50, facts: facts() }] })
  expect([headline, reasons]).toEqual(['SIGTERM pending 0 ms after the system was asked to stop it, state T', []])
})

describe('what did not happen is not confirmed', () => {
  const neverSeen = 'the system was asked, and SIGTERM was never seen pending at the stopped process'
  const quiet = { atMs: 40, facts: facts({ pendingSignals: [] }) }

  test.each<[string, Partial<DeafSeen>, string[]]>([
    ['nobody looked', { looks: [] }, ['nobody looked at the process']],
    ['it was deaf only after it was asked', { looks: [{ ...quiet, atMs: 50.1 }] }, [neverSeen]],
    ['it broke off after it was asked', { problem: 'the helper is gone', looks: [quiet] }, ['the helper is gone', neverSeen]],
    [
      'the signal came while it still ran, and it was stopped only then',
      {
        looks: [
          { atMs: 60, facts: facts({ state: 'S' }) },
          { ...quiet, atMs: 90 },
        ],
      },
      [neverSeen],
    ],
    ['the system was not asked', { askedMs: null }, ['the system was not asked to stop it']],
    [
      'the system was not asked, and it was deaf from the start',
      { askedMs: null, looks: [{ ...quiet, atMs: 0 }] },
      ['the system was not asked to stop it'],
    ],
    [
      'the signal was there before the system was asked',
      {
        looks: [
          { atMs: 49, facts: facts() },
          { atMs: 95, facts: facts() },
        ],
      },
      ['SIGTERM was pending before the system was asked to stop it'],
    ],
    ['it broke off', { problem: 'the helper is gone', looks: [] }, ['the helper is gone', 'nobody looked at the process']],
    [
      'it broke off before the system was asked',
      { problem: 'the pool answers nothing', askedMs: null, looks: [quiet] },
      ['the pool answers nothing', 'the system was not asked to stop it'],
    ],
  ])('%s', (_name, change, reasons) => {
    expect(judgeUnansweredStop({ ...GOOD, ...change }).reasons).toEqual(reasons)
  })

  test.each<[string, ProcessFacts]>([
    ['it ran on', facts({ state: 'S' })],
    ['the pid went to another process', facts({ startTicks: 778 })],
    ['it was a zombie', facts({ state: 'Z' })],
    ['it was no more', facts({ alive: false })],
  ])('%s', (_name, seen) => {
    const judged = judgeUnansweredStop({ ...GOOD, looks: [{ atMs: 90, facts: seen }] })
    expect(judged.headline).toBe('SIGTERM was not seen pending')
    expect(judged.measures).toMatchObject({ stopped: false, askedToPendingMs: null })
    expect(judged.reasons).toEqual(['the process was never seen stopped (state T)', neverSeen])
  })

  test.each([
    [null, 'nothing was stopped'],
    ['process 4000 is gone', 'process 4000 is gone'],
  ])('nothing was stopped: %s', (problem, why) => {
    const nothing = { headline: `not deaf (${why})`, measures: { stopped: false }, reasons: [why] }
    expect(judgeUnansweredStop({ ...GOOD, stopped: null, problem })).toEqual(nothing)
  })

  test('what nobody asked for has no time since the question', () => {
    const { headline, measures } = judgeUnansweredStop({ ...GOOD, askedMs: null, decisionToSignalMs: null })
    expect(headline).toBe('SIGTERM pending, state T')
    expect(measures).toMatchObject({ askedToPendingMs: null, decisionToSignalMs: null })
  })
})

describe('a deaf process that was not sent the signal is a broken promise, and no fault that did not bite', () => {
  const deaf = { atMs: 50, facts: facts({ pendingSignals: [] }) }
  const none = 'the system was to stop it, and SIGTERM was never seen pending: '

  test.each<[string, DeafSeen['looks'], string]>([
    ['it was killed at once', [deaf, { atMs: 90, facts: GONE }], `${none}it was ended by force, and asked for nothing before`],
    ['nothing came at all', [deaf, { ...deaf, atMs: 6_000 }], `${none}it was asked for nothing`],
    [
      'another signal came',
      [deaf, { atMs: 90, facts: facts({ pendingSignals: ['SIGHUP'] }) }],
      `${none}it was asked for nothing`,
    ],
  ])('%s', (_name, looks, escaped) => {
    expect(judgeUnansweredStop({ ...GOOD, looks })).toMatchObject({
      ...{ headline: 'SIGTERM was not seen pending', reasons: [], escaped: [escaped] },
    })
  })

  test('one that was sent it has not escaped', () => {
    expect(judgeUnansweredStop(GOOD)).not.toHaveProperty('escaped')
  })
})
