import { describe, expect, test } from 'vitest'
import { isRefused, judgeDescriptors, type DescriptorReading, type DescriptorsSeen, type ProbeSeen } from './judge.ts'
import { requireRoom } from './plan.ts'

const LIMIT = 41
const answered: ProbeSeen = { status: 200, error: null, tookMs: 4 }
const closed: ProbeSeen = { status: null, error: 'eof', tookMs: 12 }
const reset: ProbeSeen = { status: null, error: 'ECONNRESET', tookMs: 9 }
const silent: ProbeSeen = { status: null, error: 'timeout', tookMs: 1_000 }

function looks(open: number, count: number, softLimit = LIMIT): DescriptorReading[] {
  return Array.from({ length: count }, () => ({ open, softLimit }))
}

const EXHAUSTED: DescriptorsSeen = {
  windowMs: 6_000,
  before: [answered, answered, answered],
  lowered: { limit: LIMIT, previousSoft: 1_024, openBefore: 25 },
  problem: null,
  readings: [...looks(33, 1), ...looks(40, 1), ...looks(41, 30)],
  watchedMs: 6_000,
  probes: [closed, reset, closed, reset, closed, answered],
  old: { tried: 8, answered: 8 },
  reached: 41,
  targetEnded: false,
}

test('a process without descriptors', () => {
  expect(judgeDescriptors(EXHAUSTED)).toEqual({
    headline: '41 of 41 descriptors open, 5 of 6 new connections refused',
    measures: {
      limit: 41,
      limitBefore: 1_024,
      openBefore: 25,
      mostOpen: 41,
      readings: 32,
      readingsExhausted: 31,
      newConnections: 6,
      refused: 5,
      answered: 1,
      silent: 0,
      longestRefusalMs: 12,
      oldConnections: 8,
      oldAnswered: 8,
    },
    reasons: [],
  })
})

test.each<[string, Partial<DescriptorsSeen>]>([
  ['a process that dies of it', { targetEnded: true, watchedMs: 900, probes: [], readings: looks(41, 2), old: null }],
  ['a process that is met while it dies', { targetEnded: true, readings: [...looks(41, 1), ...looks(12, 1)], old: null }],
  ['a process that died of it before it was met so', { targetEnded: true, probes: [], readings: looks(25, 1), reached: 40 }],
  ['new connections that are left waiting, which is for a clause to judge', { probes: [silent, silent, silent, silent] }],
  ['one connection of four that was answered', { probes: [silent, closed, reset, answered] }],
  ['just enough connections that were tried', { probes: [closed, closed, closed] }],
  ['one descriptor that is on its way', { readings: looks(40, 30) }],
  ['a descriptor that is free now and then', { readings: [...looks(41, 4), ...looks(38, 1)] }],
  ['whatever was free before they had run out', { readings: [...looks(20, 30), ...looks(41, 4), ...looks(38, 1)] }],
  ['a window of which four fifths were watched', { watchedMs: 4_800 }],
])('%s', (_name, change) => {
  expect(judgeDescriptors({ ...EXHAUSTED, ...change }).reasons).toEqual([])
})

