import { describe, expect, it } from 'vitest'
import { planOf } from '../plan/stages.ts'
import type { SpikeRecovery } from './judgement.ts'
import { seriesOf, traffic, type Sample } from './series.fixture.ts'
import { spikeRecoveries } from './spike-recovery.ts'

const LIMITS = { errorShare: 0.01, p95Ms: 500 }
const seconds = (...stages: readonly (readonly [number, number])[]): { durationMs: number; target: number }[] =>
  stages.map(([long, target]) => ({ durationMs: long * 1_000, target }))
/** 200 users until 10 s, 10 of them from 14 s to 60 s. */
const FALL = seconds([0, 200], [10, 200], [4, 10], [46, 10])
const of = (fromSecond: number, toSecond: number, latencyMs = 40): Sample[] =>
  traffic({ perSecond: 30, fromMs: fromSecond * 1_000, toMs: toSecond * 1_000, latencyMs })

function recoveries(samples: readonly Sample[], stages = FALL): SpikeRecovery[] {
  return spikeRecoveries(planOf(stages, 'users'), seriesOf(samples), LIMITS)()
}

describe('the recovery from a crowd', () => {
  it('counts from when it has left, though it is looked at from when it begins to leave', () => {
    const facts = { atMs: 14_000, fromTarget: 200, toTarget: 10, limitMs: 30_000 }
    expect(recoveries(of(0, 60))).toEqual([{ ...facts, afterMs: 0, detail: 'p95 40 ms, 0.0 % errors' }])
    expect(recoveries([...of(0, 10), ...of(10, 13, 900), ...of(13, 60)])).toMatchObject([{ afterMs: 0 }])
    expect(recoveries([...of(0, 10), ...of(10, 17, 900), ...of(17, 60)])).toMatchObject([{ afterMs: 3_000 }])
  })

  it('is what nothing bad follows', () => {
    expect(recoveries([...of(0, 20), ...of(20, 21, 900), ...of(21, 60)])).toMatchObject([{ afterMs: 7_000 }])
  })

  it('is looked for during half a minute, and tells what was seen last', () => {
    expect(recoveries([...of(0, 10), ...of(10, 43, 900), ...of(43, 60)])).toMatchObject([{ afterMs: 29_000 }])
    const failing = traffic({ perSecond: 30, fromMs: 43_000, toMs: 44_000, latencyMs: 7, failure: () => '500' })
    const never = [...of(0, 10), ...of(10, 43, 900), ...failing, ...of(44, 60)]
    expect(recoveries(never)).toMatchObject([{ afterMs: null, limitMs: 30_000, detail: 'p95 7 ms, 100.0 % errors' }])
  })

  it('ends where the next crowd comes, or the run does', () => {
    const again = seconds([0, 200], [10, 200], [0, 10], [5, 10], [0, 200], [10, 200])
    expect(recoveries(of(0, 25), again)).toMatchObject([{ atMs: 10_000, limitMs: 5_000 }])
    expect(recoveries(of(0, 20))).toMatchObject([{ limitMs: 6_000, afterMs: 0 }])
    expect(recoveries(of(0, 12))).toMatchObject([{ limitMs: 0, afterMs: 0 }])
  })

  it('is not known where nobody asked', () => {
    expect(recoveries(of(0, 10))).toMatchObject([{ afterMs: null, detail: 'too few requests to say' }])
  })

  it('is as before the crowd: what is slower than with as many users then is none', () => {
    // 10 users for 10 s, 200 to 20 s, then 10 again.
    const crowd = seconds([0, 10], [10, 10], [0, 200], [10, 200], [0, 10], [40, 10])
    const after = (latencyMs: number): SpikeRecovery[] => recoveries([...of(0, 20), ...of(20, 60, latencyMs)], crowd)
    expect(after(240)).toMatchObject([{ afterMs: 0 }])
    expect(after(241)).toMatchObject([{ afterMs: null, detail: 'p95 241 ms, 0.0 % errors' }])
    const slow = [...of(0, 20, 200), ...of(20, 60, 400)]
    expect(recoveries(slow, crowd)).toMatchObject([{ afterMs: 0 }])
    expect(recoveries([...of(0, 20, 200), ...of(20, 60, 401)], crowd)).toMatchObject([{ afterMs: null }])
    expect(recoveries([...of(0, 20, 240), ...of(20, 60, 480)], crowd)).toMatchObject([{ afterMs: 0 }])
    expect(recoveries([...of(0, 20, 240), ...of(20, 60, 481)], crowd)).toMatchObject([{ afterMs: null }])
    const quickAtFirst = [...of(0, 1, 10), ...of(1, 20, 200), ...of(20, 60, 400)]
    expect(recoveries(quickAtFirst, crowd)).toMatchObject([{ afterMs: 0 }])
    const late = [...of(0, 20), ...of(20, 25, 300), ...of(25, 60)]
    expect(recoveries(late, crowd)).toMatchObject([{ afterMs: 5_000 }])
  })

  it('is held against nothing where there were never so few before, or too few to say', () => {
    const none = seconds([0, 200], [20, 200], [0, 10], [40, 10])
    expect(recoveries([...of(0, 20), ...of(20, 60, 450)], none)).toMatchObject([{ afterMs: 0 }])
    const short = seconds([0, 10], [0.5, 10], [0, 200], [20, 200], [0, 10], [40, 10])
    expect(recoveries([...of(0, 20), ...of(20, 60, 450)], short)).toMatchObject([{ afterMs: 0 }])
  })

  it('is one of each fall', () => {
    const twice = seconds([0, 200], [10, 200], [0, 10], [5, 10], [0, 300], [5, 300], [0, 20], [5, 20])
    expect(recoveries(of(0, 25), twice)).toMatchObject([
      { atMs: 10_000, fromTarget: 200, toTarget: 10 },
      { atMs: 20_000, fromTarget: 300, toTarget: 20 },
    ])
  })
})
