import { describe, expect, it } from 'vitest'
import { generatorHealth, isDoubtful, type GeneratorHealth } from './generator-health.ts'
import type { GeneratorFacts, GeneratorLook } from './generator-facts.ts'
import { seriesOf, traffic, type Sample } from './series.fixture.ts'

const CALM = traffic({ fromMs: 0, toMs: 12_000, perSecond: 10, latencyMs: 5 })

/** A look each second, `cores` of them in use up to the n-th one. */
function looksOf(cores: readonly number[], idle = 0.5): GeneratorLook[] {
  let cpuUs = 0
  const looks: GeneratorLook[] = [{ atMs: 0, cpuUs, machineIdle: null, machineStolen: null }]
  for (const [index, used] of cores.entries()) {
    cpuUs += used * 1_000_000
    looks.push({ atMs: (index + 1) * 1_000, cpuUs, machineIdle: idle, machineStolen: null })
  }
  return looks
}

function look(atMs: number, machineIdle: number | null, machineStolen: number | null): GeneratorLook {
  return { atMs, cpuUs: null, machineIdle, machineStolen }
}

function generator(looks: readonly GeneratorLook[], cores = 1): GeneratorFacts {
  return { looks, cores, k6: { exitCode: 0, stopped: false, summary: null, log: '' } }
}

function health(samples: readonly Sample[], ...generators: readonly GeneratorFacts[]): GeneratorHealth {
  return generatorHealth(seriesOf([...CALM, ...samples]), generators)()
}

function starvedBy(looks: readonly GeneratorLook[], cores = 1): number[] {
  return [...health([], generator(looks, cores)).starved]
}

const dropped = (second: number, value = 2): Sample => ({ metric: 'dropped_iterations', atMs: second * 1_000, value })
const refused = (second: number, failure = 'error 1213'): Sample[] =>
  traffic({ fromMs: second * 1_000, toMs: second * 1_000 + 500, perSecond: 2, latencyMs: 1, failure: () => failure })

describe('a generator is starved', () => {
  it('by a CPU that k6 uses for more than four fifths, not for just these', () => {
    expect(starvedBy(looksOf([0.1, 0.8, 0.81, 0.5]))).toEqual([2])
    expect(starvedBy(looksOf([1.5, 1.7]), 2)).toEqual([1])
  })

  it('by one core where nobody counted them', () => {
    expect(starvedBy(looksOf([0.7, 0.9]), 0)).toEqual([1])
  })

  it('in each second between two looks, from the start of the load on', () => {
    const at = (atMs: number, cpuUs: number | null): GeneratorLook => ({ atMs, cpuUs, machineIdle: null, machineStolen: null })
    expect(starvedBy([at(-1_500, 0), at(500, 2_000_000)])).toEqual([0])
    expect(starvedBy([at(1_500, 0), at(4_000, 2_500_000)])).toEqual([1, 2, 3])
    expect(starvedBy([at(1_000, 0), at(2_000, null), at(4_000, 3_000_000)])).toEqual([1, 2, 3])
    expect(starvedBy([at(1_500, 0), at(2_500, 100_000), at(2_500, 9_100_000)])).toEqual([])
    expect(starvedBy([at(3_000, 0), at(2_000, 9_000_000)])).toEqual([])
  })

  it('by the want of ports or descriptors, in that second, and by no error of the system', () => {
    expect([...health([...refused(3), ...refused(5, 'error 1212')]).starved]).toEqual([3])
    expect(health(refused(3)).result.reasons).toEqual([
      '3 s to 4 s: connections could not be begun for want of ports or descriptors',
    ])
  })

  it('where one of several is', () => {
    const both = health([], generator(looksOf([0.1, 0.2])), generator(looksOf([0.1, 0.95]), 1))
    expect([...both.starved]).toEqual([1])
  })
})

describe('a generator that drops iterations', () => {
  it('is told apart: users were waiting', () => {
    const { starved, dropped: left, result } = health([dropped(2), dropped(4, 0), dropped(7, 3)])
    expect([[...starved], [...left]]).toEqual([[], [2, 7]])
    expect(result).toMatchObject({ droppedIterations: 5, saturated: true })
    expect(result.reasons).toEqual([
      '2 s to 3 s: iterations were dropped, as every user was waiting',
      '7 s to 8 s: iterations were dropped, as every user was waiting',
    ])
  })

  it('is starved first of all', () => {
    const { starved, dropped: left } = health([dropped(1), dropped(3), ...refused(3)], generator(looksOf([0.1, 0.9])))
    expect([[...starved], [...left]]).toEqual([[1, 3], []])
  })
})

