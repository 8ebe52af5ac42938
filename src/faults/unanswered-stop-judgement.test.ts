import { describe, expect, test } from 'vitest'
import type { ProcessFacts } from '../core/toolbox.ts'
import { judgeUnansweredStop } from './unanswered-stop-judgement.ts'
import type { DeafSeen } from './unanswered-stop-judgement.ts'

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

describe('what did not happen is not confirmed', () => {
  test.each<[string, Partial<DeafSeen>, RegExp]>([
    ['nothing was injected', { stopped: null }, /^nothing was stopped$/],
    ['the process was gone', { stopped: null, problem: 'process 4000 is gone' }, /^process 4000 is gone$/],
    ['nobody looked', { looks: [] }, /nobody looked/],
    [
      'it answered to nothing, but nothing came',
      { looks: [{ atMs: 90, facts: facts({ pendingSignals: [] }) }] },
      /never seen pending/,
    ],
    ['another signal came', { looks: [{ atMs: 90, facts: facts({ pendingSignals: ['SIGHUP'] }) }] }, /SIGTERM was never seen/],
    [
      'it was killed at once',
      {
        looks: [
          { atMs: 40, facts: facts({ pendingSignals: [] }) },
          { atMs: 90, facts: GONE },
        ],
      },
      /never seen/,
    ],
    ['the system was not asked', { askedMs: null, problem: null }, /the system was not asked/],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeUnansweredStop({ ...GOOD, ...change })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })

  test.each<[string, ProcessFacts]>([
    ['it ran on', facts({ state: 'S' })],
    ['the pid went to another process', facts({ startTicks: 778 })],
    ['it was a zombie', facts({ state: 'Z' })],
  ])('%s', (_name, seen) => {
    const { reasons } = judgeUnansweredStop({ ...GOOD, looks: [{ atMs: 90, facts: seen }] })
    expect(reasons).toEqual([
      'the process was never seen stopped (state T)',
      'the system was asked, and SIGTERM was never seen pending at the stopped process',
    ])
  })
})
