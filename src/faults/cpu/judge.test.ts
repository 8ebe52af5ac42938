import { mono } from '../../core/time/moment.fixture.ts'
import { describe, expect, test } from 'vitest'
import { judgeCpu, loadText, planLoad, type BurnReading, type CpuSeen } from './judge.ts'

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
    ['a share that is no binary fraction', 35, QUOTA, { workers: 1, loadPercent: 7 }],
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

/** A reading every half second; `share` of the quota used, `own` of it by the burners, which waited for so much each time. */
function readings(count: number, share = 1, own = 0.8, waitedUs: number | null = null): BurnReading[] {
  return Array.from({ length: count }, (_item, index) => ({
    atMs: mono(10_000 + index * 500),
    usageUs: 1_000_000 + index * 100_000 * share,
    throttledPeriods: 7 + index * 5,
    burnersAlive: 3,
    burnersUs: index * 100_000 * share * own,
    waitedUs: waitedUs === null ? null : 70_000 + index * waitedUs,
  }))
}

const BURNT: CpuSeen = {
  percent: 100,
  windowMs: 6_000,
  baseline: {
    first: { atMs: mono(9_000), usageUs: 900_000, throttledPeriods: 7 },
    last: { atMs: mono(9_600), usageUs: 912_000, throttledPeriods: 7 },
  },
  load: planLoad(100, QUOTA, 4),
  problem: null,
  readings: readings(12, 1, 0.8, 910_000),
  targetEnded: false,
}

test('a quota that is used up', () => {
  expect(judgeCpu(BURNT)).toEqual({
    headline: '100 % of 0.2 CPUs used (10 % before)',
    measures: {
      baselinePercent: 10,
      usedPercent: 100,
      demandPercent: 99,
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
  const late = BURNT.readings.map((one, index) => ({
    ...one,
    burnersUs: one.burnersUs + 500_000,
    burnersAlive: index === 5 ? 2 : 4,
  }))
  expect(judgeCpu({ ...BURNT, readings: late }).measures).toMatchObject({
    burnerSharePercent: 80,
    demandPercent: 99,
    fewestBurnersAlive: 2,
  })
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

/** Two workers take 0.8 of 50 % of 0.2 CPUs in each half second, which is 40 ms of the second that they were to take. */
describe('a quota that the machine does not give', () => {
  const half = (waitedUs: number | null, percent = 100): ReturnType<typeof judgeCpu> =>
    judgeCpu({ ...BURNT, percent, readings: readings(12, 0.5, 0.8, waitedUs) })

  test('is used up as well where the burners waited for what they did not get', () => {
    expect(half(860_000)).toMatchObject({
      headline: '50 % of 0.2 CPUs used (10 % before), the rest waited for: the machine had no more',
      measures: { usedPercent: 50, demandPercent: 90 },
      reasons: [],
    })
    expect(half(859_000).headline).toBe('50 % of 0.2 CPUs used (10 % before)')
  })

  test.each<[number, string]>([
    [859_000, '50 % were used instead of 100 %, and 89.9 % of what was to be burnt was used or waited for'],
    [0, '50 % were used instead of 100 %, and 4 % of what was to be burnt was used or waited for'],
  ])('is not where they waited for %d µs in half a second only', (waitedUs, reason) => {
    expect(half(waitedUs).reasons).toEqual([reason])
  })

  test('is not where the target got less than half of it', () => {
    const seen = judgeCpu({ ...BURNT, readings: readings(12, 0.499, 0.8, 960_000) })
    expect(seen.reasons).toEqual(['49.9 % were used instead of 100 %, and 100 % of what was to be burnt was used or waited for'])
  })

  test('is not where the target used as much before', () => {
    const readingsOfHalf = readings(12, 0.5, 0.8, 900_000)
    expect(judgeCpu({ ...BURNT, readings: readingsOfHalf, baseline: usedBefore(49.9) }).reasons).toEqual([])
    expect(judgeCpu({ ...BURNT, readings: readingsOfHalf, baseline: usedBefore(50) }).reasons).toEqual([
      '50 % were used before the fault already',
    ])
  })

  test('is given where four fifths of it were used, however long the rest was waited for', () => {
    const seen = judgeCpu({ ...BURNT, readings: readings(12, 0.8, 0.8, 900_000), baseline: usedBefore(79.9) })
    expect(seen).toMatchObject({ headline: '80 % of 0.2 CPUs used (79.9 % before)', reasons: [] })
  })

  test('is not known to be where the kernel does not count at one of the looks', () => {
    const counted = readings(12, 0.5, 0.8, 900_000)
    for (const missing of [0, 11]) {
      const some = counted.map((one, index) => (index === missing ? { ...one, waitedUs: null } : one))
      expect(judgeCpu({ ...BURNT, readings: some })).toMatchObject({
        measures: { demandPercent: null },
        reasons: ['50 % were used instead of 100 %'],
      })
    }
  })

  test('does not have to be throttled: it is the machine that had no more', () => {
    const calm = (throttledPeriods: number | null): BurnReading[] =>
      readings(12, 0.5, 0.8, 900_000).map((one) => ({ ...one, throttledPeriods }))
    expect(judgeCpu({ ...BURNT, readings: calm(7) })).toMatchObject({ measures: { throttledPeriods: 0 }, reasons: [] })
    expect(judgeCpu({ ...BURNT, readings: calm(null) })).toMatchObject({ measures: { throttledPeriods: null }, reasons: [] })
  })

  test.each<[string, number, number, string[]]>([
    ['a little less of it, and the burners waited for the rest', 0.999, 0.999, []],
    ['all of it', 1, 0.999, ['the cgroup was never throttled']],
    ['a little less of it, and nobody waited', 0.999, 0, ['the cgroup was never throttled']],
  ])('and nothing is throttled: %s', (_name, share, waited, reasons) => {
    const calm = readings(12, share, 0.8, waited * 900_000).map((one) => ({ ...one, throttledPeriods: 7 }))
    const seen = judgeCpu({ ...BURNT, readings: calm })
    expect(seen.reasons).toEqual(reasons)
    expect(seen.headline).toBe(`${share * 100} % of 0.2 CPUs used (10 % before)`)
  })

  test('of a share: what is wanted is the share of it', () => {
    const load = planLoad(50, QUOTA, 4)
    // One worker of 10 % of a CPU: 50 ms of each half second.
    const seen = (waitedUs: number): ReturnType<typeof judgeCpu> =>
      judgeCpu({ ...BURNT, percent: 50, load, readings: readings(12, 0.25, 0.8, waitedUs) })
    expect(seen(25_000)).toMatchObject({ measures: { usedPercent: 25, demandPercent: 90 }, reasons: [] })
    expect(seen(24_000).reasons).toHaveLength(1)
  })
})

/** Readings of which only the first and the last differ in what was throttled. */
function throttled(first: number | null, last: number | null): BurnReading[] {
  return readings(12).map((one, index) => ({ ...one, throttledPeriods: index < 11 ? first : last }))
}

function usedBefore(percent: number): CpuSeen['baseline'] {
  const first = { atMs: mono(9_000), usageUs: 0, throttledPeriods: 0 }
  return { first, last: { atMs: mono(10_000), usageUs: percent * 2_000, throttledPeriods: 6 } }
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
      { targetEnded: true, readings: readings(2).map((one, index) => ({ ...one, atMs: mono(index * 499) })) },
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
