import { describe, expect, test } from 'vitest'
import type { GpuFacts, VramFacts } from '../core/toolbox.ts'
import { judgeGpuVram, unreleased } from './vram-gpu-judgement.ts'
import type { GpuVramSeen } from './vram-gpu-judgement.ts'

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
  expect(judgeGpuVram(TAKEN)).toMatchObject({
    headline: '99.88 % of 81920 MiB in use (25 % before), 61338 MiB of it held by us, 102 MiB free (61440 MiB before)',
    measures: {
      ...{ simulated: false, usedPercentBefore: 25, usedPercent: 99.88, lowestUsedPercent: 99.88, fillMs: 412, filled: 'full' },
      freeBytesBefore: 60 * GIB,
    },
    reasons: [],
  })
  const half = { ...TAKEN, percent: 50, readings: TAKEN.readings.map(() => facts(20, 40)) }
  expect(judgeGpuVram(half).reasons).toEqual([])
})

describe('memory that is not is not confirmed', () => {
  test.each<[string, Partial<GpuVramSeen>, RegExp]>([
    ['nothing was injected', { fill: null }, /^no memory was taken$/],
    [
      'it was in use before',
      { baseline: facts(0, 0.1), readings: [facts(0.09, 0.01)] },
      /99.88 % were in use before the fault already/,
    ],
    ['nobody read it back', { readings: [] }, /not read back/],
    ['too little is in use', { readings: [facts(50, 10)] }, /87.5 % were in use instead of 100 %/],
    ['it is in use by others', { readings: [facts(0, 0.1)] }, /our program holds nothing/],
    [
      'the driver has no less of it than before',
      { baseline: facts(0, 1), readings: [facts(59, 0.1)] },
      /60416 MiB are said to be held, and 922 MiB less are free/,
    ],
    [
      'it was given back',
      { readings: [...TAKEN.readings.slice(10), ...TAKEN.readings.slice(10).map(() => facts(30, 30))] },
      /at 10 of 20 looks it was not in use/,
    ],
    ['it was watched for a while only', { watchedMs: 2_000 }, /watched for 2000 ms/],
    ['it broke off', { problem: 'vram-hold ended with 14' }, /^vram-hold ended with 14$/],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeGpuVram({ ...TAKEN, ...change })
    expect(reasons[0]).toMatch(reason)
    expect(reasons).toHaveLength(1)
  })
})

describe('unreleased', () => {
  const before = { uuid: UUID, totalBytes: 80 * GIB, freeBytes: 60 * GIB, processBytes: 19 * GIB }
  const worker = { pid: 10, name: 'llama', usedBytes: 19 * GIB, container: null }
  const now: GpuFacts = {
    ...{ index: 0, uuid: UUID, name: 'H100', totalBytes: 80 * GIB, freeBytes: 60 * GIB },
    processes: [worker],
  }

  test.each<[string, GpuFacts, number | null]>([
    ['all is free again', now, 99],
    ['a little is not', { ...now, freeBytes: 59.5 * GIB }, null],
    ['another process took it', { ...now, freeBytes: 10 * GIB, processes: [{ ...worker, usedBytes: 69 * GIB }] }, 99],
    ['more is free than before', { ...now, freeBytes: 79 * GIB, processes: [] }, 99],
    [
      'the driver does not say what processes use',
      { ...now, freeBytes: 5 * GIB, processes: [{ ...worker, usedBytes: null }] },
      99,
    ],
  ])('%s: nothing', (_name, seen, pid) => {
    expect(unreleased(before, seen, pid)).toBeNull()
  })

  test.each<[string, GpuFacts | undefined, number | null, RegExp]>([
    ['memory that nobody has', { ...now, freeBytes: 2 * GIB }, null, /^59392 MiB of GPU-aaaaaaaa\S+ are not free again/],
    ['our own process', { ...now, processes: [worker, { ...worker, pid: 99 }] }, 99, /our process 99 is still on/],
    ['a GPU that is gone', undefined, null, /not to be seen any more/],
    ['what a process freed, and we kept', { ...now, freeBytes: 60 * GIB, processes: [] }, null, /^19456 MiB/],
  ])('%s is told', (_name, seen, pid, text) => {
    expect(unreleased(before, seen, pid)).toMatch(text)
  })
})
