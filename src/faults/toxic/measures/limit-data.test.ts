import { describe, expect, it } from 'vitest'
import type { TransferResult } from '../../../toolbox/operations/requests/probe-transfer.ts'
import { requestSize } from '../../shared/access.ts'
import { judgeLimit, measureLimitData, type LimitSpec } from './limit-data.ts'
import { measured, toxicOn, type LinkModel } from './link.fixture.ts'
import { failed, moved, ok } from './samples.fixture.ts'
import { transferBaseline } from './transfers.ts'

const baseline = transferBaseline(moved(6_000, 12), 60)
const down: LimitSpec = {
  direction: 'downstream',
  limitBytes: 5_000,
  perRequest: 100,
  repeat: 103,
  toxicity: 1,
  smallRequests: { sent: 0, answered: 0 },
}
const up: LimitSpec = { ...down, direction: 'upstream', perRequest: 1_000, smallRequests: { sent: 3, answered: 3 } }

function ended(bytes: number, end: TransferResult['end']): TransferResult {
  return moved(bytes, 5, { end })
}

describe('judgeLimit', () => {
  it('confirms connections that end at the limit', () => {
    expect(judgeLimit(down, baseline, [ended(5_000, 'eof'), ended(4_200.4, 'reset')])).toEqual({
      headline: 'connections ended downstream: eof after 5000 bytes, reset after 4200 bytes',
      measures: {
        ...{ downstreamLimitBytes: 5_000, downstreamAskedBytes: 10_300, downstreamPassedBytes: 5_000, downstreamCutCount: 2 },
      },
      reasons: [],
    })
  })

  it('counts whole requests on the way up, whose answers may be lost with the connection', () => {
    const lost = judgeLimit(up, baseline, [ended(0, 'eof')])
    expect(lost).toMatchObject({ headline: 'connections ended upstream: eof after 0 bytes', reasons: [] })
    const some = judgeLimit(up, baseline, [ended(599, 'eof')])
    expect(some.measures).toMatchObject({ upstreamAskedBytes: 103_000, upstreamPassedBytes: 5_000, upstreamCutCount: 1 })
  })

  it.each<[string, LimitSpec, TransferResult[]]>([
    ['half of the limit, as the rest was on its way', down, [ended(2_500, 'eof')]],
    ['a probe that asks for a byte more than the limit', { ...down, repeat: 1, perRequest: 5_001 }, [ended(5_000, 'eof')]],
    [
      'the share of the connections that the toxicity gives',
      { ...down, toxicity: 0.5 },
      [ended(5_000, 'eof'), ended(10_300, 'complete'), ended(5_000, 'eof'), ended(10_300, 'complete')],
    ],
  ])('confirms %s', (_what, spec, results) => {
    expect(judgeLimit(spec, baseline, results).reasons).toEqual([])
  })

  const notHit = '0 of 1 connections were hit, expected all:'

  it.each<[string, LimitSpec, TransferResult[], string[]]>([
    ['a whole transfer', down, [ended(5_000, 'complete')], [`${notHit} complete after 5000 bytes`]],
    ['one that stalls', down, [ended(5_000, 'timeout')], [`${notHit} timeout after 5000 bytes`]],
    ['one that was refused', down, [ended(5_000, 'refused')], [`${notHit} refused after 5000 bytes`]],
    ['one beyond the limit', down, [ended(5_001, 'eof')], [`${notHit} eof after 5001 bytes`]],
    ['one that was cut long before', down, [ended(2_499, 'reset')], [`${notHit} reset after 2499 bytes`]],
    ['requests beyond the limit', up, [ended(600, 'eof')], [`${notHit} eof after 6000 bytes`]],
    [
      'a limit out of the reach of our probe',
      { ...down, limitBytes: 10_300 },
      [ended(10_300, 'eof')],
      ['our probe asks for 10300 bytes at most, too few to reach the limit of 10300'],
    ],
    [
      'a link that is dead for small requests as well',
      { ...up, smallRequests: { sent: 3, answered: 2 } },
      [ended(0, 'eof')],
      ['only 2 of 3 requests below the limit were answered'],
    ],
    ['nothing', down, [], ['no connection was tried: ']],
  ])('does not confirm %s', (_what, spec, results, reasons) => {
    expect(judgeLimit(spec, baseline, results).reasons).toEqual(reasons)
  })

  it('does not confirm without a baseline', () => {
    const weak = transferBaseline(ended(50, 'timeout'), 60)
    expect(judgeLimit(down, weak, [ended(5_000, 'eof')]).reasons).toEqual([weak.weak])
  })

  it('tells of three connections, and has no bytes where there was none', () => {
    const four = [ended(5_000, 'eof'), ended(4_000, 'eof'), ended(3_000, 'eof'), ended(2_600, 'eof')]
    expect(judgeLimit(down, baseline, four).headline).toBe(
      'connections ended downstream: eof after 5000 bytes, eof after 4000 bytes, eof after 3000 bytes',
    )
    expect(judgeLimit(down, baseline, []).measures['downstreamPassedBytes']).toBeNull()
  })
})

