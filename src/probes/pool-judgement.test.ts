import { describe, expect, it } from 'vitest'
import type { PoolExpectation } from '../core/expectations.ts'
import type { Hit, Observation, PoolMember } from '../core/ports.ts'
import { isPoolSettled, judgePool, memberOf, poolText } from './pool-judgement.ts'
import type { PoolReading, PoolSeen } from './pool-judgement.ts'

const HIT: Hit = {
  containerId: 'a'.repeat(64),
  name: 'worker-1',
  service: 'worker',
  pid: 100,
  atMs: 1_000,
  atWallMs: 5_001_000,
  member: 'm1',
}
const REMOVED: PoolExpectation = { hit_removed_within_seconds: 3 }
const FAILED: PoolExpectation = { hit_failed_within_seconds: 3 }
const READY: PoolExpectation = { ready: { at_least: 2, within_seconds: 3 } }

function member(id: string, meaning: PoolMember['meaning'] = 'ready', container = id.replace('m', 'worker-')): PoolMember {
  return { id, state: String(meaning), meaning, container, inFlight: 0 }
}

/** A reading every 100 ms in [from, to), as `at` says what is listed then. */
function every(fromMs: number, toMs: number, at: (atMs: number) => PoolMember[]): PoolReading[] {
  const count = Math.ceil((toMs - fromMs) / 100)
  return Array.from({ length: count }, (_, index) => ({ atMs: fromMs + index * 100, members: at(fromMs + index * 100) }))
}

const OTHERS = [member('m2'), member('m3', 'busy')]

/** m1 is listed as ready until `goneMs`. */
function goneAt(goneMs: number, toMs = 6_000): PoolReading[] {
  return every(900, toMs, (atMs) => (atMs < goneMs ? [member('m1'), ...OTHERS] : OTHERS))
}

function seen(readings: readonly PoolReading[], change: Partial<PoolSeen> = {}): PoolSeen {
  return { readings, hits: [HIT], startMs: 1_200, afterFault: false, problem: null, ...change }
}

function judge(spec: PoolExpectation, readings: readonly PoolReading[], change: Partial<PoolSeen> = {}): Observation {
  return judgePool(spec, seen(readings, change))
}

