import { describe, expect, test } from 'vitest'
import type { Link } from '../../core/descriptor.ts'
import type { FloodFacts } from '../../toolbox/operations/requests/flood.ts'
import { judgeConnections, type ConnectionsSeen } from './judge.ts'
import { requestPort } from './plan.ts'

const FLOOD: FloodFacts = { open: 1_000, peakOpen: 1_000, refused: 0, closed: 0, statuses: {}, inFlight: 0, peakInFlight: 0 }
const IDLE: ConnectionsSeen = {
  spec: { connections: 1_000, mode: 'idle' },
  before: 6,
  counts: [6, 300, 1_004, 990],
  flood: FLOOD,
  problem: null,
}
const REQUESTS: ConnectionsSeen = {
  ...IDLE,
  spec: { connections: 1_000, mode: 'requests' },
  flood: { ...FLOOD, open: 0, closed: 1_000, statuses: { 200: 700, 503: 300 }, peakInFlight: 1_000 },
}

test('connections that stood at once', () => {
  expect(judgeConnections(IDLE)).toEqual({
    headline: '998 more connections at once',
    measures: {
      ...{ establishedBefore: 6, establishedPeak: 1_004, establishedLast: 990, counts: 4, openedPeak: 1_000 },
      ...{ refused: 0, closed: 0, requestsInFlightPeak: null },
    },
    reasons: [],
  })
})

test('requests that were unanswered at once, with what was answered later', () => {
  expect(judgeConnections(REQUESTS)).toEqual({
    headline: '998 more connections at once, 1000 requests unanswered at once',
    measures: {
      ...{ establishedBefore: 6, establishedPeak: 1_004, establishedLast: 990, counts: 4, openedPeak: 1_000 },
      ...{ refused: 0, closed: 1_000, requestsInFlightPeak: 1_000, answers200: 700, answers503: 300 },
    },
    reasons: [],
  })
})

test.each<[string, ConnectionsSeen]>([
  ['95 % of them', { ...IDLE, counts: [6, 956] }],
  ['95 % of the requests', { ...REQUESTS, flood: { ...REQUESTS.flood, peakInFlight: 950 } as FloodFacts }],
  ['idle ones, on which nothing is asked', { ...IDLE, flood: { ...FLOOD, peakInFlight: 0 } }],
])('%s are near enough', (_name, seen) => {
  expect(judgeConnections(seen).reasons).toEqual([])
})

test.each<[string, Partial<ConnectionsSeen>]>([
  ['before', { before: null }],
  ['meanwhile', { counts: [] }],
])('how many more there are is not known where nobody counted %s', (_when, change) => {
  expect(judgeConnections({ ...IDLE, ...change }).headline).toBe('unknown more connections at once')
})

describe('connections that did not are not confirmed', () => {
  const uncounted = 'the connections of the target were not counted'

  test.each<[string, ConnectionsSeen, string[]]>([
    ['nobody counted before', { ...IDLE, before: null }, [`${uncounted} before the fault`]],
    ['nobody counted meanwhile', { ...IDLE, counts: [] }, [`${uncounted} while they stood`]],
    ['nobody counted at all', { ...IDLE, before: null, counts: [] }, [`${uncounted} before the fault`]],
    [
      'just too few stood',
      { ...IDLE, counts: [6, 955, 300] },
      ["at most 949 of 1000 connections stood at once in the target's network"],
    ],
    [
      'only our own side says so',
      { ...IDLE, counts: [6, 6, 6] },
      ["at most 0 of 1000 connections stood at once in the target's network"],
    ],
    [
      'those of before are no merit',
      { ...IDLE, before: 900, counts: [1_000] },
      ["at most 100 of 1000 connections stood at once in the target's network"],
    ],
    [
      'the requests came one after the other',
      { ...REQUESTS, flood: { ...FLOOD, peakInFlight: 949 } },
      ['at most 949 of 1000 requests were unanswered at once'],
    ],
    ['it broke off', { ...IDLE, problem: 'the helper is gone' }, ['the helper is gone']],
    [
      'it broke off early',
      { ...IDLE, problem: 'the helper is gone', counts: [] },
      ['the helper is gone', `${uncounted} while they stood`],
    ],
  ])('%s', (_name, seen, reasons) => {
    expect(judgeConnections(seen).reasons).toEqual(reasons)
  })

  test('nothing was opened', () => {
    const nothing = { headline: 'no connection opened', measures: {} }
    expect(judgeConnections({ ...IDLE, flood: null })).toEqual({ ...nothing, reasons: ['no connection was opened'] })
    expect(judgeConnections({ ...IDLE, flood: null, problem: 'no such host' })).toEqual({ ...nothing, reasons: ['no such host'] })
  })

  test('what was not counted is not made up', () => {
    const { headline, measures } = judgeConnections({ ...IDLE, counts: [] })
    expect(headline).toBe('unknown more connections at once')
    expect(measures).toMatchObject({ establishedBefore: 6, establishedPeak: null, establishedLast: null, counts: 0 })
  })
})

describe('requestPort', () => {
  const link = { from: 'client', to: 'queen', upstream: { service: 'queen', port: 8081 } } as Link
  const stack = {
    file: 'stack.json',
    entry: { service: 'toxiproxy', port: 8080 },
    links: [{ ...link, from: 'queen', to: 'hive', upstream: { service: 'hive', port: 9201 } }, link],
  }

  test('is that of the service behind the link from the client, or of the entry itself', () => {
    expect(requestPort('queen', stack)).toBe(8081)
    expect(requestPort('toxiproxy', stack)).toBe(8080)
  })

  test('a service that clients do not reach has none', () => {
    expect(() => requestPort('hive', stack)).toThrow(expect.objectContaining({ code: 'CAPABILITY_MISSING' }) as Error)
  })
})
