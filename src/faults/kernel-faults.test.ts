import { describe, expect, it } from 'vitest'
import { seededRandom } from '../core/random.ts'
import { judgeLoss } from './loss-judgement.ts'
import type { EndLoss } from './loss-judgement.ts'
import { resetMoments, thirdOf } from './reset-moments.ts'
import { judgeResets } from './resets-judgement.ts'
import type { ResetsSeen } from './resets-judgement.ts'

const before = { sent: 10, answered: 10 }

function ends(client: Partial<EndLoss>, server: Partial<EndLoss>): EndLoss[] {
  const end = { packets: 250, dropped: 75, baselineRetransmits: 0, retransmits: 20 }
  return [
    { side: 'client', ...end, ...client },
    { side: 'server', ...end, ...server },
  ]
}

describe('judgeLoss', () => {
  it('confirms the share over both ends, with retransmits', () => {
    const judged = judgeLoss(30, ends({}, {}), before)
    expect(judged.reasons).toEqual([])
    expect(judged.headline).toBe('30 % of 500 packets dropped, 40 segments sent again')
    expect(judged.measures).toMatchObject({ lossPercent: 30, packetsCount: 500, clientDroppedCount: 75, serverDroppedCount: 75 })
  })

  it.each<[string, EndLoss[], RegExp]>([
    ['too few packets', ends({ packets: 199, dropped: 60 }, { packets: 200, dropped: 60 }), /only 399 packets/],
    ['too little loss', ends({ dropped: 40 }, { dropped: 40 }), /16 % of 500 packets dropped, expected 30 ± 8 %/],
    ['too much loss', ends({ dropped: 110 }, { dropped: 110 }), /44 % of 500/],
    ['loss in one direction only', ends({ dropped: 0 }, { dropped: 150 }), /nothing was dropped on the way to the client/],
    ['nothing sent again', ends({ retransmits: 0 }, { retransmits: 0 }), /TCP sent nothing again/],
    [
      'nothing at all',
      ends({ packets: 0, dropped: 0, retransmits: 0 }, { packets: 0, dropped: 0, retransmits: 0 }),
      /no packet was seen/,
    ],
  ])('does not confirm %s', (_what, seen, reason) => {
    expect(judgeLoss(30, seen, before).reasons.join('; ')).toMatch(reason)
  })

  it('does not confirm over a leg that was dead before', () => {
    expect(judgeLoss(30, ends({}, {}), { sent: 10, answered: 0 }).reasons).toHaveLength(1)
  })

  it('does not take no loss for a small loss', () => {
    expect(judgeLoss(1, ends({ dropped: 0, retransmits: 1 }, { dropped: 0 }), before).reasons.length).toBeGreaterThan(0)
    expect(judgeLoss(2, ends({ dropped: 5 }, { dropped: 4 }), before).reasons).toEqual([])
  })

  it('knows that a full loss leaves one direction without packets', () => {
    expect(judgeLoss(100, ends({ packets: 0, dropped: 0 }, { packets: 420, dropped: 420 }), before).reasons).toEqual([])
  })
})

describe('resetMoments', () => {
  it.each([
    [6_000, 3],
    [5_000, 1],
    [60_000, 10],
    [5_000, 50],
  ])('spreads moments over the thirds of %d ms, %d each', (windowMs, perThird) => {
    const moments = resetMoments(windowMs, perThird, seededRandom(7))
    expect(moments).toHaveLength(3 * perThird)
    expect(moments.toSorted((a, b) => a - b)).toEqual(moments)
    for (const third of [0, 1, 2]) expect(moments.filter((atMs) => thirdOf(atMs, windowMs) === third)).toHaveLength(perThird)
    expect(moments[0]).toBeGreaterThanOrEqual(250)
    expect(moments.at(-1)).toBeLessThanOrEqual(windowMs - 300)
  })

  it('keeps them 150 ms apart, and is the same for the same seed', () => {
    const moments = resetMoments(6_000, 3, seededRandom(11))
    const gaps = moments.slice(1).map((atMs, index) => atMs - (moments[index] ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(149)
    expect(resetMoments(6_000, 3, seededRandom(11))).toEqual(moments)
    expect(resetMoments(6_000, 3, seededRandom(12))).not.toEqual(moments)
  })
})

describe('judgeResets', () => {
  const seen: ResetsSeen = {
    windowMs: 6_000,
    plannedMoments: 3,
    counters: {
      moments: 3,
      resets: 12,
      outRsts: 12,
      estabResets: 0,
      history: [
        { atMs: 500, resets: 4 },
        { atMs: 2_500, resets: 4 },
        { atMs: 5_000, resets: 4 },
      ],
    },
    peerBaselineResets: 0,
    peerEstabResets: 12,
  }

  it('confirms resets in every third that the kernel counted', () => {
    expect(judgeResets(seen).reasons).toEqual([])
    expect(judgeResets(seen).headline).toBe('12 resets at 3 moments (4, 4, 4 by third)')
    expect(judgeResets({ ...seen, counters: { ...seen.counters, outRsts: 0 } }).reasons).toEqual([])
  })

  it('does not confirm a third without resets', () => {
    const history = [seen.counters.history[0], { atMs: 2_500, resets: 0 }, seen.counters.history[2]].filter(
      (entry) => entry !== undefined,
    )
    expect(judgeResets({ ...seen, counters: { ...seen.counters, history } }).reasons).toEqual([
      'no connection was reset in third 2 of the window (4, 0, 4)',
    ])
  })

  it('does not confirm what the kernel did not count, or moments that never came', () => {
    expect(judgeResets({ ...seen, counters: { ...seen.counters, outRsts: 0 }, peerEstabResets: 2 }).reasons[0]).toMatch(
      /0 resets sent and the other end 2/,
    )
    expect(judgeResets({ ...seen, counters: { ...seen.counters, moments: 2 } }).reasons[0]).toMatch(/only 2 of 3 moments/)
  })
})