describe('a member that was hit', () => {
  it('is removed in time, counted from the hit', () => {
    expect(judge(REMOVED, goneAt(3_100))).toEqual({
      expected: 'the member that was hit is listed no more, or as failed, within 3 s',
      observed: 'm1 (worker-1) listed no more after 2.10 s',
      met: true,
    })
  })

  it('may be listed as failed instead', () => {
    const readings = every(900, 6_000, (atMs) => [member('m1', atMs < 2_500 ? 'busy' : 'failed'), ...OTHERS])
    expect(judge(REMOVED, readings)).toMatchObject({ met: true, observed: 'm1 (worker-1) listed as failed after 1.50 s' })
    expect(judge(FAILED, readings)).toMatchObject({ met: true, observed: 'm1 (worker-1) listed as failed after 1.50 s' })
  })

  it.each<[string, PoolExpectation, PoolReading[], RegExp]>([
    ['removed too late', REMOVED, goneAt(4_300), /listed no more after 3.30 s/],
    ['never removed', REMOVED, goneAt(9_000), /m1 \(worker-1\) is listed as ready after 4.90 s/],
    [
      'removed and then listed again',
      REMOVED,
      every(900, 6_000, (atMs) => (atMs > 2_000 && atMs < 3_500 ? OTHERS : [member('m1'), ...OTHERS])),
      /listed as ready after/,
    ],
    ['removed without ever being listed as failed', FAILED, goneAt(2_000), /is not listed after 4.90 s/],
    [
      'listed as failed too late',
      FAILED,
      every(900, 6_000, (atMs) => [member('m1', atMs < 4_200 ? 'ready' : 'failed')]),
      /listed as failed after 3.20 s/,
    ],
    [
      'listed with a state that the descriptor does not name',
      FAILED,
      every(900, 6_000, () => [member('m1', null)]),
      /is listed as null after/,
    ],
  ])('is a miss when it is %s', (_what, spec, readings, observed) => {
    const judged = judge(spec, readings)
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(observed)
  })

  it('was listed as failed, though not for good', () => {
    const readings = every(900, 6_000, (atMs) => (atMs < 2_000 ? [member('m1')] : atMs < 3_000 ? [member('m1', 'failed')] : []))
    expect(judge(FAILED, readings).met).toBe(true)
  })

  it('is unknown when nothing was hit, or what was hit was never listed', () => {
    expect(judge(REMOVED, goneAt(2_000), { hits: [] })).toMatchObject({ met: null, observed: 'nothing of the pool was hit' })
    const stranger = { ...HIT, name: 'queen-1', containerId: 'b'.repeat(64), member: null }
    expect(judge(REMOVED, goneAt(2_000), { hits: [stranger] })).toMatchObject({
      met: null,
      observed: 'queen-1 was not in the listing',
    })
  })

  it('is undecided where the listing could not be read around the limit', () => {
    const blind = goneAt(3_100).filter(({ atMs }) => atMs < 1_500 || atMs > 4_500)
    expect(judge(REMOVED, blind)).toMatchObject({
      met: null,
      observed: 'm1 (worker-1) listed no more between 0.40 s and 3.60 s, when the listing was not read',
    })
    const early = goneAt(3_100).filter(({ atMs }) => atMs < 1_500 || atMs > 3_200)
    expect(judge(REMOVED, early).met).toBe(true)
    const late = goneAt(5_500).filter(({ atMs }) => atMs < 4_100 || atMs > 5_500)
    expect(judge(REMOVED, late).met).toBe(false)
    expect(judge(REMOVED, goneAt(9_000, 3_000), { problem: 'connect ECONNREFUSED' })).toMatchObject({
      met: null,
      observed: expect.stringMatching(/; the listing could not be read in the end: connect ECONNREFUSED$/) as string,
    })
    expect(judge(REMOVED, []).met).toBeNull()
  })

  it('must be each of them, and the worst is told first', () => {
    const second = { ...HIT, name: 'worker-2', containerId: 'c'.repeat(64), member: 'm2' }
    const judged = judge(REMOVED, goneAt(2_000), { hits: [HIT, second] })
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(/^m2 \(worker-2\) is listed as ready .*; m1 \(worker-1\) listed no more after 1.00 s$/)
  })

  it('has its time counted from the start of observation after the fault', () => {
    const late = goneAt(5_000, 9_000).filter(({ atMs }) => atMs > 4_000)
    expect(judge(REMOVED, late).met).toBe(false)
    expect(judge(REMOVED, late, { afterFault: true, startMs: 4_000 }).met).toBe(true)
  })
})

describe('memberOf', () => {
  const unknown = { ...HIT, member: null }

  it('finds the registration that the hit container had, not the one it has made since', () => {
    const again = every(1_400, 2_000, () => [member('m9', 'registering', 'worker-1')])
    const before = [{ atMs: 950, members: [member('m0', 'failed', 'worker-1'), member('m1')] }]
    expect(memberOf(unknown, seen([...before, ...again]))).toBe('m1')
    expect(memberOf(unknown, seen(every(1_600, 2_000, () => [member('m9', 'registering', 'worker-1')])))).toBeNull()
  })

  it('knows a container by its name, its id, or the first 12 digits of that', () => {
    for (const container of ['worker-1', 'a'.repeat(64), 'a'.repeat(12)])
      expect(memberOf(unknown, seen([{ atMs: 900, members: [member('m1', 'busy', container)] }]))).toBe('m1')
    for (const container of ['worker-10', 'a'.repeat(11), ''])
      expect(memberOf(unknown, seen([{ atMs: 900, members: [member('m1', 'busy', container)] }]))).toBeNull()
  })
})

