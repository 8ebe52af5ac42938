import { describe, expect, it } from 'vitest'
import { judgeErrors } from './refused.ts'
import { connectionsFor, expectedShare, shareMisfit } from './share.ts'
import { judgeSlowClose } from './slow-close.ts'
import { failed, ok, times } from './test-samples.ts'

const before = times(12, () => ok(3))

describe('judgeErrors', () => {
  it('confirms when every new connection ends with the error', () => {
    const judged = judgeErrors(
      'ECONNREFUSED',
      1,
      before,
      times(8, () => failed('ECONNREFUSED', false)),
    )
    expect(judged.reasons).toEqual([])
    expect(judged.headline).toBe('8 of 8 new connections ended with ECONNREFUSED')
  })

  it('does not confirm another error, an answer, or a link that was dead before', () => {
    expect(
      judgeErrors(
        'ECONNRESET',
        1,
        before,
        times(8, () => failed('eof')),
      ).reasons[0],
    ).toMatch(/0 of 8 .*: ECONNRESET expected \(8 × eof\)/)
    expect(judgeErrors('ECONNRESET', 1, before, before).reasons).toHaveLength(1)
    expect(
      judgeErrors(
        'ECONNRESET',
        1,
        times(12, () => failed('ECONNRESET')),
        times(8, () => failed('ECONNRESET')),
      ).reasons[0],
    ).toMatch(/before the fault/)
  })

  it('compares with the share that the toxicity gives', () => {
    const during = times(20, (index) => (index < 10 ? failed('ECONNRESET') : ok(3)))
    expect(judgeErrors('ECONNRESET', 0.5, before, during).reasons).toEqual([])
    expect(judgeErrors('ECONNRESET', 0.05, before, during).reasons).toHaveLength(1)
  })
})

describe('judgeSlowClose', () => {
  const spec = { delayMs: 1_000, timeoutMs: 2_000, share: 1 }

  it('confirms a later close, and one later than the probe waits', () => {
    expect(
      judgeSlowClose(
        spec,
        before,
        times(8, () => ok(3, 1_003)),
      ).reasons,
    ).toEqual([])
    expect(
      judgeSlowClose(
        spec,
        before,
        times(8, () => ok(3, null)),
      ).reasons,
    ).toEqual([])
  })

  it('does not confirm a close as fast as before, a slow one before, no answers, or the way up', () => {
    expect(judgeSlowClose(spec, before, before).reasons).toEqual(['0 of 12 connections were hit, expected all'])
    expect(
      judgeSlowClose(
        spec,
        times(12, () => ok(3, 800)),
        times(8, () => ok(3, 1_803)),
      ).reasons[0],
    ).toMatch(/took \+800 ms to close before/)
    expect(
      judgeSlowClose(
        spec,
        before,
        times(8, () => failed('timeout')),
      ).reasons.length,
    ).toBeGreaterThan(0)
    expect(judgeSlowClose({ ...spec, share: 0 }, before, before).reasons).toEqual([
      expect.stringMatching(/cannot be seen by a client/),
    ])
  })
})

describe('share', () => {
  it('adds up streams', () => {
    expect(expectedShare(0.5, 2)).toBe(0.75)
    expect(expectedShare(1, 2)).toBe(1)
  })

  it('needs more connections for a rarer toxic, within a bound', () => {
    expect(connectionsFor(1, 8)).toBe(8)
    expect(connectionsFor(0.5, 8)).toBe(20)
    expect(connectionsFor(0.001, 8)).toBe(60)
  })

  it('never fits nothing, nor a share of 0', () => {
    expect(shareMisfit(0, 0, 1)).toMatch(/no connection/)
    expect(shareMisfit(0, 60, 0.01)).toMatch(/0 of 60/)
    expect(shareMisfit(1, 60, 0)).toMatch(/1 of 60 .* a toxicity of 0 hits none/)
  })
})