it('each row of seconds with the same cause is one reason, in the order of the time', () => {
  const { reasons } = health([dropped(0), dropped(3), dropped(4)], generator(looksOf([0.1, 0.9, 0.9, 0.1, 0.1, 0.9]))).result
  expect(reasons).toEqual([
    '0 s to 1 s: iterations were dropped, as every user was waiting',
    '1 s to 3 s: k6 used over 80 % of the CPU',
    '3 s to 5 s: iterations were dropped, as every user was waiting',
    '5 s to 6 s: k6 used over 80 % of the CPU',
  ])
})

describe('what a generator used', () => {
  it('is the worst mean of five seconds in a row, of the one that had most', () => {
    const burst = [0.1, 0.1, 0.6, 0.6, 0.6, 0.6, 0.6, 0.1, 0.1]
    const { result } = health([], generator(looksOf([0.2, 0.2]), 2), generator(looksOf(burst), 2))
    expect(result.cpuPercent).toBeCloseTo(60, 6)
    expect(health([], generator(looksOf([0.1, 0.1, 0.1, 0.1, 0.7]), 2)).result.cpuPercent).toBeCloseTo(22, 6)
    expect(health([], generator(looksOf([0.2, 0.4]), 2)).result.cpuPercent).toBeCloseTo(30, 6)
  })

  it('is in the order of the time, whoever was asked first', () => {
    const mixed = [10_000, 1_000, 2_000, 3_000, 4_000, 9_000].map((atMs) => look(atMs, atMs >= 9_000 ? 0 : 1, null))
    expect(health([], generator(mixed)).result.machinePercent).toBeCloseTo(40, 6)
  })

  it('says how busy the machine was, from the start of the load on', () => {
    const looks = [look(-1_000, 0, null), look(0, null, null), look(1_000, 0.75, null), look(2_000, 0.25, null)]
    expect(health([], generator(looks)).result).toMatchObject({ cpuPercent: null, machinePercent: 50 })
    expect(health([], generator([look(0, 0.25, null)])).result.machinePercent).toBe(75)
  })

  it('says how much the host took in the mean of the load, of the machine that lost most', () => {
    const looks = [look(-1_000, 0, 0.9), look(0, 0, null), look(1_000, 0, 0.3), look(2_000, 0, 0.1)]
    expect(health([], generator(looks)).result.stolenPercent).toBeCloseTo(20, 6)
    expect(health([], generator([look(1_000, 0, 0.05)]), generator(looks)).result.stolenPercent).toBeCloseTo(20, 6)
    expect(health([], generator([look(0, 0, 0.25)])).result.stolenPercent).toBe(25)
    expect(health([], generator([look(1_000, 0, null)])).result.stolenPercent).toBeNull()
  })

  it('is not known where nobody looked, and that is no reason to doubt', () => {
    expect(health([]).result).toEqual({
      ...{ cpuPercent: null, machinePercent: null, stolenPercent: null, droppedIterations: 0, saturated: false, reasons: [] },
    })
  })
})

describe('a stretch is doubtful', () => {
  it.each<[string, number[], number, number, boolean]>([
    ['not without a second in it', [], 0, 10_000, false],
    ['by a tenth of its seconds', [4], 0, 10_000, true],
    ['not by less', [4], 0, 11_000, false],
    ['by three seconds in a row', [7, 8, 9], 0, 100_000, true],
    ['not by three that are apart', [7, 8, 10], 0, 100_000, false],
    ['not by what was before', [0, 1, 2, 3, 4], 5_000, 10_000, false],
    ['not by what was after', [10, 11, 12], 5_000, 10_000, false],
    ['by the second that it begins in', [4], 4_500, 9_000, true],
    ['by the second that it ends in', [9], 4_000, 9_001, true],
    ['not where it has no length', [4], 4_000, 4_000, false],
  ])('%s', (_what, seconds, fromMs, toMs, doubtful) => {
    expect(isDoubtful(new Set(seconds), fromMs, toMs)).toBe(doubtful)
  })
})
