import { describe, expect, it } from 'vitest'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import { requestSize } from '../../shared/access.ts'
import { judgeBandwidth, measureBandwidth, rateOf } from './bandwidth.ts'
import { measured, toxicOn, type LinkModel, type Transfer } from './link.fixture.ts'
import { failed, moved, ok } from './samples.fixture.ts'
import { transferBaseline } from './transfers.ts'

const baseline = transferBaseline(moved(6_000, 12, { chunks: 30, medianGapMs: 0.2 }), 60)
const NOTHING: TransferResult = { ...moved(0, 0), firstByteMs: null, lastByteMs: null }

describe('the rate of a transfer', () => {
  it.each([
    ['down: between the first byte and the last', moved(16_000, 1_601), 'downstream', { kbPerSecond: 10, bytes: 16_000 }],
    ['down: of what came at once, as if it took a millisecond', moved(500, 1), 'downstream', { kbPerSecond: 500, bytes: 500 }],
    ['up: of whole requests until the last answer', moved(850, 1_000), 'upstream', { kbPerSecond: 16, bytes: 16_000 }],
    ['up: of what was answered at once', moved(100, 0.5), 'upstream', { kbPerSecond: 2_000, bytes: 2_000 }],
    ['nothing that came', NOTHING, 'downstream', { kbPerSecond: 0, bytes: 0 }],
    ['nothing that was answered', NOTHING, 'upstream', { kbPerSecond: 0, bytes: 0 }],
  ] as const)('is taken %s', (_what, result, direction, flow) => {
    expect(rateOf(result, direction, baseline, 2_000)).toEqual(flow)
  })

  it('is none of nothing, though the size of an answer is not known', () => {
    expect(rateOf(NOTHING, 'upstream', { bytesPerAnswer: Number.NaN }, 2_000)).toEqual({ kbPerSecond: 0, bytes: 0 })
  })
})

describe('judgeBandwidth', () => {
  const spec = { rate: 10, toxicity: 1, direction: 'downstream' as const }
  const flow = (kbPerSecond: number): { kbPerSecond: number; bytes: number } => ({ kbPerSecond, bytes: kbPerSecond * 1_600 })

  it('confirms a flow at about the rate', () => {
    expect(judgeBandwidth(spec, baseline, [flow(10)])).toEqual({
      headline: '10 KB/s downstream instead of 500 KB/s',
      measures: {
        ...{ downstreamBaselineKbPerS: 500, downstreamKbPerS: 10, downstreamLimitKbPerS: 10, downstreamBytes: 16_000 },
        downstreamHitCount: 1,
      },
      reasons: [],
    })
    const up = judgeBandwidth({ ...spec, direction: 'upstream' }, baseline, [flow(9.876)])
    expect(up).toMatchObject({ headline: '9.9 KB/s upstream instead of 500 KB/s', measures: { upstreamKbPerS: 9.88 } })
  })

  it.each([3, 13])('confirms the margin of %d KB/s', (kbPerSecond) => {
    expect(judgeBandwidth(spec, baseline, [flow(kbPerSecond)]).reasons).toEqual([])
  })

  it('confirms a limit of half of what the link did before', () => {
    expect(judgeBandwidth({ ...spec, rate: 250 }, baseline, [flow(250)]).reasons).toEqual([])
  })

  it('confirms the share of the connections that the toxicity gives, and tells of these', () => {
    const some = Array.from({ length: 12 }, (_, index) => flow(index < 5 ? 10 : 480))
    const judged = judgeBandwidth({ ...spec, toxicity: 0.5 }, baseline, some)
    expect([judged.headline, judged.reasons]).toEqual(['10 KB/s downstream instead of 500 KB/s', []])
    expect(judged.measures).toMatchObject({ downstreamHitCount: 5, downstreamBytes: (5 * 10 + 7 * 480) * 1_600 })
  })

  it.each([
    ['as fast as before', 500, '0 of 1 connections were hit, expected all: 500 KB/s downstream, expected 3 KB/s to 13 KB/s'],
    ['a little too fast', 13.1, '0 of 1 connections were hit, expected all: 13.1 KB/s downstream, expected 3 KB/s to 13 KB/s'],
    ['a little too slow', 2.9, '0 of 1 connections were hit, expected all: 2.9 KB/s downstream, expected 3 KB/s to 13 KB/s'],
    ['none any more', 0, '0 of 1 connections were hit, expected all: 0 KB/s downstream, expected 3 KB/s to 13 KB/s'],
  ])('does not confirm a flow that is %s', (_what, kbPerSecond, reason) => {
    expect(judgeBandwidth(spec, baseline, [flow(kbPerSecond)]).reasons).toEqual([reason])
  })

  it('does not take a rate without bytes for a flow', () => {
    expect(judgeBandwidth({ ...spec, rate: 0.001 }, baseline, [{ kbPerSecond: 0.001, bytes: 0 }]).reasons).toHaveLength(1)
  })

  it.each([
    [
      'that the baseline never came near',
      251,
      baseline,
      'before the fault our probe moved 500 KB/s downstream, too little to notice a limit of 251 KB/s',
    ],
    [
      'where the baseline is none',
      10,
      { kbPerSecond: 500, weak: 'before the fault nothing came' },
      'before the fault nothing came',
    ],
  ])('does not confirm a limit %s', (_what, rate, before, reason) => {
    expect(judgeBandwidth({ ...spec, rate }, before, [flow(rate)]).reasons).toEqual([reason])
  })

  it('has no rate where nothing was tried', () => {
    const { headline, reasons } = judgeBandwidth(spec, baseline, [])
    expect(headline).toBe('unknown KB/s downstream instead of 500 KB/s')
    expect(reasons).toEqual(['no connection was tried: unknown KB/s downstream, expected 3 KB/s to 13 KB/s'])
  })
})

