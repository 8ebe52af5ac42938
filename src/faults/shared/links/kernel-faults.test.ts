import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../core/random.ts'
import { judgeLoss, packetsNeeded, type EndLoss, type ProbeCount } from '../../packet-loss/judge.ts'
import { resetMoments, thirdOf } from '../../connection-resets/moments.ts'
import { judgeResets, type ResetsSeen } from '../../connection-resets/judge.ts'

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

  it('has these measures, each end by itself', () => {
    const seen = ends({ packets: 300, baselineRetransmits: 1 }, { packets: 210, dropped: 78, baselineRetransmits: 2 })
    expect(judgeLoss(30, seen, before)).toEqual({
      headline: '30 % of 510 packets dropped, 40 segments sent again',
      measures: {
        ...{ lossPercent: 30, packetsCount: 510, droppedCount: 153, clientPacketsCount: 300, clientDroppedCount: 75 },
        ...{ serverPacketsCount: 210, serverDroppedCount: 78, baselineRetransmitsCount: 3, retransmitsCount: 40 },
      },
      reasons: [],
    })
  })

  it.each<[string, number, EndLoss[], ProbeCount]>([
    ['the very margin below', 30, ends({ dropped: 55 }, { dropped: 55 }), before],
    ['the very margin above', 30, ends({ dropped: 95 }, { dropped: 95 }), before],
    ['just enough packets', 30, ends({ packets: 200, dropped: 60 }, { packets: 200, dropped: 60 }), before],
    ['one segment that was sent again', 30, ends({ retransmits: 1 }, { retransmits: 0 }), before],
    ['a leg on which four probes of five were answered before', 30, ends({}, {}), { sent: 10, answered: 8 }],
    ['a small loss', 2, ends({ dropped: 5 }, { dropped: 4 }), before],
    // The dead end has nothing to drop.
    ['a full loss, in one direction', 100, ends({ packets: 0, dropped: 0 }, { packets: 420, dropped: 420 }), before],
  ])('confirms %s', (_what, percent, seen, probes) => {
    expect(judgeLoss(percent, seen, probes).reasons).toEqual([])
  })

  it.each<[string, number, EndLoss[], string[]]>([
    [
      'too few packets',
      30,
      ends({ packets: 199, dropped: 60 }, { packets: 200, dropped: 60 }),
      ['only 399 packets crossed the leg, 400 are needed to measure the loss'],
    ],
    ['too little loss', 30, ends({ dropped: 54 }, { dropped: 55 }), ['21.8 % of 500 packets dropped, expected 30 ± 8 %']],
    ['too much loss', 30, ends({ dropped: 96 }, { dropped: 95 }), ['38.2 % of 500 packets dropped, expected 30 ± 8 %']],
    [
      'what many packets tell better',
      30,
      ends({ packets: 1_000, dropped: 345 }, { packets: 1_000, dropped: 345 }),
      ['34.5 % of 2000 packets dropped, expected 30 ± 4.1 %'],
    ],
    [
      'no loss where a small one is expected',
      1,
      ends({ dropped: 0 }, { dropped: 0 }),
      ['0 % of 500 packets dropped, expected 1 ± 1.8 %', 'nothing was dropped on the way to the client and the server'],
    ],
    ['loss in one direction only', 30, ends({ dropped: 0 }, { dropped: 150 }), ['nothing was dropped on the way to the client']],
    [
      'loss in the other direction only',
      99,
      ends({ dropped: 495, packets: 500 }, { dropped: 0, packets: 0 }),
      ['nothing was dropped on the way to the server'],
    ],
    [
      'nothing sent again',
      30,
      ends({ retransmits: 0 }, { retransmits: 0 }),
      ['TCP sent nothing again, so no lost packet mattered to anyone'],
    ],
    [
      'nothing at all',
      100,
      ends({ packets: 0, dropped: 0 }, { packets: 0, dropped: 0 }),
      ['only 0 packets crossed the leg, 60 are needed to measure the loss', 'no packet was seen, expected 100 ± 0 %'],
    ],
  ])('does not confirm %s', (_what, percent, seen, reasons) => {
    expect(judgeLoss(percent, seen, before).reasons).toEqual(reasons)
  })

  it('takes every packet of sixty for the loss of all, and not one less', () => {
    const all = (packets: number, dropped = packets): EndLoss[] =>
      ends({ packets: 30, dropped: 30 }, { packets: packets - 30, dropped: dropped - 30 })
    expect(judgeLoss(100, all(60), before).reasons).toEqual([])
    expect(judgeLoss(100, all(59), before).reasons).toEqual([
      'only 59 packets crossed the leg, 60 are needed to measure the loss',
    ])
    expect(judgeLoss(100, all(300, 299), before).reasons).toEqual(['99.7 % of 300 packets dropped, expected 100 ± 0 %'])
  })

  it('is looked for in more packets where it is a share', () => {
    expect([packetsNeeded(100), packetsNeeded(99.9)]).toEqual([
      { fewest: 60, wanted: 200 },
      { fewest: 400, wanted: 800 },
    ])
  })

  it('makes up no share where no packet was seen', () => {
    const { headline, measures } = judgeLoss(30, [], before)
    expect([headline, measures['lossPercent']]).toEqual(['no packet was seen, 0 segments sent again', null])
  })

  it.each([
    [10, 7],
    [0, 0],
  ])('does not confirm over a leg where, of %d probes, %d were answered before', (sent, answered) => {
    expect(judgeLoss(30, ends({}, {}), { sent, answered }).reasons).toEqual([
      `before the fault only ${answered} of ${sent} probes were answered over the leg`,
    ])
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

/** One moment in each third of 6000 ms. */
function history(first: number, second: number, last: number): ResetsSeen['counters']['history'] {
  return [first, second, last].map((resets, third) => ({ atMs: 500 + 2_250 * third, resets }))
}

describe('judgeResets', () => {
  const seen: ResetsSeen = {
    windowMs: 6_000,
    plannedMoments: 3,
    counters: {
      moments: 3,
      resets: 12,
      outRsts: 12,
      estabResets: 0,
      history: history(4, 4, 4),
    },
    peerBaselineResets: 0,
    peerEstabResets: 12,
  }

  it('confirms resets in every third that the kernel counted', () => {
    expect(judgeResets(seen).reasons).toEqual([])
    expect(judgeResets(seen).headline).toBe('12 resets at 3 moments (4, 4, 4 by third)')
    expect(judgeResets({ ...seen, counters: { ...seen.counters, outRsts: 0 } }).reasons).toEqual([])
  })

  it('has these measures', () => {
    const uneven = [
      { atMs: 500, resets: 4 },
      { atMs: 1_900, resets: 1 },
      { atMs: 2_000, resets: 2 },
      { atMs: 5_000, resets: 3 },
    ]
    const { measures } = judgeResets({ ...seen, peerBaselineResets: 1, counters: { ...seen.counters, history: uneven } })
    expect(measures).toEqual({
      ...{ resetsCount: 12, momentsCount: 3, firstThirdCount: 5, secondThirdCount: 2, lastThirdCount: 3 },
      ...{ outRstsCount: 12, peerBaselineResetsCount: 1, peerEstabResetsCount: 12 },
    })
  })

  it.each<[string, Partial<ResetsSeen>]>([
    ['three that the kernel sent', { counters: { ...seen.counters, outRsts: 3 }, peerEstabResets: 0 }],
    ['three that the other end saw', { counters: { ...seen.counters, outRsts: 0 }, peerEstabResets: 3 }],
    ['more moments than were planned', { plannedMoments: 2 }],
  ])('is content with %s', (_what, change) => {
    expect(judgeResets({ ...seen, ...change }).reasons).toEqual([])
  })

  it.each<[string, Partial<ResetsSeen>, string[]]>([
    [
      'a third without resets',
      { counters: { ...seen.counters, history: history(4, 0, 4) } },
      ['no connection was reset in third 2 of the window (4, 0, 4)'],
    ],
    [
      'resets in the last third alone',
      { counters: { ...seen.counters, history: history(0, 0, 1) } },
      ['no connection was reset in third 1 and 2 of the window (0, 0, 1)'],
    ],
    [
      'what the kernel did not count',
      { counters: { ...seen.counters, outRsts: 1 }, peerEstabResets: 2 },
      ['the kernel counted 1 resets sent and the other end 2 received, at least 3 are needed'],
    ],
    [
      'moments that never came',
      { counters: { ...seen.counters, moments: 2 } },
      ['only 2 of 3 moments had passed when the window ended'],
    ],
  ])('does not confirm %s', (_what, change, reasons) => {
    expect(judgeResets({ ...seen, ...change }).reasons).toEqual(reasons)
  })
})

describe('thirdOf', () => {
  it.each([
    [-5, 0],
    [0, 0],
    [1_999, 0],
    [2_000, 1],
    [3_999, 1],
    [4_000, 2],
    [6_000, 2],
    [8_000, 2],
  ])('%d ms of 6000 is in third %d', (atMs, third) => {
    expect(thirdOf(atMs, 6_000)).toBe(third)
  })
})