describe('members that can work', () => {
  const count = (many: number): PoolMember[] => [
    ...Array.from({ length: many }, (_, index) => member(`m${String(index)}`, index === 0 ? 'busy' : 'ready')),
    member('x', 'registering'),
    member('y', 'failed'),
    member('z', null),
  ]
  const ready = (spec: PoolExpectation, at: (atMs: number) => number, change: Partial<PoolSeen> = {}): Observation =>
    judge(
      spec,
      every(900, 6_000, (atMs) => count(at(atMs))),
      change,
    )

  it('are enough from some point in time on', () => {
    expect(ready(READY, (atMs) => (atMs < 2_600 ? 1 : 3))).toEqual({
      expected: '≥ 2 members ready or busy within 3 s',
      observed: '2 or more ready or busy after 1.60 s (fewest 1)',
      met: true,
    })
    expect(ready(READY, () => 2)).toMatchObject({ met: true, observed: '2 or more ready or busy after 0.10 s (fewest 2)' })
  })

  it.each<[string, (atMs: number) => number, RegExp]>([
    ['too late', (atMs) => (atMs < 4_600 ? 1 : 2), /2 or more ready or busy after 3.60 s/],
    ['never', () => 1, /^only 1 ready or busy after 4.90 s \(fewest 1\)$/],
    ['early, but not for good', (atMs) => (atMs > 2_000 && atMs < 5_000 ? 2 : 0), /^only 0 ready or busy/],
    ['with a lapse after the limit', (atMs) => (atMs === 4_500 ? 1 : 2), /after 3.60 s/],
  ])('are a miss when they are enough %s', (_what, at, observed) => {
    const judged = ready(READY, at)
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(observed)
  })

  it('have their time counted from the window where nothing was hit, and from the last hit where several were', () => {
    const at = (atMs: number): number => (atMs < 4_300 ? 1 : 2)
    expect(ready(READY, at).met).toBe(false)
    expect(ready(READY, at, { hits: [], startMs: 1_400 }).met).toBe(true)
    expect(ready(READY, at, { hits: [HIT, { ...HIT, atMs: 1_500 }] }).met).toBe(true)
  })

  it('are unknown when the listing was never read', () => {
    expect(judge(READY, [], { problem: 'status 500' })).toMatchObject({
      met: null,
      observed: expect.stringMatching(/never read; the listing could not be read in the end: status 500$/) as string,
    })
  })
})

describe('isPoolSettled', () => {
  const settled = (spec: PoolExpectation, readings: PoolReading[], change: Partial<PoolSeen> = {}): boolean =>
    isPoolSettled(spec, seen(readings, change), readings.at(-1)?.atMs ?? 0)

  it('waits until what is awaited is listed, or its limit has passed', () => {
    expect(settled(REMOVED, goneAt(9_000, 4_001))).toBe(false)
    expect(settled(REMOVED, goneAt(9_000, 4_101))).toBe(true)
    expect(settled(REMOVED, goneAt(2_000, 2_101))).toBe(true)
    expect(settled(FAILED, goneAt(2_000, 2_101))).toBe(false)
    expect(settled({ ...REMOVED, ...FAILED }, goneAt(2_000, 2_101))).toBe(false)
    expect(settled(REMOVED, goneAt(9_000, 1_501), { hits: [] })).toBe(true)
  })

  it('does not take a moment for a state', () => {
    const back = (toMs: number): PoolReading[] => every(900, toMs, (atMs) => (atMs < 2_000 ? [] : OTHERS))
    expect(settled(READY, back(2_201))).toBe(false)
    expect(settled(READY, back(2_301))).toBe(true)
  })
})

describe('poolText', () => {
  it('says in one line what is asserted', () => {
    expect(poolText({ ...FAILED, ...READY })).toBe(
      'pool: the member that was hit is listed as failed within 3 s; ≥ 2 members ready or busy within 3 s',
    )
  })
})
