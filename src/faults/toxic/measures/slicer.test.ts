import { describe, expect, it } from 'vitest'
import type { HttpProbeSample } from '../../../toolbox/operations/requests/probe-http.ts'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import { requestSize } from '../../shared/access.ts'
import { measured, toxicOn, type LinkModel } from './link.fixture.ts'
import { failed, moved, ok, times } from './samples.fixture.ts'
import { judgePauses, judgeSlices, measureSlicer } from './slicer.ts'
import { transferBaseline } from './transfers.ts'

/** 200 bytes at each read, 0.2 ms apart. */
const baseline = transferBaseline(moved(6_000, 12, { chunks: 30, medianGapMs: 0.2 }), 60)
const spec = { averageSize: 64, variation: 16, delayMs: 5, toxicity: 1 }

/** So many bytes at each of ten reads. */
function pieces(bytesPerRead: number, medianGapMs: number | null): TransferResult {
  return moved(bytesPerRead * 10, 200, { chunks: 10, medianGapMs })
}

describe('judgeSlices', () => {
  it('confirms small pieces with gaps between them', () => {
    expect(judgeSlices(spec, baseline, [pieces(66.66, 5.444)])).toEqual({
      headline: '67 bytes per read with gaps of 5.4 ms, before 200 bytes with 0.2 ms',
      measures: {
        ...{ baselineBytesPerRead: 200, bytesPerRead: 66.7, baselineGapMedianMs: 0.2, gapMedianMs: 5.44, slicedCount: 1 },
      },
      reasons: [],
    })
  })

  it.each([
    ['half as large again as asked for', spec, pieces(120, 5)],
    ['of six tenths of those before', { ...spec, averageSize: 400 }, pieces(120, 5)],
    ['with gaps of half the delay', spec, pieces(64, 2.5)],
    ['without gaps, where the delay is too short to show', { ...spec, delayMs: 0.9 }, pieces(64, null)],
  ])('confirms pieces %s', (_what, of, result) => {
    expect(judgeSlices(of, baseline, [result]).reasons).toEqual([])
  })

  it('confirms the share of the connections that the toxicity gives, and tells of these', () => {
    const some = times(12, (index) => (index < 6 ? pieces(64, 5) : pieces(200, 0.2)))
    const judged = judgeSlices({ ...spec, toxicity: 0.5 }, baseline, some)
    expect([judged.headline.slice(0, 37), judged.reasons]).toEqual(['64 bytes per read with gaps of 5 ms, ', []])
    expect(judged.measures['slicedCount']).toBe(6)
  })

  const before = 'before 200 bytes with 0.2 ms'
  const notHit = '0 of 1 connections were hit, expected all:'

  it.each([
    [
      'as large as before',
      spec,
      pieces(200, 5),
      `${notHit} 200 bytes per read with gaps of 5 ms, ${before}, expected at most 120 bytes with 5 ms`,
    ],
    [
      'a little too large',
      { ...spec, averageSize: 60, variation: 0 },
      pieces(91, 5),
      `${notHit} 91 bytes per read with gaps of 5 ms, ${before}, expected at most 90 bytes with 5 ms`,
    ],
    [
      'without the gaps',
      spec,
      pieces(64, 2.4),
      `${notHit} 64 bytes per read with gaps of 2.4 ms, ${before}, expected at most 120 bytes with 5 ms`,
    ],
    [
      'that came at once',
      { ...spec, delayMs: 1 },
      pieces(64, null),
      `${notHit} 64 bytes per read with gaps of unknown ms, ${before}, expected at most 120 bytes with 1 ms`,
    ],
    [
      'that nobody saw',
      spec,
      moved(0, 0, { chunks: 0 }),
      `${notHit} unknown bytes per read with gaps of unknown ms, ${before}, expected at most 120 bytes with 5 ms`,
    ],
  ])('does not confirm pieces %s', (_what, of, result, reason) => {
    expect(judgeSlices(of, baseline, [result]).reasons).toEqual([reason])
  })

  it('is not misled by gaps of a busy server before, but wants half of the rate at most', () => {
    // 200 bytes every 5.6 ms.
    const gapped = transferBaseline(moved(6_000, 168, { chunks: 30, medianGapMs: 5.6 }), 60)
    const rated = (lastByteMs: number): readonly string[] =>
      judgeSlices(spec, gapped, [moved(1_000, lastByteMs, { chunks: 16, medianGapMs: 5.2 })]).reasons
    expect([rated(80), rated(56)]).toEqual([[], []])
    expect(rated(55)).toHaveLength(1)
    // It came in pieces as small, as late, before.
    const slow = transferBaseline(moved(1_920, 150, { chunks: 30, medianGapMs: 5 }), 60)
    expect(judgeSlices(spec, slow, [moved(640, 50, { chunks: 10, medianGapMs: 5 })]).reasons).toHaveLength(1)
  })

  it('does not confirm without a baseline', () => {
    expect(judgeSlices(spec, { ...baseline, weak: 'nothing came before' }, [pieces(64, 5)]).reasons).toEqual([
      'nothing came before',
    ])
  })
})

