import { describe, expect, test } from 'vitest'
import type { VolumeFacts } from '../core/toolbox.ts'
import { judgeDisk, mustBeFull } from './disk-judgement.ts'
import type { DiskReading, DiskSeen } from './disk-judgement.ts'

const MIB = 1_048_576

function volume(freeBytes: number, freeInodes = 900): VolumeFacts {
  return { type: 'tmpfs', totalBytes: 64 * MIB, freeBytes, totalInodes: 1_000, freeInodes, onHostDisk: false }
}

function looks(free: number, count = 20): DiskReading[] {
  return Array.from({ length: count }, () => ({ free, end: null }))
}

const FULL: DiskSeen = {
  goal: { of: 'bytes', percent: 100, bytes: null },
  windowMs: 6_000,
  baseline: volume(60 * MIB),
  filled: { end: 'full', volume: volume(0), filledBytes: 60 * MIB },
  problem: null,
  readings: looks(0),
  watchedMs: 6_000,
  lastWrite: 'full',
}

test('a volume that is full and stays so', () => {
  const freed = [...looks(0), { free: 300_000, end: 'full' as const }]
  expect(judgeDisk({ ...FULL, readings: freed })).toEqual({
    headline: '0 B of 64 MiB free, 60 MiB before',
    measures: {
      freeBytesBefore: 60 * MIB,
      freeBytes: 0,
      highestFreeBytes: 300_000,
      totalBytes: 64 * MIB,
      filledBytes: 60 * MIB,
      refills: 1,
      readings: 21,
      lastWriteRefused: true,
    },
    reasons: [],
  })
})

const HALF: DiskSeen = {
  ...FULL,
  goal: { of: 'bytes', percent: 50, bytes: null },
  filled: { end: 'done', volume: volume(32 * MIB), filledBytes: 28 * MIB },
  readings: looks(32 * MIB),
  lastWrite: null,
}
const SO_MANY: DiskSeen = {
  ...FULL,
  goal: { of: 'bytes', percent: null, bytes: 10 * MIB },
  filled: { end: 'done', volume: volume(50 * MIB), filledBytes: 10 * MIB },
  readings: looks(50 * MIB),
  lastWrite: null,
}
const INODES: DiskSeen = {
  ...FULL,
  goal: { of: 'inodes', percent: 100, bytes: null },
  filled: { end: 'full', volume: volume(60 * MIB, 0), filledBytes: 0 },
}

test.each<[string, DiskSeen]>([
  ['a share of it', HALF],
  ['so many bytes', SO_MANY],
  ['more bytes than it has', { ...FULL, goal: { of: 'bytes', percent: null, bytes: 1_000 * MIB } }],
  ['inodes', INODES],
])('%s', (_name, seen) => {
  expect(judgeDisk(seen).reasons).toEqual([])
})

test('bytes that did not fit are to fill the volume', () => {
  expect(mustBeFull({ of: 'bytes', percent: null, bytes: 5 }, 'full')).toBe(true)
  expect(mustBeFull({ of: 'bytes', percent: null, bytes: 5 }, 'done')).toBe(false)
  expect(mustBeFull({ of: 'bytes', percent: 99, bytes: null }, 'full')).toBe(false)
})

describe('a volume that is not full is not confirmed', () => {
  test.each<[string, DiskSeen, RegExp]>([
    ['nothing was injected', { ...FULL, filled: null }, /^nothing was filled$/],
    ['it could not be filled', { ...FULL, filled: null, problem: 'no such folder' }, /^no such folder$/],
    ['it was full before', { ...FULL, baseline: volume(100_000) }, /only 98 KiB were free before the fault already/],
    ['nobody looked before', { ...FULL, baseline: null }, /not read before/],
    [
      'a limit ended it early',
      { ...FULL, filled: { end: 'done', volume: volume(40 * MIB), filledBytes: 20 * MIB }, readings: looks(0) },
      /40 MiB were left free instead of 655 KiB/,
    ],
    [
      'the writer was killed',
      { ...FULL, filled: { end: 'killed', volume: volume(0), filledBytes: 60 * MIB } },
      /the writer was killed/,
    ],
    [
      'it emptied again',
      { ...FULL, readings: [...looks(0, 10), ...looks(5 * MIB, 10)] },
      /at 10 of 20 looks the system had freed more/,
    ],
    ['it was not watched', { ...FULL, readings: [] }, /watched for/],
    ['it was watched for a while only', { ...FULL, watchedMs: 2_000 }, /watched for 2000 ms of a window of 6000 ms/],
    ['the last write got through', { ...FULL, lastWrite: 'done' }, /was not refused/],
    ['nobody tried a last write', { ...FULL, lastWrite: null }, /was not refused/],
    ['the filler broke off', { ...FULL, problem: 'the helper is gone', lastWrite: null }, /^the helper is gone$/],
    [
      'too few bytes',
      { ...SO_MANY, filled: { end: 'done', volume: volume(55 * MIB), filledBytes: 5 * MIB } },
      /5 MiB were written instead of 10 MiB/,
    ],
    [
      'bytes that went elsewhere',
      { ...SO_MANY, filled: { end: 'done', volume: volume(60 * MIB), filledBytes: 10 * MIB } },
      /hardly less than before/,
    ],
    [
      'inodes are free',
      { ...INODES, filled: { end: 'done', volume: volume(0, 500), filledBytes: 0 } },
      /500 inodes were left free/,
    ],
  ])('%s', (_name, seen, reason) => {
    const { reasons } = judgeDisk(seen)
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })
})
