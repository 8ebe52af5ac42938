import { describe, expect, it } from 'vitest'
import { stolenNote, stolenShare, withStolenNote } from './stolen.ts'

describe('CPU time that the host gave to others', () => {
  it.each([
    ['of what was asked for, not of all that there is', [1_000, 800, 20], [3_000, 2_400, 120], 0.25],
    ['none', [1_000, 800, 20], [3_000, 2_400, 20], 0],
    ['of nothing that was asked for', [1_000, 800, 20], [3_000, 2_800, 20], Number.NaN],
    ['between two looks at the same moment', [1_000, 800, 20], [1_000, 800, 20], Number.NaN],
  ] as const)('is a share %s', (_what, before, after, share) => {
    const ticks = ([cpuTotalTicks, cpuIdleTicks, cpuStolenTicks]: typeof before | typeof after) => ({
      ...{ cpuTotalTicks, cpuIdleTicks, cpuStolenTicks },
    })
    expect(stolenShare(ticks(before), ticks(after))).toBe(share)
  })

  it('is told from a tenth on', () => {
    expect(stolenNote(null)).toEqual([])
    expect(stolenNote(9.9)).toEqual([])
    expect(stolenNote(10)).toEqual([expect.stringContaining('gave 10 % of the CPU time')])
    expect(stolenNote(37.6)).toEqual([
      'the host gave 38 % of the CPU time that this machine asked for to others: what was late or too little may be that, and a quieter machine tells',
    ])
  })

  it.each(['failed', 'error', 'inconclusive'] as const)('stands beside why it is %s', (verdict) => {
    const told = withStolenNote({ verdict, reasons: ['late'] }, 30)
    expect(told).toEqual({ verdict, reasons: ['late', ...stolenNote(30)] })
    expect(told.reasons).toHaveLength(2)
  })

  it.each(['passed', 'skipped'] as const)('stands nowhere where it is %s', (verdict) => {
    expect(withStolenNote({ verdict, reasons: [] }, 30)).toEqual({ verdict, reasons: [] })
  })
})
