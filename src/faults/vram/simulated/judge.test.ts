import { describe, expect, test } from 'vitest'
import { judgeSimulatedVram, type VramReading, type VramSeen } from './judge.ts'

const GIB = 1_073_741_824

function reading(usedGib: number, inFlight: number, unread = 0): VramReading {
  return { containers: [{ usedBytes: usedGib * GIB, totalBytes: 24 * GIB }], unread, inFlight }
}

const TAKEN: VramSeen = {
  percent: 100,
  windowMs: 6_000,
  baseline: reading(8, 0),
  begun: true,
  problem: null,
  readings: Array.from({ length: 20 }, () => reading(23.98, 7)),
  watchedMs: 6_000,
  sent: 12,
  answered: { 507: 5 },
}

test('memory that is taken by requests of ours', () => {
  const waning = [...TAKEN.readings, reading(23.95, 4)]
  expect(judgeSimulatedVram({ ...TAKEN, readings: waning })).toEqual({
    headline: 'simulated: 99.92 % of the declared GPU memory in use (33.33 % before), 7 requests of ours unanswered',
    measures: {
      simulated: true,
      ...{ usedPercentBefore: 33.33, usedPercent: 99.92, lowestUsedPercent: 99.79 },
      ...{ usedBytesBefore: 8 * GIB, usedBytes: 23.98 * GIB, totalBytes: 24 * GIB },
      ...{ ownRequestsInFlight: 7, fewestOwnRequestsInFlight: 4, requestsSent: 12, readings: 21, answers507: 5 },
    },
    reasons: [],
  })
  expect(judgeSimulatedVram({ ...TAKEN, percent: 50, readings: TAKEN.readings.map(() => reading(12, 2)) }).reasons).toEqual([])
})

test('a look at which nobody told is passed over', () => {
  const silent = { containers: [], unread: 1, inFlight: 7 }
  const judged = judgeSimulatedVram({ ...TAKEN, readings: [silent, ...TAKEN.readings] })
  expect(judged.headline).toMatch(/^simulated: 99\.92 % of the declared GPU memory in use/)
  expect(judged.measures).toMatchObject({ usedPercent: 99.92, lowestUsedPercent: 99.92 })
})

test('several containers count together', () => {
  const two = { ...reading(24, 3), containers: [...reading(24, 3).containers, ...reading(23.9, 0).containers] }
  expect(judgeSimulatedVram({ ...TAKEN, readings: [two] }).measures).toMatchObject({ usedPercent: 99.79, totalBytes: 48 * GIB })
})

test.each<[string, Partial<VramSeen>]>([
  ['half a point less than all', { readings: [reading(23.88, 1)] }],
  ['four looks of five', { readings: [...looks(4, 23.98), ...looks(1, 12)] }],
  ['four fifths of the window', { watchedMs: 4_800 }],
  ['what was nearly full before', { baseline: reading(23.87, 0) }],
])('%s will do', (_name, change) => {
  expect(judgeSimulatedVram({ ...TAKEN, ...change }).reasons).toEqual([])
})

function looks(count: number, usedGib: number): VramReading[] {
  return Array.from({ length: count }, () => reading(usedGib, 3))
}

describe('memory that is not is not confirmed', () => {
  test.each<[string, Partial<VramSeen>, string[]]>([
    ['it was in use before', { baseline: reading(23.88, 0) }, ['99.5 % were in use before the fault already']],
    ['nobody read it before', { baseline: null }, ['the memory in use was not read before the fault']],
    ['nobody read it back', { readings: [] }, ['the memory in use was not read back']],
    ['just too little is in use', { readings: [reading(23.87, 5)] }, ['99.46 % were in use instead of 100 %']],
    ['it is in use by others', { readings: [reading(24, 0)] }, ['no request of ours was under way']],
    ['one does not tell', { readings: [reading(24, 5, 1)] }, ['1 containers did not tell how much they use']],
    ['none tells', { readings: [{ containers: [], unread: 0, inFlight: 5 }] }, ['0 % were in use instead of 100 %']],
    [
      'it was given back',
      { readings: [...looks(15, 23.98), ...looks(5, 12)] },
      ['at 5 of 20 looks it was not in use, or not by us'],
    ],
    [
      'others had it for a while',
      { readings: [...looks(15, 24), ...Array.from({ length: 5 }, () => reading(24, 0))] },
      ['at 5 of 20 looks it was not in use, or not by us'],
    ],
    ['it was watched for a while only', { watchedMs: 4_799 }, ['it was watched for 4799 ms of a window of 6000 ms']],
    ['it broke off', { problem: 'the helper is gone', watchedMs: 10 }, ['the helper is gone']],
    ['it broke off at once', { problem: 'the helper is gone', readings: [] }, ['the helper is gone']],
  ])('%s', (_name, change, reasons) => {
    expect(judgeSimulatedVram({ ...TAKEN, ...change }).reasons).toEqual(reasons)
  })

  test.each([
    [null, 'no memory was taken'],
    ['no such request', 'no such request'],
  ])('nothing was sent: %s', (problem, reason) => {
    expect(judgeSimulatedVram({ ...TAKEN, begun: false, problem })).toEqual({
      ...{ headline: 'no memory taken', measures: {}, reasons: [reason] },
    })
  })

  test('what nobody read is not made up', () => {
    const { headline, measures } = judgeSimulatedVram({ ...TAKEN, baseline: null, readings: [] })
    expect(headline).toBe(
      'simulated: unknown % of the declared GPU memory in use (unknown % before), 0 requests of ours unanswered',
    )
    expect(measures).toEqual({
      ...{ simulated: true, usedPercentBefore: null, usedPercent: null, lowestUsedPercent: null, usedBytesBefore: null },
      ...{ usedBytes: null, totalBytes: null, ownRequestsInFlight: 0, fewestOwnRequestsInFlight: null },
      ...{ requestsSent: 12, readings: 0, answers507: 5 },
    })
  })
})
