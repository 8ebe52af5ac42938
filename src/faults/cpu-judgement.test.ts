import { describe, expect, test } from 'vitest'
import { judgeCpu, loadText, planLoad } from './cpu-judgement.ts'
import type { BurnReading, CpuSeen } from './cpu-judgement.ts'

const QUOTA = { cpuQuotaUs: 20_000, cpuPeriodUs: 100_000 }
const NO_QUOTA = { cpuQuotaUs: null, cpuPeriodUs: null }

describe('planLoad', () => {
  test.each<[string, number, typeof QUOTA | typeof NO_QUOTA, object]>([
    ['a whole quota', 100, QUOTA, { workers: 2, loadPercent: 100, cpus: 0.2, hasQuota: true }],
    [
      'a quota of more than a CPU',
      100,
      { cpuQuotaUs: 150_000, cpuPeriodUs: 100_000 },
      { workers: 3, loadPercent: 100, cpus: 1.5 },
    ],
    ['a quota of more than the machine has', 100, { cpuQuotaUs: 800_000, cpuPeriodUs: 100_000 }, { workers: 5, cpus: 4 }],
    ['half of a quota', 50, QUOTA, { workers: 1, loadPercent: 10, cpus: 0.2 }],
    ['a share that takes several CPUs', 75, NO_QUOTA, { workers: 3, loadPercent: 100, cpus: 4, hasQuota: false }],
    ['a share between two', 60, NO_QUOTA, { workers: 3, loadPercent: 80 }],
    ['a share that is less than a percent of a CPU', 1, QUOTA, { workers: 1, loadPercent: 1 }],
    ['all of a machine', 100, NO_QUOTA, { workers: 4, loadPercent: 100, cpus: 4, hasQuota: false }],
  ])('%s', (_name, percent, quota, load) => {
    expect(planLoad(percent, quota, 4)).toMatchObject(load)
  })

  test('is told', () => {
    expect(loadText(planLoad(100, QUOTA, 4))).toBe('2 workers of 100 % of a CPU each, in a cgroup with a quota of 0.2 CPUs')
    expect(loadText(planLoad(100, NO_QUOTA, 4))).toMatch(/no quota, so of all 4 CPUs$/)
  })
})

/** A reading every half second; `share` of the quota used, `own` of it by the burners. */
function readings(count: number, share = 1, own = 0.8): BurnReading[] {
  return Array.from({ length: count }, (_item, index) => ({
    atMs: 10_000 + index * 500,
    usageUs: 1_000_000 + index * 100_000 * share,
    throttledPeriods: 7 + index * 5,
    burnersAlive: 3,
    burnersUs: index * 100_000 * share * own,
  }))
}

const BURNT: CpuSeen = {
  percent: 100,
  windowMs: 6_000,
  baseline: {
    first: { atMs: 9_000, usageUs: 900_000, throttledPeriods: 7 },
    last: { atMs: 9_600, usageUs: 912_000, throttledPeriods: 7 },
  },
  load: planLoad(100, QUOTA, 4),
  problem: null,
  readings: readings(12),
  targetEnded: false,
}

const BUSY = {
  first: { atMs: 9_000, usageUs: 0, throttledPeriods: 0 },
  last: { atMs: 9_600, usageUs: 120_000, throttledPeriods: 6 },
}

test('a quota that is used up', () => {
  expect(judgeCpu(BURNT)).toEqual({
    headline: '100 % of 0.2 CPUs used (10 % before)',
    measures: {
      baselinePercent: 10,
      usedPercent: 100,
      quotaCpus: 0.2,
      throttledPeriods: 55,
      burnerSharePercent: 80,
      fewestBurnersAlive: 3,
      workers: 2,
      readings: 12,
    },
    reasons: [],
  })
})

test('a share of it needs no throttling, and no quota cannot have any', () => {
  const calm = readings(12, 0.5).map((reading) => ({ ...reading, throttledPeriods: 7 }))
  expect(judgeCpu({ ...BURNT, percent: 50, readings: calm }).reasons).toEqual([])
  const whole = readings(12, 20).map((reading) => ({ ...reading, throttledPeriods: null, burnersAlive: 5 }))
  expect(judgeCpu({ ...BURNT, load: planLoad(100, NO_QUOTA, 4), readings: whole }).reasons).toEqual([])
})

test('a target that died was seen long enough', () => {
  expect(judgeCpu({ ...BURNT, readings: readings(3), targetEnded: true }).reasons).toEqual([])
  expect(judgeCpu({ ...BURNT, readings: readings(3) }).reasons).toEqual(['it was watched for 1000 ms of a window of 6000 ms'])
})

function dying(from: number, alive: number): BurnReading[] {
  return readings(12).map((reading, index) =>
    index < from ? reading : { ...reading, burnersAlive: alive, burnersUs: readings(12)[from]?.burnersUs ?? 0 },
  )
}

describe('CPU time that was not burnt by us is not confirmed', () => {
  test.each<[string, Partial<CpuSeen>, RegExp]>([
    ['nothing was injected', { load: null }, /^no CPU time was burnt$/],
    ['it could not be started', { load: null, problem: 'stress-ng is missing' }, /^stress-ng is missing$/],
    ['nobody read it', { readings: [] }, /not read while it was burnt/],
    ['it was read once', { readings: readings(1) }, /not read while it was burnt/],
    ['too little was used', { readings: readings(12, 0.7) }, /^70 % were used instead of 100 %$/],
    ['it was used up before', { baseline: BUSY }, /100 % were used before the fault already/],
    ['nobody read it before', { baseline: null }, /not read before/],
    ['nothing was throttled', { readings: readings(12).map((one) => ({ ...one, throttledPeriods: 7 })) }, /never throttled/],
    [
      'the kernel does not count throttling',
      { readings: readings(12).map((one) => ({ ...one, throttledPeriods: null })) },
      /does not count/,
    ],
    ['the application alone is busy', { readings: dying(0, 0) }, /only 0 of 2 workers were alive/],
    ['all workers die in the middle', { readings: dying(6, 0) }, /only 0 of 2 workers were alive/],
    ['one of them dies in the middle', { readings: dying(6, 2) }, /1 of the burning processes died on the way/],
    ['they hang in the middle', { readings: dying(6, 3) }, /used no CPU time in one half of the window/],
    ['it broke off', { problem: 'the helper is gone', readings: readings(12) }, /^the helper is gone$/],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeCpu({ ...BURNT, ...change })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })
})
