import { describe, expect, test } from 'vitest'
import { judgeCpu, loadText, planLoad } from './cpu-judgement.ts'
import type { BurnReading, CpuSeen } from './cpu-judgement.ts'

const QUOTA = { cpuQuotaUs: 20_000, cpuPeriodUs: 100_000 }
const NO_QUOTA = { cpuQuotaUs: null, cpuPeriodUs: null }

describe('planLoad', () => {
  test.each<[string, number, Parameters<typeof planLoad>[1], object]>([
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
    ['just less than a whole quota, without more workers than it takes', 99, QUOTA, { workers: 1, loadPercent: 20 }],
    ['half of a quota that the machine cannot give', 50, { cpuQuotaUs: 800_000, cpuPeriodUs: 100_000 }, { workers: 2, cpus: 4 }],
    ['a period alone, which is no quota', 100, { ...NO_QUOTA, cpuPeriodUs: 100_000 }, { workers: 4, cpus: 4, hasQuota: false }],
    ['a quota of no known period', 100, { ...NO_QUOTA, cpuQuotaUs: 20_000 }, { workers: 4, cpus: 4, hasQuota: false }],
    ['all of a machine', 100, NO_QUOTA, { workers: 4, loadPercent: 100, cpus: 4, hasQuota: false }],
  ])('%s', (_name, percent, quota, load) => {
    expect(planLoad(percent, quota, 4)).toMatchObject(load)
  })

  test('is told', () => {
    expect(loadText(planLoad(100, QUOTA, 4))).toBe('2 workers of 100 % of a CPU each, in a cgroup with a quota of 0.2 CPUs')
    expect(loadText(planLoad(60, NO_QUOTA, 4))).toBe(
      '3 workers of 80 % of a CPU each, in a cgroup with no quota, so of all 4 CPUs',
    )
    const third = { cpuQuotaUs: 33_333.3, cpuPeriodUs: 100_000 }
    expect(loadText(planLoad(100, third, 4))).toMatch(/with a quota of 0.333 CPUs$/)
  })
})

