import { describe, expect, test } from 'vitest'
import type { GpuFacts, VramFacts } from '../../../toolbox/operations/resources/vram.ts'
import { gpuBefore, judgeGpuVram, unreleased, usedPercent, type GpuVramSeen } from './judge.ts'

const GIB = 1_073_741_824
const UUID = 'GPU-aaaaaaaa-0000-0000-0000-000000000000'

function facts(heldGib: number, freeGib: number): VramFacts {
  return { heldBytes: heldGib * GIB, freeBytes: freeGib * GIB, totalBytes: 80 * GIB }
}

const TAKEN: GpuVramSeen = {
  percent: 100,
  windowMs: 6_000,
  baseline: facts(0, 60),
  fill: { end: 'full', tookMs: 412 },
  problem: null,
  readings: Array.from({ length: 20 }, () => facts(59.9, 0.1)),
  watchedMs: 6_000,
}

test('memory that is held, and that the driver has less of', () => {
  const waning = [...TAKEN.readings, facts(59.7, 0.3)]
  expect(judgeGpuVram({ ...TAKEN, readings: waning })).toEqual({
    headline: '99.88 % of 81920 MiB in use (25 % before), 61338 MiB of it held by us, 102 MiB free (61440 MiB before)',
    measures: {
      ...{ simulated: false, usedPercentBefore: 25, usedPercent: 99.88, lowestUsedPercent: 99.63, fillMs: 412, filled: 'full' },
      ...{ freeBytesBefore: 60 * GIB, freeBytes: 0.1 * GIB, heldBytes: 59.9 * GIB, totalBytes: 80 * GIB, readings: 21 },
    },
    reasons: [],
  })
  const half = { ...TAKEN, percent: 50, readings: TAKEN.readings.map(() => facts(20, 40)) }
  expect(judgeGpuVram(half).reasons).toEqual([])
})

function looks(count: number, heldGib: number, freeGib: number): VramFacts[] {
  return Array.from({ length: count }, () => facts(heldGib, freeGib))
}

test.each<[string, Partial<GpuVramSeen>]>([
  ['half a point less than all', { readings: [facts(59.6, 0.4)] }],
  ['half of what is held missing from what is free', { baseline: facts(0, 30), readings: [facts(59.8, 0.1)] }],
  ['four looks of five', { readings: [...looks(4, 59.9, 0.1), ...looks(1, 30, 30)] }],
  ['four fifths of the window', { watchedMs: 4_800 }],
  ['what was nearly full before', { baseline: facts(0, 0.41), readings: [facts(0.4, 0.01)] }],
])('%s will do', (_name, change) => {
  expect(judgeGpuVram({ ...TAKEN, ...change }).reasons).toEqual([])
})

describe('memory that is not is not confirmed', () => {
  test.each<[string, Partial<GpuVramSeen>, string[]]>([
    [
      'it was in use before',
      { baseline: facts(0, 0.4), readings: [facts(0.39, 0.01)] },
      ['99.5 % were in use before the fault already'],
    ],
    ['nobody read it back', { readings: [] }, ['the memory in use was not read back']],
    ['just too little is in use', { readings: [facts(59, 0.41)] }, ['99.49 % were in use instead of 100 %']],
    ['it is in use by others', { readings: [facts(0, 0.1)] }, ['our program holds nothing']],
    [
      'the driver has hardly less of it than before',
      { baseline: facts(0, 30), readings: [facts(59.9, 0.1)] },
      ['61338 MiB are said to be held, and 30618 MiB less are free'],
    ],
    [
      'it was given back',
      { readings: [...looks(15, 59.9, 0.1), ...looks(5, 30, 30)] },
      ['at 5 of 20 looks it was not in use, or not by us'],
    ],
    [
      'others had it for a while',
      { readings: [...looks(15, 59.9, 0.1), ...looks(5, 0, 0.1)] },
      ['at 5 of 20 looks it was not in use, or not by us'],
    ],
    ['it was watched for a while only', { watchedMs: 4_799 }, ['it was watched for 4799 ms of a window of 6000 ms']],
    ['it broke off', { problem: 'vram-hold ended with 14', watchedMs: 10 }, ['vram-hold ended with 14']],
    ['it broke off at once', { problem: 'vram-hold ended with 14', readings: [] }, ['vram-hold ended with 14']],
  ])('%s', (_name, change, reasons) => {
    expect(judgeGpuVram({ ...TAKEN, ...change }).reasons).toEqual(reasons)
  })

  test.each([
    [null, 'no memory was taken'],
    ['no driver', 'no driver'],
  ])('nothing was filled: %s', (problem, reason) => {
    expect(judgeGpuVram({ ...TAKEN, fill: null, problem })).toEqual({
      ...{ headline: 'no memory taken', measures: {}, reasons: [reason] },
    })
  })

  test('what nobody read is not made up', () => {
    const { headline, measures } = judgeGpuVram({ ...TAKEN, readings: [] })
    expect(headline).toBe('memory in use not read back (25 % before)')
    expect(measures).toMatchObject({ usedPercent: null, lowestUsedPercent: null, freeBytes: null, heldBytes: null, readings: 0 })
  })
})

