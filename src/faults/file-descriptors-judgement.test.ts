import { describe, expect, test } from 'vitest'
import { judgeDescriptors } from './file-descriptors-judgement.ts'
import type { DescriptorReading, DescriptorsSeen, ProbeSeen } from './file-descriptors-judgement.ts'
import { requireRoom } from './file-descriptors-plan.ts'

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
  ['a process that died of it before it was met so', { targetEnded: true, probes: [], readings: looks(25, 1), old: null }],
  ['new connections that are left waiting, which is for a clause to judge', { probes: [silent, silent, silent, silent] }],
  ['a descriptor that is free now and then', { readings: [...looks(41, 26), ...looks(38, 4)] }],
])('%s', (_name, change) => {
  expect(judgeDescriptors({ ...EXHAUSTED, ...change }).reasons).toEqual([])
})

describe('descriptors that did not run out are not confirmed', () => {
  test.each<[string, Partial<DescriptorsSeen>, RegExp]>([
    ['nothing was injected', { lowered: null }, /^the limit of descriptors was not lowered$/],
    ['the limit could not be lowered', { lowered: null, problem: 'not permitted' }, /^not permitted$/],
    ['it answered nobody before', { before: [answered, silent, closed] }, /only 1 of 3 new connections were answered before/],
    ['nobody tried before', { before: [] }, /only 0 of 0/],
    ['the limit is another', { readings: looks(41, 30, 1_024) }, /read back as 1024 instead of 41/],
    ['never so many were open', { readings: looks(37, 30) }, /at most 37 of 41 descriptors were seen open/],
    ['nobody looked', { readings: [] }, /at most 0 of 41/],
    ['it died before they were', { readings: looks(37, 2), reached: 38, targetEnded: true }, /at most 37 of 41/],
    ['they were given back', { readings: [...looks(41, 10), ...looks(30, 10)] }, /free at 10 of 20 looks after they had run out/],
    ['it was watched for a while only', { watchedMs: 1_000 }, /watched for 1000 ms/],
    [
      'new connections are answered',
      { probes: [answered, answered, answered, closed] },
      /^3 of 4 new connections were answered although no descriptor was to be free$/,
    ],
    ['too few were tried', { probes: [closed, closed] }, /only 2 new connections were tried/],
    ['it broke off', { problem: 'the helper is gone' }, /^the helper is gone$/],
  ])('%s', (_name, change, reason) => {
    const { reasons } = judgeDescriptors({ ...EXHAUSTED, ...change })
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
  })
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
