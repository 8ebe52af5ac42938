import { describe, expect, test } from 'vitest'
import type { Link } from '../core/descriptor.ts'
import type { FloodFacts } from '../core/toolbox.ts'
import { judgeConnections } from './connections-judgement.ts'
import type { ConnectionsSeen } from './connections-judgement.ts'
import { requestPort } from './connections.ts'

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
  expect(judgeConnections(IDLE)).toMatchObject({ headline: '998 more connections at once', reasons: [] })
  expect(judgeConnections(REQUESTS)).toMatchObject({
    headline: '998 more connections at once, 1000 requests unanswered at once',
    measures: { establishedBefore: 6, establishedPeak: 1_004, answers200: 700, answers503: 300, requestsInFlightPeak: 1_000 },
    reasons: [],
  })
})

describe('connections that did not are not confirmed', () => {
  test.each<[string, ConnectionsSeen, RegExp]>([
    ['nothing was injected', { ...IDLE, flood: null }, /^no connection was opened$/],
    ['they could not be opened', { ...IDLE, flood: null, problem: 'no such host' }, /^no such host$/],
    ['nobody counted before', { ...IDLE, before: null }, /not counted before/],
    ['nobody counted meanwhile', { ...IDLE, counts: [] }, /not counted while they stood/],
    ['too few stood', { ...IDLE, counts: [6, 700, 800] }, /at most 794 of 1000 connections stood at once/],
    ['only our own side says so', { ...IDLE, counts: [6, 6, 6] }, /at most 0 of 1000/],
    ['those of before are no merit', { ...IDLE, before: 900, counts: [1_000] }, /at most 100 of 1000/],
    [
      'the requests came one after the other',
      { ...REQUESTS, flood: { ...FLOOD, peakInFlight: 200 } },
      /at most 200 of 1000 requests were unanswered/,
    ],
    ['it broke off', { ...IDLE, problem: 'the helper is gone' }, /^the helper is gone$/],
  ])('%s', (_name, seen, reason) => {
    const { reasons } = judgeConnections(seen)
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toMatch(reason)
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