test('a GPU that has no memory has none in use', () => {
  expect(usedPercent({ heldBytes: 0, freeBytes: 0, totalBytes: 0 })).toBe(0)
})

describe('unreleased', () => {
  const before = { uuid: UUID, totalBytes: 80 * GIB, freeBytes: 60 * GIB, processBytes: 19 * GIB }
  const worker = { pid: 10, name: 'llama', usedBytes: 19 * GIB, container: null }
  const now: GpuFacts = {
    ...{ index: 0, uuid: UUID, name: 'H100', totalBytes: 80 * GIB, freeBytes: 60 * GIB },
    processes: [worker],
  }

  const small = { ...before, totalBytes: 24 * GIB, freeBytes: 20 * GIB, processBytes: 0 }
  const MIB = GIB / 1_024

  test.each<[string, GpuFacts, number | null]>([
    ['all is free again', now, 99],
    ['a hundredth of a large one is not', { ...now, freeBytes: 59.2 * GIB }, null],
    ['another process took it', { ...now, freeBytes: 10 * GIB, processes: [{ ...worker, usedBytes: 69 * GIB }] }, 99],
    ['more is free than before', { ...now, freeBytes: 79 * GIB, processes: [] }, 99],
    [
      'the driver does not say what processes use',
      { ...now, freeBytes: 5 * GIB, processes: [{ ...worker, usedBytes: null }] },
      99,
    ],
    ['the driver does not list processes', { ...now, freeBytes: 5 * GIB, processes: null }, 99],
  ])('%s: nothing', (_name, seen, pid) => {
    expect(unreleased(before, seen, pid)).toBeNull()
  })

  test('where the driver did not say before what processes use: nothing', () => {
    expect(unreleased({ ...before, processBytes: null }, { ...now, freeBytes: 5 * GIB }, 99)).toBeNull()
  })

  test('half a gibibyte of a small one may be missing, and no more', () => {
    const left = (missing: number): string | null =>
      unreleased(small, { ...now, freeBytes: small.freeBytes - missing * MIB, processes: [] }, null)
    expect([left(512), left(513)]).toEqual([null, `513 MiB of ${UUID} are not free again, and no process has them`])
  })

  test.each<[string, GpuFacts | undefined, number | null, string]>([
    [
      'memory that nobody has',
      { ...now, freeBytes: 2 * GIB },
      null,
      `59392 MiB of ${UUID} are not free again, and no process has them`,
    ],
    ['our own process', { ...now, processes: [worker, { ...worker, pid: 99 }] }, 99, `our process 99 is still on ${UUID}`],
    ['a GPU that is gone', undefined, null, `${UUID} is not to be seen any more`],
    [
      'what a process freed, and we kept',
      { ...now, processes: [] },
      null,
      `19456 MiB of ${UUID} are not free again, and no process has them`,
    ],
  ])('%s is told', (_name, seen, pid, text) => {
    expect(unreleased(before, seen, pid)).toBe(text)
  })
})

test('a GPU as it was before is read back from an undo record as it was written', () => {
  const before = { uuid: UUID, totalBytes: 80 * GIB, freeBytes: 60 * GIB, processBytes: null }
  expect(gpuBefore.parse(JSON.parse(JSON.stringify(before)))).toEqual(before)
})
