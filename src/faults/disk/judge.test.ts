import { describe, expect, test } from 'vitest'
import type { VolumeFacts } from '../../toolbox/operations/resources/disk.ts'
import { judgeDisk, mustBeFull, type DiskReading, type DiskSeen } from './judge.ts'

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

/** What is left free after the filling, and at each look. */
function leaving(free: number): Pick<DiskSeen, 'filled' | 'readings'> {
  return { filled: { end: 'done', volume: volume(free), filledBytes: 28 * MIB }, readings: looks(free) }
}

function written(mib: number, freeMib: number): DiskSeen['filled'] {
  return { end: 'done', volume: volume(freeMib * MIB), filledBytes: mib * MIB }
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

const ONE_PERCENT = Math.floor(0.64 * MIB)

test.each<[string, DiskSeen]>([
  ['a share of it', HALF],
  ['a share of it, with one percent to spare', { ...HALF, ...leaving(32 * MIB + ONE_PERCENT) }],
  ['all of it but for one percent', { ...FULL, ...leaving(ONE_PERCENT) }],
  ['one that was nearly full before', { ...FULL, baseline: volume(ONE_PERCENT + 1) }],
  ['one of which four looks in five saw it so', { ...FULL, readings: [...looks(0, 16), ...looks(5 * MIB, 4)] }],
  ['one that was watched for four fifths of the window', { ...FULL, watchedMs: 4_800 }],
  ['so many bytes', SO_MANY],
  ['so many bytes, of which the system freed half', { ...SO_MANY, filled: written(10, 55) }],
  ['more bytes than were free, as the system freed some', { ...SO_MANY, baseline: volume(8 * MIB), filled: written(10, 4) }],
  ['more bytes than it has', { ...FULL, goal: { of: 'bytes', percent: null, bytes: 1_000 * MIB } }],
  ['inodes', INODES],
  [
    'inodes of which one in a hundred is left',
    {
      ...INODES,
      filled: { end: 'full', volume: volume(0, 10), filledBytes: 0 },
      readings: looks(10),
    },
  ],
  ['inodes of which a little more was left before', { ...INODES, baseline: volume(60 * MIB, 11) }],
])('%s', (_name, seen) => {
  expect(judgeDisk(seen).reasons).toEqual([])
})

test.each<[string, DiskSeen, string, object]>([
  [
    'inodes',
    { ...INODES, readings: [{ free: 3, end: null }] },
    '0 inodes of 1000 inodes free, 900 inodes before',
    {
      ...{ freeInodesBefore: 900, freeInodes: 0, highestFreeInodes: 3, totalInodes: 1_000, filledBytes: 0, refills: 0 },
      ...{ readings: 1, lastWriteRefused: true },
    },
  ],
  [
    'so many bytes, of a volume that nobody looked at before',
    { ...SO_MANY, baseline: null, readings: [] },
    '50 MiB of 64 MiB free, an unknown number before',
    {
      ...{ freeBytesBefore: null, freeBytes: 50 * MIB, highestFreeBytes: 50 * MIB, totalBytes: 64 * MIB },
      ...{ filledBytes: 10 * MIB, refills: 0, readings: 0, lastWriteRefused: null },
    },
  ],
  [
    'a volume into which more would fit',
    { ...FULL, filled: { end: 'full', volume: volume(1_024), filledBytes: 5 }, baseline: volume(1_048_575), lastWrite: 'done' },
    '1 KiB of 64 MiB free, 1024 KiB before',
    { lastWriteRefused: false },
  ],
  ['the last byte of a KiB', { ...FULL, baseline: volume(1_023) }, '0 B of 64 MiB free, 1023 B before', {}],
  ['a MiB and a half', { ...FULL, baseline: volume(1.5 * MIB) }, '0 B of 64 MiB free, 1.5 MiB before', {}],
  ['a MiB', { ...FULL, baseline: volume(MIB) }, '0 B of 64 MiB free, 1 MiB before', {}],
])('tells of %s', (_name, seen, headline, measures) => {
  const judged = judgeDisk(seen)
  expect(judged.headline).toBe(headline)
  expect(judged.measures).toMatchObject(measures)
})

test('has no measures but these', () => {
  expect(Object.keys(judgeDisk(INODES).measures)).toEqual([
    ...['freeInodesBefore', 'freeInodes', 'highestFreeInodes', 'totalInodes', 'filledBytes', 'refills', 'readings'],
    'lastWriteRefused',
  ])
})

test('bytes that did not fit are to fill the volume', () => {
  const bytes = { of: 'bytes', percent: null, bytes: 5 } as const
  expect([mustBeFull(bytes, 'full'), mustBeFull(bytes, 'done'), mustBeFull(bytes, null)]).toEqual([true, false, false])
  const share = { of: 'bytes', percent: 99, bytes: null } as const
  expect([mustBeFull(share, 'full'), mustBeFull({ ...share, percent: 100 }, 'done')]).toEqual([false, true])
})

describe('a volume that is not full is not confirmed', () => {
  const notRefused = 'a write of our own was not refused at the end of the window'

  test.each<[string, DiskSeen, string[]]>([
    ['it was full before', { ...FULL, baseline: volume(100_000) }, ['only 98 KiB were free before the fault already']],
    [
      'it had just one percent free before',
      { ...FULL, baseline: volume(ONE_PERCENT) },
      ['only 655 KiB were free before the fault already'],
    ],
    [
      'half of it was in use before',
      { ...HALF, baseline: volume(32 * MIB + ONE_PERCENT) },
      ['only 32.6 MiB were free before the fault already'],
    ],
    [
      'it was full before, and so many bytes did not fit',
      {
        ...{ ...FULL, goal: SO_MANY.goal, baseline: volume(0) },
        filled: { end: 'full', volume: volume(0), filledBytes: 0 },
      },
      ['only 0 B were free before the fault already'],
    ],
    [
      'one inode in a hundred was left before',
      { ...INODES, baseline: volume(60 * MIB, 10) },
      ['only 10 inodes were free before the fault already'],
    ],
    ['nobody looked before', { ...FULL, baseline: null }, ['the free space was not read before the fault']],
    [
      'a limit ended it early',
      { ...FULL, filled: { end: 'done', volume: volume(40 * MIB), filledBytes: 20 * MIB } },
      ['40 MiB were left free instead of 655 KiB'],
    ],
    [
      'a little more than one percent was left',
      { ...FULL, filled: { end: 'full', volume: volume(ONE_PERCENT + 1), filledBytes: 1 } },
      ['655 KiB were left free instead of 655 KiB'],
    ],
    [
      'the writer was killed',
      { ...FULL, filled: { end: 'killed', volume: volume(0), filledBytes: 60 * MIB } },
      ['the writer was killed'],
    ],
    [
      'it emptied again',
      { ...FULL, readings: [...looks(0, 15), ...looks(ONE_PERCENT + 1, 5)] },
      ['at 5 of 20 looks the system had freed more than it may'],
    ],
    ['it was not watched', { ...FULL, readings: [] }, ['it was watched for 6000 ms of a window of 6000 ms']],
    ['it was watched for a while only', { ...FULL, watchedMs: 4_799 }, ['it was watched for 4799 ms of a window of 6000 ms']],
    ['the last write got through', { ...FULL, lastWrite: 'done' }, [notRefused]],
    ['nobody tried a last write', { ...FULL, lastWrite: null }, [notRefused]],
    ['the filler broke off', { ...FULL, problem: 'the helper is gone', lastWrite: null, readings: [] }, ['the helper is gone']],
    ['just too few bytes', { ...SO_MANY, filled: written(9.9, 50) }, ['9.9 MiB were written instead of 10 MiB']],
    [
      'bytes that went elsewhere',
      { ...SO_MANY, filled: written(10, 55.1) },
      ['the volume has 55.1 MiB free, hardly less than before'],
    ],
    [
      'inodes are free',
      { ...INODES, filled: { end: 'done', volume: volume(0, 500), filledBytes: 0 } },
      ['500 inodes were left free instead of 10 inodes'],
    ],
  ])('%s', (_name, seen, reasons) => {
    expect(judgeDisk(seen).reasons).toEqual(reasons)
  })

  test.each([
    [null, 'nothing was filled'],
    ['no such folder', 'no such folder'],
  ])('nothing was filled: %s', (problem, reason) => {
    expect(judgeDisk({ ...FULL, filled: null, problem })).toEqual({
      ...{ headline: 'nothing filled', measures: {}, reasons: [reason] },
    })
  })
})
