import { describe, expect, it } from 'vitest'
import { parseArguments } from './arguments.ts'

const target = { host: 'web', port: 80 }
const probe = { target, path: '/', headers: {}, count: 10, intervalMs: 100, timeoutMs: 1_000 }

describe('arguments', () => {
  it('pass when they are right', () => {
    expect(parseArguments('probe.http', probe)).toEqual(probe)
    expect(parseArguments('hold.try', { id: 'a', timeoutMs: 5 })).toEqual({ id: 'a', timeoutMs: 5 })
    expect(parseArguments('hold.try', { id: 'a', timeoutMs: 5, path: '/x' })).toEqual({ id: 'a', timeoutMs: 5, path: '/x' })
  })

  it.each([
    ['an unknown key', 'probe.http', { ...probe, conut: 5 }, 'conut'],
    ['a missing key', 'probe.http', { ...probe, count: undefined }, 'count'],
    ['more than ten minutes', 'probe.http', { ...probe, count: 2_000, intervalMs: 1_000 }, '10 minutes'],
    ['a port that is none', 'loss.install', { port: 0, side: 'client', percent: 30 }, 'port'],
    ['a side that is none', 'loss.install', { port: 1, side: 'middle', percent: 30 }, 'side'],
    ['loss of nothing', 'loss.install', { port: 1, side: 'client', percent: 0 }, 'percent'],
    ['no moments', 'resets.arm', { port: 1, side: 'client', momentsMs: [] }, 'momentsMs'],
    ['a marker with quotes', 'marker.install', { marker: 'GET "', intoPort: 1, outOfPort: 2 }, 'marker'],
    ['a long marker', 'marker.install', { marker: 'x'.repeat(65), intoPort: 1, outOfPort: 2 }, 'marker'],
    ['arguments for none', 'renew', { ttlMs: 5 }, 'ttlMs'],
    ['no object', 'undo', null, 'undo'],
  ] as const)('with %s are refused by name', (_what, op, args, named) => {
    expect(() => parseArguments(op, args)).toThrow(named)
  })
})