describe('measureLimitData', () => {
  const limited = { toxic: 'limit_data', attributes: { bytes: 5_000 } } as const
  /** Answers of 100 bytes. */
  const whole: LinkModel = { transfer: ({ repeat }) => moved(repeat * 100, 10), answer: () => ok(3) }
  const cut = (bytes: number): LinkModel => ({ transfer: () => ended(bytes, 'eof'), answer: () => ok(3) })

  it('asks down for twice the limit and a little more', async () => {
    const { judgement, before, during } = await measured(measureLimitData, toxicOn(limited), {
      ...{ before: whole, during: cut(5_000) },
    })
    expect([judgement.headline, judgement.reasons]).toEqual(['connections ended downstream: eof after 5000 bytes', []])
    expect(before.transfers).toMatchObject([{ repeat: 60, limitMs: 800 }])
    expect(during.transfers).toMatchObject([{ repeat: 103, limitMs: 1_500, headers: { accept: 'text/plain' } }])
    // Nothing of ours goes up with it.
    for (const { headers } of [...before.transfers, ...during.transfers]) expect(headers).toEqual({ accept: 'text/plain' })
    expect(during.bursts).toEqual([])
  })

  it('asks for no more than a helper gives, and says where that is too little', async () => {
    const on = toxicOn({ ...limited, attributes: { bytes: 1_000_000 } })
    const { judgement, during } = await measured(measureLimitData, on, { before: whole, during: whole })
    expect(during.transfers).toMatchObject([{ repeat: 5_000 }])
    expect(judgement.reasons).toEqual([
      'our probe asks for 500000 bytes at most, too few to reach the limit of 1000000',
      '0 of 1 connections were hit, expected all: complete after 500000 bytes',
    ])
  })

  it('sends long requests up, and then short ones, which must get through', async () => {
    const on = toxicOn({ ...limited, streams: ['upstream'] })
    const sent = requestSize(on.access, 1_000)
    const { judgement, before, during } = await measured(measureLimitData, on, { before: whole, during: cut(400) })
    expect(judgement.reasons).toEqual([])
    expect(before.transfers[0]?.headers['x-padding']).toHaveLength(1_000)
    expect(during.transfers).toMatchObject([{ repeat: Math.ceil(10_000 / sent) + 3 }])
    expect(during.transfers[0]?.headers['x-padding']).toHaveLength(1_000)
    expect(during.bursts).toMatchObject([{ count: 3, intervalMs: 20, timeoutMs: 500 }])
    const dead = { ...cut(0), answer: () => failed('eof') }
    const seen = await measured(measureLimitData, on, { before: whole, during: dead })
    expect(seen.judgement.reasons).toEqual(['only 0 of 3 requests below the limit were answered'])
  })

  it('sends no short ones up where even these are over the limit', async () => {
    const size = requestSize(toxicOn().access, 0)
    const on = toxicOn({ ...limited, attributes: { bytes: size }, streams: ['upstream'] })
    const { judgement, during } = await measured(measureLimitData, on, { before: whole, during: cut(0) })
    expect([judgement.reasons, during.bursts]).toEqual([[], []])
    const above = toxicOn({ ...limited, attributes: { bytes: size + 1 }, streams: ['upstream'] })
    expect((await measured(measureLimitData, above, { before: whole, during: cut(0) })).during.bursts).toHaveLength(1)
  })

  it('judges both ways where both are limited', async () => {
    const on = toxicOn({ ...limited, streams: ['upstream', 'downstream'] })
    const { judgement } = await measured(measureLimitData, on, { before: whole, during: cut(400) })
    const passed = 4 * requestSize(on.access, 1_000)
    expect(judgement.headline).toBe(
      `connections ended upstream: eof after ${passed} bytes, connections ended downstream: eof after 400 bytes`,
    )
    expect(judgement.reasons).toEqual(['0 of 1 connections were hit, expected all: eof after 400 bytes'])
  })

  it('asks for fifty answers where their size is not known, and confirms nothing', async () => {
    const on = toxicOn(limited)
    const { judgement, during } = await measured(measureLimitData, on, { before: cut(50), during: cut(5_000) })
    expect(during.transfers).toMatchObject([{ repeat: 50 }])
    expect(judgement.reasons[0]).toBe("before the fault 60 requests on one connection ended with 'eof' after 50 bytes")
  })
})
