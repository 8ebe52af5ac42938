import { describe, expect, it } from 'vitest'
import { judgeBandwidth, rateOf } from './bandwidth.ts'
import { judgeLimit } from './limit-data.ts'
import { judgePauses, judgeSlices } from './slicer.ts'
import { failed, moved, ok, times } from './test-samples.ts'
import { transferBaseline } from './transfers.ts'

const baseline = transferBaseline(moved(6_000, 12, { chunks: 30, medianGapMs: 0.2 }), 60)

describe('transferBaseline', () => {
  it('tells rate and sizes of a whole transfer', () => {
    expect(baseline).toEqual({ kbPerSecond: 500, bytesPerAnswer: 100, bytesPerChunk: 200, medianGapMs: 0.2, weak: null })
  })

  it('is weak when the transfer did not complete', () => {
    expect(transferBaseline(moved(50, 800, { end: 'timeout' }), 60).weak).toMatch(/'timeout' after 50 bytes/)
    expect(
      transferBaseline({ ...moved(0, 0), firstByteMs: null, lastByteMs: null, chunks: 0, end: 'refused' }, 60).kbPerSecond,
    ).toBe(0)
  })
})

describe('judgeBandwidth', () => {
  const spec = { rate: 10, toxicity: 1, direction: 'downstream' as const }

  it('confirms a flow at about the rate', () => {
    const flow = rateOf(moved(16_000, 1_601), 'downstream', baseline, 150)
    expect(flow.kbPerSecond).toBe(10)
    const judged = judgeBandwidth(spec, baseline, [flow])
    expect(judged.reasons).toEqual([])
    expect(judged.headline).toBe('10 KB/s downstream instead of 500 KB/s')
  })

  it('counts whole requests on the way up', () => {
    expect(rateOf(moved(850, 1_000), 'upstream', baseline, 2_000)).toEqual({ kbPerSecond: 16, bytes: 16_000 })
    expect(rateOf({ ...moved(0, 0), firstByteMs: null, lastByteMs: null }, 'upstream', baseline, 2_000).kbPerSecond).toBe(0)
  })

  it.each([
    ['a flow as fast as before', 500, /0 of 1 connections were hit, expected all: 500 KB/],
    ['a flow that has stopped', 0, /0 of 1 connections were hit/],
    ['a flow far below the rate', 1, /expected 3 KB\/s to 13 KB\/s/],
  ])('does not confirm %s', (_what, kbPerSecond, reason) => {
    expect(judgeBandwidth(spec, baseline, [{ kbPerSecond, bytes: kbPerSecond * 1_600 }]).reasons.join()).toMatch(reason)
  })

  it('does not confirm a limit that the baseline never came near', () => {
    const judged = judgeBandwidth({ ...spec, rate: 400 }, baseline, [{ kbPerSecond: 390, bytes: 600_000 }])
    expect(judged.reasons).toEqual([
      'before the fault our probe moved 500 KB/s downstream, too little to notice a limit of 400 KB/s',
    ])
  })
})

describe('judgeLimit', () => {
  const spec = {
    direction: 'downstream' as const,
    limitBytes: 5_000,
    perRequest: 100,
    repeat: 103,
    toxicity: 1,
    smallRequests: { sent: 0, answered: 0 },
  }

  it('confirms connections that end at the limit', () => {
    expect(judgeLimit(spec, baseline, [moved(5_000, 5, { end: 'eof' })]).reasons).toEqual([])
    expect(judgeLimit(spec, baseline, [moved(4_200, 5, { end: 'reset' })]).reasons).toEqual([])
  })

  it('does not confirm a whole transfer, one beyond the limit, one cut long before, or one that stalls', () => {
    for (const result of [
      moved(10_300, 5),
      moved(5_100, 5, { end: 'eof' }),
      moved(100, 5, { end: 'reset' }),
      moved(5_000, 1_500, { end: 'timeout' }),
    ]) {
      expect(judgeLimit(spec, baseline, [result]).reasons).toEqual([
        expect.stringMatching(/0 of 1 connections were hit, expected all: /),
      ])
    }
  })

  it('does not confirm a limit out of the reach of our probe', () => {
    const far = { ...spec, limitBytes: 50_000_000 }
    expect(judgeLimit(far, baseline, [moved(10_300, 5)]).reasons[0]).toMatch(
      /10300 bytes at most, too few to reach the limit of 50000000/,
    )
  })

  it('counts whole requests on the way up, and wants small ones to pass', () => {
    const up = { ...spec, direction: 'upstream' as const, perRequest: 1_150, smallRequests: { sent: 3, answered: 3 } }
    expect(judgeLimit(up, baseline, [moved(0, 0, { end: 'eof' })]).reasons).toEqual([])
    const dead = { ...up, smallRequests: { sent: 3, answered: 0 } }
    expect(judgeLimit(dead, baseline, [moved(0, 0, { end: 'eof' })]).reasons).toEqual([
      'only 0 of 3 requests below the limit were answered',
    ])
    expect(judgeLimit(up, baseline, [moved(400, 5, { end: 'eof' })]).reasons).toEqual([])
    expect(judgeLimit(up, baseline, [moved(500, 5, { end: 'eof' })]).reasons).toHaveLength(1)
  })
})

describe('slicer', () => {
  const spec = { averageSize: 64, variation: 16, delayMs: 5, toxicity: 1 }

  it('confirms small pieces with gaps between them', () => {
    expect(judgeSlices(spec, baseline, [moved(2_000, 200, { chunks: 30, medianGapMs: 5.4 })]).reasons).toEqual([])
  })

  it('does not confirm pieces as before, or without the gaps', () => {
    expect(judgeSlices(spec, baseline, [moved(2_000, 5, { chunks: 10, medianGapMs: 0.2 })]).reasons).toHaveLength(1)
    expect(judgeSlices(spec, baseline, [moved(2_000, 5, { chunks: 30, medianGapMs: 0.2 })]).reasons).toHaveLength(1)
    expect(
      judgeSlices({ ...spec, averageSize: 400 }, baseline, [moved(2_000, 50, { chunks: 10, medianGapMs: 5.2 })]).reasons,
    ).toHaveLength(1)
  })

  it('confirms the pauses of a long request on the way up, and refuses to guess where there are none', () => {
    const before = times(12, () => ok(4))
    const up = { expectedMs: 100, toxicity: 1 }
    expect(
      judgePauses(
        up,
        before,
        times(12, () => ok(112)),
      ).reasons,
    ).toEqual([])
    expect(judgePauses(up, before, before).reasons).toHaveLength(1)
    expect(
      judgePauses(
        up,
        before,
        times(12, () => failed('timeout')),
      ).reasons,
    ).toHaveLength(1)
    expect(judgePauses({ ...up, expectedMs: 0 }, before, before).reasons[0]).toMatch(/show only by their pauses/)
  })
})
