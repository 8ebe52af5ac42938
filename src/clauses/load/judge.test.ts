import { describe, expect, it } from 'vitest'
import type { LoadSpec } from './spec.ts'
import type { StretchFigures } from '../../ports/held-load.ts'
import type { Observation } from '../../kinds/clause.ts'
import { judgeAfter, judgeDuring, loadText } from './judge.ts'

const calm: StretchFigures = { requests: 400, errorShare: 0, p95Ms: 40 }
const bad: StretchFigures = { requests: 380, errorShare: 0.125, p95Ms: 900 }
const nothing: StretchFigures = { requests: 0, errorShare: Number.NaN, p95Ms: Number.NaN }

function judge(spec: LoadSpec, during: StretchFigures, users: number | null = 100): Observation {
  return judgeDuring(spec, { users, before: calm, during })
}

describe('the load while the fault is on', () => {
  it('is shown beside what it was before', () => {
    expect(judge({}, bad)).toEqual({
      expected: 'requests that end while the fault is on, 100 or more',
      observed: '380 requests, 12.5 % failed, p95 900 ms (before: 400 requests, 0 % failed, p95 40 ms)',
      met: true,
    })
    expect(judge({}, bad, null).expected).toBe('requests that end while the fault is on')
  })

  it('is held against each limit of the clause', () => {
    const seen = judge({ error_rate: 0.125, p95_ms: 1_000 }, bad)
    expect(seen.expected).toMatch(/; at most 12.5 % fail; p95 < 1000 ms$/)
    expect(seen.observed).toMatch(/; 12.5 % failed; 900 ms$/)
    expect(seen.met).toBe(true)
  })

  it.each<[LoadSpec, boolean]>([
    [{ error_rate: 0.125 }, true],
    [{ error_rate: 0.124 }, false],
    [{ p95_ms: 901 }, true],
    [{ p95_ms: 900 }, false],
    [{ error_rate: 0.2, p95_ms: 500 }, false],
    [{ error_rate: 0.1, p95_ms: 1_000 }, false],
  ])('%j is met: %j', (spec, met) => {
    expect(judge(spec, bad).met).toBe(met)
  })

  it('is not decided by the few who had an answer, where the other users still wait for theirs', () => {
    const spec = { error_rate: 0.2 }
    expect(judge(spec, { ...calm, requests: 99 }).met).toBeNull()
    expect(judge(spec, { ...calm, requests: 100 }).met).toBe(true)
    // Where requests come at a rate nobody knows how many there are to be.
    expect(judge(spec, { ...calm, requests: 1 }, null).met).toBe(true)
    expect(judge(spec, { ...calm, requests: 0 }, null).met).toBeNull()
  })

  it('has failed for those few all the same', () => {
    expect(judge({ error_rate: 0.2 }, { requests: 3, errorShare: 1, p95Ms: 40 }).met).toBe(false)
  })

  it('is not decided by none', () => {
    for (const spec of [{}, { error_rate: 0.2 }, { p95_ms: 500 }]) expect(judge(spec, nothing, null).met).toBeNull()
    expect(judge({ error_rate: 1, p95_ms: 9 }, nothing).observed).toMatch(
      /^0 requests, unknown failed, p95 unknown .*; unknown failed; unknown$/,
    )
    // Enough requests, of which it is not known how they ended, and enough that were measured too seldom.
    expect(judge({}, { ...calm, errorShare: Number.NaN }).met).toBeNull()
    expect(judge({ p95_ms: 500 }, { ...calm, p95Ms: Number.NaN }).met).toBeNull()
  })
})

describe('the load after the fault', () => {
  const limits = { errorShare: 0.01, p95Ms: 500 }
  const expected = 'its limits are kept again within 2 s (errors ≤ 1 %, p95 ≤ 500 ms)'

  it.each<[number | null, string, boolean]>([
    [0, 'kept again after 0.00 s', true],
    [2_000, 'kept again after 2.00 s', true],
    [2_001, 'kept again after 2.00 s', false],
    [null, 'they were not', false],
  ])('whose limits are kept after %j ms: %s', (keptAfterMs, observed, met) => {
    expect(judgeAfter(2, keptAfterMs, limits)).toEqual({ expected, observed, met })
  })
})

it.each<[LoadSpec, string]>([
  [{}, 'load: goes on'],
  [{ error_rate: 0.1 }, 'load: at most 10 % fail'],
  [
    { error_rate: 0.1, p95_ms: 500, kept_again_within_seconds: 3 },
    'load: at most 10 % fail; p95 < 500 ms; its limits are kept again within 3 s',
  ],
])('%j says in one line what it asserts', (spec, text) => {
  expect(loadText(spec)).toBe(text)
})