describe('judgePauses', () => {
  const up = { expectedMs: 100, toxicity: 1 }
  const still = times(12, () => ok(4))
  const late = (addedMs: number): HttpProbeSample[] => times(12, () => ok(4 + addedMs))

  it('confirms a long request that takes longer by the pauses', () => {
    expect(judgePauses(up, still, late(108.04))).toEqual({
      headline: '+108 ms for a request of 2000 bytes',
      measures: { upstreamAddedMedianMs: 108, upstreamExpectedMs: 100, upstreamHitCount: 12 },
      reasons: [],
    })
  })

  const noisy = times(12, (index) => ok(10 * index))

  it.each([
    ['half of them', up, still, late(50)],
    ['pauses of 2 ms', { ...up, expectedMs: 2 }, still, late(1)],
    ['more than the noise of the link', up, noisy, times(12, () => ok(50 + 91))],
    [
      'the share of requests that the toxicity gives',
      { ...up, toxicity: 0.5 },
      still,
      [...late(0).slice(6), ...late(90).slice(6)],
    ],
  ])('confirms %s', (_what, of, before, during) => {
    expect(judgePauses(of, before, during).reasons).toEqual([])
  })

  it.each([
    ['less than half of them', up, still, late(49), '0 of 12 connections were hit, expected all: requests took +49 ms'],
    [
      'what drowns in the noise of the link',
      up,
      noisy,
      times(12, () => ok(50 + 90)),
      '0 of 12 connections were hit, expected all: requests took +90 ms',
    ],
    [
      'no answers',
      up,
      still,
      times(12, () => failed('timeout')),
      '0 of 12 connections were hit, expected all: requests took unknown',
    ],
  ])('does not confirm %s', (_what, of, before, during, reason) => {
    expect(judgePauses(of, before, during).reasons).toEqual([`${reason}, expected at least +50 ms`])
  })

  it('refuses to guess where there are no pauses to see', () => {
    expect(judgePauses({ ...up, expectedMs: 1.94 }, still, still).reasons).toEqual([
      'slices on the way up show only by their pauses, and these add up to 1.9 ms per request',
    ])
  })

  it('does not confirm on a link that was dead before', () => {
    const dead = times(12, () => failed('timeout'))
    expect(judgePauses(up, dead, late(100)).reasons[0]).toBe('before the fault only 0 of 12 probes were answered')
  })
})

describe('measureSlicer', () => {
  const sliced = { toxic: 'slicer', attributes: { average_size: 64, size_variation: 16, delay: 5_000 } } as const
  const whole: LinkModel = { transfer: () => moved(6_000, 12, { chunks: 30, medianGapMs: 0.2 }), answer: () => ok(4) }

  it('sees small pieces on the way down', async () => {
    const { judgement, before, during } = await measured(measureSlicer, toxicOn(sliced), {
      ...{ before: whole, during: { transfer: () => pieces(64, 5) } },
    })
    expect(judgement.reasons).toEqual([])
    expect(judgement.headline).toBe('64 bytes per read with gaps of 5 ms, before 200 bytes with 0.2 ms')
    expect(before.transfers).toMatchObject([{ repeat: 60, headers: { accept: 'text/plain' } }])
    expect(during.transfers).toMatchObject([{ repeat: 20, limitMs: 1_200 }])
  })

  it('sees the pauses on the way up, on requests that are long enough', async () => {
    const on = toxicOn({ ...sliced, streams: ['upstream'] })
    const pauses = (Math.floor(requestSize(on.access, 2_000) / 80) - 1) * 5
    const { judgement, before, during } = await measured(measureSlicer, on, {
      ...{ before: whole, during: { answer: () => ok(4 + pauses) } },
    })
    expect(judgement).toMatchObject({ reasons: [], measures: { upstreamExpectedMs: pauses, upstreamHitCount: 12 } })
    expect(before.bursts[0]?.headers).toEqual({ accept: 'text/plain', 'x-padding': 'x'.repeat(2_000) })
    expect(during.bursts).toEqual([{ ...before.bursts[0], timeoutMs: pauses * 3 + 1_000 }])
  })

  it('sees no pauses in a request that goes up in one piece', async () => {
    const on = toxicOn({ ...sliced, attributes: { average_size: 9_000, delay: 5_000 }, streams: ['upstream'] })
    const { judgement } = await measured(measureSlicer, on, { before: whole, during: whole })
    expect(judgement.reasons).toEqual(['slices on the way up show only by their pauses, and these add up to 0 ms per request'])
  })

  it('judges both ways where both are sliced', async () => {
    const on = toxicOn({ ...sliced, streams: ['upstream', 'downstream'] })
    const { judgement } = await measured(measureSlicer, on, { before: whole, during: whole })
    expect(judgement.reasons).toHaveLength(2)
    expect(judgement.headline).toBe(
      '+0 ms for a request of 2000 bytes, 200 bytes per read with gaps of 0.2 ms, before 200 bytes with 0.2 ms',
    )
  })
})