describe('descriptors that did not run out are not confirmed', () => {
  test.each<[string, Partial<DescriptorsSeen>, string[]]>([
    [
      'it answered nobody before',
      { before: [answered, silent, closed] },
      ['only 1 of 3 new connections were answered before the fault already'],
    ],
    ['nobody tried before', { before: [] }, ['only 0 of 0 new connections were answered before the fault already']],
    [
      'the limit is another at one look',
      { readings: [...looks(41, 30), ...looks(41, 1, 1_024)] },
      ['the limit was read back as 1024 instead of 41'],
    ],
    [
      'never so many were open',
      { readings: [...looks(20, 3), ...looks(39, 30), ...looks(12, 1)] },
      ['at most 39 of 41 descriptors were seen open'],
    ],
    ['nobody looked', { readings: [] }, ['at most 0 of 41 descriptors were seen open']],
    [
      'it died before they were',
      { readings: looks(37, 2), reached: 39, targetEnded: true },
      ['at most 37 of 41 descriptors were seen open'],
    ],
    [
      'its own answers say so, and it lives on without having been met so',
      { readings: looks(37, 2) },
      ['at most 37 of 41 descriptors were seen open'],
    ],
    [
      'they were given back',
      { readings: [...looks(20, 5), ...looks(41, 15), ...looks(30, 4)] },
      ['descriptors were free at 4 of 19 looks after they had run out'],
    ],
    ['it was watched for a while only', { watchedMs: 4_799 }, ['it was watched for 4799 ms of a window of 6000 ms']],
    [
      'new connections are answered',
      { probes: [answered, answered, silent, closed] },
      ['2 of 4 new connections were answered although no descriptor was to be free'],
    ],
    ['too few were tried', { probes: [closed, closed] }, ['only 2 new connections were tried']],
    ['it broke off', { problem: 'the helper is gone', probes: [], watchedMs: 10 }, ['the helper is gone']],
  ])('%s', (_name, change, reasons) => {
    expect(judgeDescriptors({ ...EXHAUSTED, ...change }).reasons).toEqual(reasons)
  })

  test.each([
    [null, 'the limit of descriptors was not lowered'],
    ['not permitted', 'not permitted'],
  ])('the limit was not lowered: %s', (problem, reason) => {
    expect(judgeDescriptors({ ...EXHAUSTED, lowered: null, problem })).toEqual({
      ...{ headline: 'limit not lowered', measures: {}, reasons: [reason] },
    })
  })

  test('what was not seen is not made up', () => {
    const { headline, measures } = judgeDescriptors({ ...EXHAUSTED, readings: [], probes: [silent, silent, answered], old: null })
    expect(headline).toBe('unknown of 41 descriptors open, 0 of 3 new connections refused')
    const unseen = { mostOpen: null, longestRefusalMs: null, oldConnections: null, oldAnswered: null }
    expect(measures).toMatchObject({ ...unseen, readingsExhausted: 0, answered: 1, silent: 2, refused: 0 })
  })

  test('the longest refusal is told in whole milliseconds', () => {
    const probes = [closed, { ...reset, tookMs: 40.6 }, reset]
    expect(judgeDescriptors({ ...EXHAUSTED, probes }).measures['longestRefusalMs']).toBe(41)
  })
})

test.each<[string, ProbeSeen, boolean]>([
  ['closed', closed, true],
  ['reset', reset, true],
  ['refused at the very limit', { ...closed, tookMs: 1_000 }, true],
  ['closed later than that', { ...closed, tookMs: 1_000.1 }, false],
  ['left waiting', { ...silent, tookMs: 900 }, false],
  ['answered', answered, false],
  ['answered and then cut', { ...closed, status: 200 }, false],
  ['without an answer, and without a word why', { ...closed, error: null }, false],
])('a new connection that was %s counts as refused: %s', (_name, probe, refused) => {
  expect(isRefused(probe)).toBe(refused)
})

describe('requireRoom', () => {
  const facts = { open: 20, highest: 24, softLimit: 1_024, hardLimit: 4_096 }

  test('takes a process whose limit would be lowered', () => {
    expect(requireRoom(facts, 16, 'hive-1')).toBe(facts)
    expect(requireRoom(facts, 998, 'hive-1')).toBe(facts)
  })

  test.each<[string, typeof facts | null, string]>([
    ['a limit that would be raised', { ...facts, softLimit: 41 }, 'BAD_INPUT'],
    ['descriptors that nobody may see', null, 'CAPABILITY_MISSING'],
    ['no limit at all', { ...facts, softLimit: Infinity }, 'CAPABILITY_MISSING'],
  ])('refuses %s', (_name, refused, code) => {
    expect(() => requireRoom(refused, 16, 'hive-1')).toThrow(expect.objectContaining({ code }) as Error)
  })
})
