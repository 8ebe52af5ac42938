import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../core/json.ts'
import type { Probe } from '../core/ports.ts'
import type { Expectation, Scenario } from '../core/scenario.ts'
import { ExpectationSet } from './expectations.ts'

function probe(kind: string, afterWindowMs?: (spec: JsonObject) => number): Probe {
  return {
    kind,
    text: () => kind,
    observe: () => Promise.resolve({ expected: '', observed: '', met: true }),
    ...(afterWindowMs === undefined ? {} : { afterWindowMs }),
  }
}

const PROBES = new Map([
  // Not in the order of their names.
  ['swift', probe('swift')],
  ['prompt', probe('prompt')],
  ['slow', probe('slow', (spec) => Number(spec['limit_ms']))],
])

function setOf(...expectations: readonly Expectation[]): ExpectationSet {
  const scenario: Scenario = {
    ...{ id: 'A-1', name: '', suite: 'chaos', expectedBehavior: '', faults: [], expect: expectations, durationSeconds: 5 },
    ...{ profileSeconds: {}, recoveryLimitSeconds: null, control: null, exclusive: false, source: { file: '', line: 1 } },
  }
  return new ExpectationSet(PROBES, scenario)
}

describe('the longest that clauses of a phase may need', () => {
  const slow = (limitMs: number, phase: 'during' | 'after' = 'during'): Expectation => ({
    ...{ probe: 'slow', phase, spec: { limit_ms: limitMs } },
  })

  it('is that of the slowest of them', () => {
    const set = setOf({ probe: 'prompt', phase: 'during', spec: {} }, slow(40_000), slow(60_000), slow(90_000, 'after'))
    expect(set.longestMs('during')).toBe(60_000)
    expect(set.longestMs('after')).toBe(90_000)
  })

  it('is nothing when none says how long it needs', () => {
    expect(setOf({ probe: 'prompt', phase: 'during', spec: {} }).longestMs('during')).toBe(0)
    expect(setOf().longestMs('after')).toBe(0)
  })
})

it('a clause without a probe is told with those that there are', () => {
  expect(() => setOf({ probe: 'slwo', phase: 'during', spec: {} })).toThrow(
    expect.objectContaining({
      code: 'BAD_INPUT',
      message: 'A-1: this version has no probe slwo (it has: prompt, slow, swift)',
    }),
  )
})