/** A reading every half second; `share` of the quota used, `own` of it by the burners, on a machine that is idle for so much. */
function readings(count: number, share = 1, own = 0.8, idlePercent = 30): BurnReading[] {
  return Array.from({ length: count }, (_item, index) => ({
    atMs: 10_000 + index * 500,
    usageUs: 1_000_000 + index * 100_000 * share,
    throttledPeriods: 7 + index * 5,
    burnersAlive: 3,
    burnersUs: index * 100_000 * share * own,
    machine: { idleTicks: 5_000 + index * idlePercent, totalTicks: 9_000 + index * 100 },
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

test('a quota that is used up', () => {
  expect(judgeCpu(BURNT)).toEqual({
    headline: '100 % of 0.2 CPUs used (10 % before)',
    measures: {
      baselinePercent: 10,
      usedPercent: 100,
      machineIdlePercent: 30,
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

test('what burners used before the first look is not told as theirs, and the fewest of them are', () => {
  const late = readings(12).map((one, index) => ({
    ...one,
    burnersUs: one.burnersUs + 500_000,
    burnersAlive: index === 5 ? 2 : 4,
  }))
  expect(judgeCpu({ ...BURNT, readings: late }).measures).toMatchObject({ burnerSharePercent: 80, fewestBurnersAlive: 2 })
})

test('a share of it needs no throttling, and no quota cannot have any', () => {
  const calm = readings(12, 0.5).map((reading) => ({ ...reading, throttledPeriods: 7 }))
  expect(judgeCpu({ ...BURNT, percent: 50, readings: calm }).reasons).toEqual([])
  const whole = readings(12, 20).map((reading) => ({ ...reading, throttledPeriods: null, burnersAlive: 5 }))
  const seen = judgeCpu({ ...BURNT, load: planLoad(100, NO_QUOTA, 4), readings: whole })
  expect(seen.reasons).toEqual([])
  expect(seen.headline).toBe('100 % of 4 CPUs used (0.5 % before)')
  expect(seen.measures).toMatchObject({ quotaCpus: null, throttledPeriods: null })
})

test.each<[string, Partial<CpuSeen>]>([
  ['four fifths of the quota', { readings: readings(12, 0.8) }],
  ['four fifths of a half', { percent: 50, readings: readings(12, 0.4) }],
  ['a window of which four fifths were watched', { windowMs: 6_875 }],
  ['one that was idle but for a little before', { baseline: usedBefore(79.9) }],
  ['one throttled period', { readings: throttled(7, 8) }],
  ['exactly as many workers as were asked for', { readings: readings(12).map((one) => ({ ...one, burnersAlive: 2 })) }],
  ['two looks at a target that died after half a second', { targetEnded: true, readings: readings(2) }],
  ['burners that are few beside the application', { readings: readings(12, 1, 0.01) }],
])('%s will do', (_name, change) => {
  expect(judgeCpu({ ...BURNT, ...change }).reasons).toEqual([])
})

test.each<[number, string]>([
  [10, '79.9 % were used instead of 100 %, of a machine that had no more to give: 10 % of it were idle'],
  [10.1, '79.9 % were used instead of 100 %'],
])('too little of a machine of which %d %% were idle says whose fault it is, and stays too little', (idlePercent, reason) => {
  expect(judgeCpu({ ...BURNT, readings: readings(12, 0.799, 0.8, idlePercent) })).toMatchObject({
    measures: { usedPercent: 79.9, machineIdlePercent: idlePercent },
    reasons: [reason],
  })
})

test('how much was idle is not known where the ticks of the machine stand still', () => {
  const still = readings(12, 0.5).map((one) => ({ ...one, machine: { idleTicks: 5, totalTicks: 9 } }))
  expect(judgeCpu({ ...BURNT, readings: still })).toMatchObject({
    measures: { machineIdlePercent: null },
    reasons: ['50 % were used instead of 100 %'],
  })
})

/** Readings of which only the first and the last differ in what was throttled. */
function throttled(first: number | null, last: number | null): BurnReading[] {
  return readings(12).map((one, index) => ({ ...one, throttledPeriods: index < 11 ? first : last }))
}

function usedBefore(percent: number): CpuSeen['baseline'] {
  const first = { atMs: 9_000, usageUs: 0, throttledPeriods: 0 }
  return { first, last: { atMs: 10_000, usageUs: percent * 2_000, throttledPeriods: 6 } }
}

/** All is well up to `from`; from there on so many are alive, and none of them does anything. */
function dying(from: number, alive: number): BurnReading[] {
  return readings(12).map((reading, index) =>
    index < from ? reading : { ...reading, burnersAlive: alive, burnersUs: readings(12)[from]?.burnersUs ?? 0 },
  )
}

/** The burners use CPU time between the looks `from` and `to` only. */
function working(count: number, from: number, to: number): BurnReading[] {
  const used = (index: number): number => Math.min(Math.max(index - from, 0), to - from) * 1_000
  return readings(count).map((reading, index) => ({ ...reading, burnersUs: used(index) }))
}

describe('CPU time that was not burnt by us is not confirmed', () => {
  const idle = 'the workers used no CPU time in one half of the window'
  const uncounted = 'the kernel does not count throttled periods, so that the quota was used up is not proven'

  test.each<[string, Partial<CpuSeen>, string[]]>([
    ['just too little was used', { readings: readings(12, 0.799) }, ['79.9 % were used instead of 100 %']],
    ['it was used before', { baseline: usedBefore(80) }, ['80 % were used before the fault already']],
    ['nobody read it before', { baseline: null }, ['the CPU time was not read before the fault']],
    [
      'what was read before was one look',
      { baseline: { first: BURNT.readings[0] as BurnReading, last: BURNT.readings[0] as BurnReading } },
      ['the CPU time was not read before the fault'],
    ],
    ['it was not watched for long', { windowMs: 6_876 }, ['it was watched for 5500 ms of a window of 6876 ms']],
    [
      'the target died before anything was seen',
      { targetEnded: true, readings: readings(2).map((one, index) => ({ ...one, atMs: index * 499 })) },
      ['it was watched for 499 ms of a window of 6000 ms'],
    ],
    ['nothing was throttled', { readings: throttled(7, 7) }, ['the cgroup was never throttled']],
    ['the kernel does not count throttling', { readings: throttled(null, null) }, [uncounted]],
    ['it ceases to count', { readings: throttled(7, null) }, [uncounted]],
    ['it begins to count', { readings: throttled(null, 7) }, [uncounted]],
    ['the application alone is busy', { readings: dying(0, 0) }, ['only 0 of 2 workers were alive in the cgroup at one time']],
    ['all workers die in the middle', { readings: dying(6, 0) }, ['only 0 of 2 workers were alive in the cgroup at one time']],
    ['one of them dies in the middle', { readings: dying(6, 2) }, ['1 of the burning processes died on the way']],
    ['they hang in the middle', { readings: dying(6, 3) }, [idle]],
    ['they begin in the middle', { readings: working(12, 6, 11) }, [idle]],
    ['they hang in the second half of an odd row', { readings: working(11, 0, 5) }, [idle]],
    ['they do nothing between two looks', { targetEnded: true, readings: working(2, 0, 0) }, [idle]],
    ['it broke off', { problem: 'the helper is gone' }, ['the helper is gone']],
    [
      'several of these at once',
      { baseline: null, problem: 'the helper is gone', windowMs: 9_000 },
      ['the helper is gone', 'it was watched for 5500 ms of a window of 9000 ms', 'the CPU time was not read before the fault'],
    ],
  ])('%s', (_name, change, reasons) => {
    expect(judgeCpu({ ...BURNT, ...change }).reasons).toEqual(reasons)
  })

  test('the workers may pause, as long as each half saw them at work', () => {
    expect(judgeCpu({ ...BURNT, readings: working(12, 5, 7) }).reasons).toEqual([])
    expect(judgeCpu({ ...BURNT, readings: working(11, 4, 6) }).reasons).toEqual([])
  })

  test.each<[string, Partial<CpuSeen>, string, string]>([
    ['nothing was injected', { load: null }, 'no CPU time burnt', 'no CPU time was burnt'],
    ['it could not be started', { load: null, problem: 'no stress-ng' }, 'no CPU time burnt', 'no stress-ng'],
    ['nobody read it', { readings: [] }, 'CPU time not read', 'the CPU time was not read while it was burnt'],
    ['it was read once', { readings: readings(1) }, 'CPU time not read', 'the CPU time was not read while it was burnt'],
    ['it broke off at once', { readings: [], problem: 'the helper is gone' }, 'CPU time not read', 'the helper is gone'],
  ])('%s', (_name, change, headline, reason) => {
    expect(judgeCpu({ ...BURNT, ...change })).toEqual({ headline, measures: {}, reasons: [reason] })
  })

  test('what is not known is not made up', () => {
    const still = readings(12).map((one) => ({ ...one, usageUs: 5 }))
    const { headline, measures } = judgeCpu({ ...BURNT, baseline: null, readings: still })
    expect(headline).toBe('0 % of 0.2 CPUs used (unknown % before)')
    expect(measures).toMatchObject({ baselinePercent: null, usedPercent: 0, burnerSharePercent: null })
  })
})
