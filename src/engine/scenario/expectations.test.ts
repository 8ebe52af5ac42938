import { describe, expect, it } from 'vitest'
import type { Expectation, Observation } from '../../kinds/clause.ts'
import { ExpectationSet } from './expectations.ts'

function clause(afterWindowMs: number, phase: Expectation['phase'] = 'during'): Expectation {
  return {
    ...{ kind: 'slow', phase, spec: {}, text: 'slow', afterWindowMs, missing: () => [] },
    steady: () => Promise.reject(new Error('not asked for here')),
  }
}

describe('the longest that clauses of a phase may need', () => {
  it('is that of the slowest of them', () => {
    const set = new ExpectationSet([clause(0), clause(40_000), clause(60_000), clause(90_000, 'after')])
    expect(set.longestMs('during')).toBe(60_000)
    expect(set.longestMs('after')).toBe(90_000)
  })

  it('is nothing when there is none', () => {
    expect(new ExpectationSet([]).longestMs('after')).toBe(0)
  })
})

describe('the steps of a clause', () => {
  const ctx = { signal: new AbortController().signal } as never

  /** Begins, and has nothing to end. */
  function quick(begin: () => void = () => undefined): Expectation {
    const observe = (): Promise<Observation> => Promise.resolve({ expected: '1', observed: '1', met: true })
    return {
      ...clause(0),
      steady: () =>
        Promise.resolve({
          begin: () => {
            begin()
            return Promise.resolve({ observe })
          },
        }),
    }
  }

  it('need no end of their own, though the scenario ends before or while they begin', async () => {
    const set = new ExpectationSet([quick()])
    await set.steady(ctx)
    await set.begin(ctx)
    set.stop()
    set.stop()
    expect(await set.observe('during', ctx)).toMatchObject([{ met: true }])
    const late: ExpectationSet = new ExpectationSet([
      quick(() => {
        late.stop()
      }),
    ])
    await late.steady(ctx)
    await late.begin(ctx)
    expect(await late.observe('during', ctx)).toMatchObject([{ met: true }])
  })

  it('follow from each other: without its steady state it is not begun, and so not decided', async () => {
    const set = new ExpectationSet([clause(0)])
    await set.begin(ctx)
    expect(await set.observe('during', ctx)).toEqual([
      {
        phase: 'during',
        text: 'slow',
        expected: 'to be observed',
        observed: 'it could not be observed: it was not begun',
        met: null,
      },
    ])
  })
})