describe('measureBandwidth', () => {
  const limit = { toxic: 'bandwidth', attributes: { rate: 10 } } as const
  /** Answers of 100 bytes, so many bytes a millisecond of answers, or of requests where it is the way up. */
  const carrying = (bytesPerMs: number, perAnswer: number): LinkModel => ({
    transfer: ({ repeat, limitMs }) => {
      const all = (repeat * perAnswer) / bytesPerMs
      const tookMs = Math.min(all, limitMs)
      const answers = Math.floor((tookMs * bytesPerMs) / perAnswer)
      return { ...moved(answers * 100, tookMs), firstByteMs: 0, end: all > limitMs ? 'timeout' : 'complete' }
    },
  })

  it('asks down for as much as 1.6 s can bring, and a little more', async () => {
    const { judgement, before, during } = await measured(measureBandwidth, toxicOn(limit), {
      ...{ before: carrying(500, 100), during: carrying(10, 100) },
    })
    expect([judgement.headline, judgement.reasons]).toEqual(['10 KB/s downstream instead of 500 KB/s', []])
    expect(before.transfers).toMatchObject([{ repeat: 60, limitMs: 800 }])
    expect(during.transfers).toMatchObject([{ repeat: 165, limitMs: 1_600, headers: { accept: 'text/plain' } }])
    // Nothing of ours goes up with it.
    for (const { headers } of [...before.transfers, ...during.transfers]) expect(headers).toEqual({ accept: 'text/plain' })
  })

  it('asks for no more answers than a helper gives', async () => {
    const on = toxicOn({ ...limit, attributes: { rate: 1_000 } })
    const { during } = await measured(measureBandwidth, on, { before: carrying(5_000, 100), during: carrying(1_000, 100) })
    expect(during.transfers).toMatchObject([{ repeat: 5_000 }])
  })

  it.each([
    [1, 200],
    [10, 2_000],
    [500, 4_000],
  ])('at %d KB/s up makes its requests %d bytes longer, and judges by these', async (rate, padding) => {
    const on = toxicOn({ toxic: 'bandwidth', attributes: { rate }, streams: ['upstream'] })
    const sent = requestSize(on.access, padding)
    const { judgement, before, during } = await measured(measureBandwidth, on, {
      ...{ before: carrying(2_000, sent), during: carrying(rate, sent) },
    })
    expect(judgement.reasons).toEqual([])
    expect(judgement.measures).toMatchObject({ upstreamBaselineKbPerS: 2_000, upstreamLimitKbPerS: rate, upstreamHitCount: 1 })
    const asked = (transfer: Transfer | undefined): number | undefined => transfer?.headers['x-padding']?.length
    expect([asked(before.transfers[0]), asked(during.transfers[0])]).toEqual([padding, padding])
    expect(during.transfers[0]?.repeat).toBe(Math.ceil((rate * 1_600) / sent) + 5)
  })

  it('judges both ways where both are limited', async () => {
    const on = toxicOn({ ...limit, streams: ['upstream', 'downstream'] })
    const { judgement } = await measured(measureBandwidth, on, {
      ...{ before: carrying(500, 100), during: carrying(500, 100) },
    })
    expect(judgement.reasons.map((reason) => / (up|down)stream, expected/.exec(reason)?.[1])).toEqual(['up', 'down'])
    expect(judgement.headline).toMatch(/^\d+ KB\/s upstream instead of \d+ KB\/s, 500 KB\/s downstream instead of 500 KB\/s$/)
  })

  it('asks on several connections where the toxic hits some of them', async () => {
    const on = toxicOn({ ...limit, toxicity: 0.5 })
    let place = 0
    const fast = carrying(500, 100)
    const slow = carrying(10, 100)
    const some: LinkModel = { transfer: (args) => ((place += 1) % 2 === 0 ? fast : slow).transfer?.(args) ?? NOTHING }
    const { judgement, during } = await measured(measureBandwidth, on, { before: fast, during: some })
    expect([judgement.reasons, during.transfers.length]).toEqual([[], 20])
  })

  it('asks for a hundred answers where their size is not known, and confirms nothing', async () => {
    const cut: LinkModel = { transfer: () => moved(50, 800, { end: 'eof' }) }
    const { judgement, during } = await measured(measureBandwidth, toxicOn(limit), { before: cut, during: cut })
    expect(during.transfers).toMatchObject([{ repeat: 100 }])
    expect(judgement.reasons[0]).toBe("before the fault 60 requests on one connection ended with 'eof' after 50 bytes")
  })

  it('of 0 is a black hole', async () => {
    const { judgement } = await measured(measureBandwidth, toxicOn({ ...limit, attributes: { rate: 0 } }), {
      ...{ before: { answer: () => ok(3) }, during: { answer: () => failed('timeout') } },
    })
    expect([judgement.headline.slice(0, 49), judgement.reasons]).toEqual([
      'no byte passed downstream on 10 of 10 new connect',
      [],
    ])
  })
})
