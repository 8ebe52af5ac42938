import { describe, expect, it } from 'vitest'
import { beginOf, dropsOf, endOfClimbMs, firstAboveMs, holdsOf, planOf, sumOfCurves } from './stages.ts'

const stage = (seconds: number, target: number): { durationMs: number; target: number } => ({
  durationMs: seconds * 1_000,
  target,
})

/** The original's spikes. */
const SPIKES = [
  ...[stage(60, 100), stage(10, 2_000), stage(60, 2_000), stage(10, 100)],
  ...[stage(60, 100), stage(10, 3_000), stage(60, 3_000), stage(60, 0)],
]
const STRESS = [100, 500, 1_000, 2_000, 3_000, 5_000].map((target) => stage(120, target)).concat(stage(300, 5_000), stage(120, 0))

describe('a curve', () => {
  it('has a length and a peak', () => {
    expect(planOf(SPIKES, 'users')).toMatchObject({ durationMs: 330_000, peakTarget: 3_000, unit: 'users', hasFixedLength: true })
  })

  it('has a hold wherever the target stays', () => {
    expect(holdsOf(SPIKES)).toEqual([
      { fromMs: 70_000, toMs: 130_000, target: 2_000 },
      { fromMs: 140_000, toMs: 200_000, target: 100 },
      { fromMs: 210_000, toMs: 270_000, target: 3_000 },
    ])
  })

  it('has one hold for neighbours of the same target, and none of zero users or no time', () => {
    expect(holdsOf([stage(0, 5), stage(2, 5), stage(3, 5), stage(0, 0), stage(9, 0), stage(0, 7)])).toEqual([
      { fromMs: 0, toMs: 5_000, target: 5 },
    ])
  })

  it('has no hold when it may end at any moment', () => {
    expect(planOf([stage(0, 5), stage(9, 5)], 'users', false).holds).toEqual([])
  })

  it('falls by half or more after each spike', () => {
    expect(dropsOf(SPIKES)).toEqual([
      { fromMs: 130_000, toMs: 140_000, fromTarget: 2_000, toTarget: 100, untilMs: 200_000 },
      { fromMs: 270_000, toMs: 330_000, fromTarget: 3_000, toTarget: 0, untilMs: 330_000 },
    ])
  })

  it('that falls in steps falls once; by less than half it does not', () => {
    expect(dropsOf([stage(1, 100), stage(1, 60), stage(1, 40), stage(5, 40)])).toEqual([
      { fromMs: 1_000, toMs: 3_000, fromTarget: 100, toTarget: 40, untilMs: 8_000 },
    ])
    expect(dropsOf([stage(1, 100), stage(1, 51)])).toEqual([])
  })

  it('crosses its gate in the middle of a stage, or where one begins, or never', () => {
    expect(firstAboveMs(STRESS, 1_000)).toBe(360_000)
    expect(firstAboveMs(STRESS, 1_500)).toBe(420_000)
    expect(firstAboveMs(STRESS, 5_000)).toBeNull()
    expect(firstAboveMs([stage(0, 10), stage(5, 10)], 9)).toBe(0)
  })

  it('climbs until its target falls from the peak', () => {
    expect(endOfClimbMs(STRESS)).toBe(1_020_000)
    expect(endOfClimbMs(SPIKES)).toBe(270_000)
    expect(endOfClimbMs([stage(10, 5)])).toBe(10_000)
  })
})

describe('several curves', () => {
  it('of which there is one are that one, after its pause', () => {
    expect(sumOfCurves([{ startMs: 2_000, stages: [stage(3, 9)] }])).toEqual([stage(2, 0), stage(3, 9)])
  })

  it('are added at each moment, jumps included', () => {
    const constant = { startMs: 5_000, stages: [stage(0, 10), stage(10, 10)] }
    const climb = { startMs: 0, stages: [stage(10, 100)] }
    expect(sumOfCurves([constant, climb])).toEqual([stage(5, 50), stage(0, 60), stage(5, 110), stage(0, 10), stage(5, 10)])
  })

  it('that follow each other leave no gap', () => {
    const first = { startMs: 0, stages: [stage(0, 10), stage(5, 10)] }
    const second = { startMs: 5_000, stages: [stage(0, 10), stage(5, 10)] }
    expect(holdsOf(sumOfCurves([first, second]))).toEqual([{ fromMs: 0, toMs: 10_000, target: 10 }])
  })
})

it.each([
  [
    [
      { durationMs: 0, target: 5 },
      { durationMs: 9, target: 5 },
    ],
    'users',
    'at_once',
  ],
  [[{ durationMs: 9, target: 5 }], 'users', 'later'],
  [
    [
      { durationMs: 9, target: 0 },
      { durationMs: 0, target: 5 },
    ],
    'users',
    'later',
  ],
  [
    [
      { durationMs: 0, target: 5 },
      { durationMs: 9, target: 5 },
    ],
    'iterations/s',
    'at_a_rate',
  ],
  [[{ durationMs: 9, target: 5 }], 'iterations/s', 'at_a_rate'],
  [
    [
      { durationMs: 9, target: 0 },
      { durationMs: 0, target: 5 },
    ],
    'iterations/s',
    'later',
  ],
  [[], 'users', 'later'],
] as const)('the users of %j (%s) begin %s', (stages, unit, begins) => {
  expect(beginOf({ stages, unit })).toBe(begins)
})
