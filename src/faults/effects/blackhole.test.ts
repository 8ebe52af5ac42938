import { describe, expect, it } from 'vitest'
import { judgeBlackhole } from './blackhole.ts'
import type { BlackholeSeen } from './blackhole.ts'
import { failed, ok, times } from './test-samples.ts'

const spec = { share: 1, closesAfterMs: 0, timeoutMs: 1_000, directions: 'upstream and downstream' }
const cut: BlackholeSeen = {
  baseline: times(12, () => ok(3)),
  during: times(10, () => failed('timeout')),
  held: { held: 3, answered: 0, silent: 3, closed: 0, bytes: 0 },
  marked: { before: { into: 15, outOf: 15 }, during: { into: 13, outOf: 0 } },
}

describe('judgeBlackhole', () => {
  it('confirms silence on old and new connections and on the way up, and says that connects are accepted', () => {
    const judged = judgeBlackhole(spec, cut)
    expect(judged.reasons).toEqual([])
    expect(judged.headline).toBe(
      'no byte passed upstream and downstream on 10 of 10 new and 3 of 3 old connections; ' +
        'of 13 packets of ours into the proxy 0 left it upstream; the proxy still accepted 10 of 10 connects',
    )
  })

  it.each<[string, Partial<BlackholeSeen>, RegExp]>([
    [
      'answers on new connections',
      { during: [...times(9, () => failed('timeout')), ok(3)] },
      /9 of 10 connections were hit, expected all \(9 × timeout, 1 × answered\)/,
    ],
    [
      'bytes without a whole answer',
      { during: times(10, () => ({ ...failed('timeout'), bytes: 7 })) },
      /0 of 10 connections were hit/,
    ],
    [
      'an old connection that still answers',
      { held: { held: 3, answered: 1, silent: 2, closed: 0, bytes: 120 } },
      /1 of 3 connections from before/,
    ],
    [
      'a refusal instead of silence',
      { during: times(10, () => failed('ECONNREFUSED', false)) },
      /10 new connections were refused/,
    ],
    [
      'connections closed instead of silent',
      { during: times(10, () => failed('eof')) },
      /10 new connections were closed, not left silent/,
    ],
    [
      'packets that still leave the proxy',
      { marked: { before: { into: 15, outOf: 15 }, during: { into: 13, outOf: 2 } } },
      /2 packets of ours still left/,
    ],
    [
      'packets that never reached the proxy',
      { marked: { before: { into: 15, outOf: 15 }, during: { into: 0, outOf: 0 } } },
      /no packet of ours reached/,
    ],
    [
      'counters that saw nothing before either',
      { marked: { before: { into: 15, outOf: 0 }, during: { into: 13, outOf: 0 } } },
      /15 packets of ours went into the proxy and 0 left/,
    ],
    ['a link that was dead before', { baseline: times(12, () => failed('timeout')) }, /before the fault only 0 of 12/],
  ])('does not confirm with %s', (_what, change, reason) => {
    expect(judgeBlackhole(spec, { ...cut, ...change }).reasons.join('; ')).toMatch(reason)
  })

  it('does without old connections where none could be held, and says so', () => {
    const judged = judgeBlackhole(spec, { ...cut, held: null })
    expect(judged.reasons).toEqual([])
    expect(judged.headline).toContain('no old connection could be held')
  })

  it('wants the close that a timeout above 0 brings', () => {
    const closing = { ...spec, closesAfterMs: 300 }
    expect(judgeBlackhole(closing, { ...cut, during: times(10, () => failed('eof')) }).reasons).toEqual([])
    expect(judgeBlackhole(closing, cut).reasons.join()).toMatch(/10 connections were still open 1000 ms later/)
  })

  it('compares with the toxicity', () => {
    const some = (silent: number): BlackholeSeen => ({
      ...cut,
      during: times(20, (index) => (index < silent ? failed('timeout') : ok(3))),
      marked: { before: { into: 15, outOf: 15 }, during: { into: 20, outOf: 20 - silent } },
    })
    expect(judgeBlackhole({ ...spec, share: 0.5 }, some(9)).reasons).toEqual([])
    expect(judgeBlackhole({ ...spec, share: 0.5 }, some(0)).reasons.length).toBeGreaterThan(0)
  })
})
