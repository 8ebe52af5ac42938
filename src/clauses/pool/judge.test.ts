import { mono, wall } from '../../core/time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import type { PoolSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { Hit } from '../../kinds/context.ts'
import type { PoolMember } from '../../ports/stack.ts'
import { isPoolSettled, judgePool, memberOf, poolText, type PoolReading, type PoolSeen } from './judge.ts'

const HIT: Hit = {
  containerId: 'a'.repeat(64),
  name: 'worker-1',
  service: 'worker',
  pid: 100,
  atMs: mono(1_000),
  atWallMs: wall(5_001_000),
  member: 'm1',
}
const REMOVED: PoolSpec = { hit_removed_within_seconds: 3 }
const FAILED: PoolSpec = { hit_failed_within_seconds: 3 }
const READY: PoolSpec = { ready: { at_least: 2, within_seconds: 3 } }

function member(id: string, meaning: PoolMember['meaning'] = 'ready', container = id.replace('m', 'worker-')): PoolMember {
  return { id, state: String(meaning), meaning, container, inFlight: 0 }
}

/** A reading every 100 ms in [from, to), as `at` says what is listed then. */
function every(fromMs: number, toMs: number, at: (atMs: number) => PoolMember[]): PoolReading[] {
  const count = Math.ceil((toMs - fromMs) / 100)
  return Array.from({ length: count }, (_, index) => ({ atMs: mono(fromMs + index * 100), members: at(fromMs + index * 100) }))
}

const OTHERS = [member('m2'), member('m3', 'busy')]

/** m1 is listed as ready until `goneMs`. */
function goneAt(goneMs: number, toMs = 6_000): PoolReading[] {
  return every(900, toMs, (atMs) => (atMs < goneMs ? [member('m1'), ...OTHERS] : OTHERS))
}

function seen(readings: readonly PoolReading[], change: Partial<PoolSeen> = {}): PoolSeen {
  return { readings, hits: [HIT], startMs: mono(1_200), afterFault: false, problem: null, ...change }
}

function judge(spec: PoolSpec, readings: readonly PoolReading[], change: Partial<PoolSeen> = {}): Observation {
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

  it.each<[string, PoolSpec, PoolReading[], RegExp]>([
    ['removed too late', REMOVED, goneAt(4_300), /listed no more after 3.30 s/],
    ['never removed', REMOVED, goneAt(9_000), /^m1 \(worker-1\) is listed as ready after 4.90 s$/],
    [
      'removed and then listed again',
      REMOVED,
      every(900, 6_000, (atMs) => (atMs > 2_000 && atMs < 3_500 ? OTHERS : [member('m1'), ...OTHERS])),
      /listed as ready after/,
    ],
    ['removed without ever being listed as failed', FAILED, goneAt(2_000), /^m1 \(worker-1\) is not listed after 4.90 s$/],
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
    expect(judge(FAILED, readings)).toMatchObject({ observed: 'm1 (worker-1) listed as failed after 1.00 s', met: true })
    // Whether it is gone as well is another question, and by then it is.
    expect(judge(REMOVED, readings).observed).toBe('m1 (worker-1) listed no more after 1.00 s')
  })

  it('is unknown when nothing was hit, or what was hit was never listed', () => {
    expect(judge(REMOVED, goneAt(2_000), { hits: [] })).toMatchObject({ met: null, observed: 'nothing of the pool was hit' })
    const stranger = { ...HIT, name: 'queen-1', containerId: 'b'.repeat(64), member: null }
    expect(judge(REMOVED, goneAt(2_000), { hits: [stranger] })).toMatchObject({
      met: null,
      observed: 'queen-1 was not in the listing',
    })
  })

  it.each<[string, number, number, string, boolean | null]>([
    // The limit is 3 s after the hit at 1000; the member is gone from 3100 on.
    ['around the limit', 1_500, 4_500, 'between 0.50 s and 3.50 s, when the listing was not read', null],
    ['up to a moment before the limit', 1_500, 4_000, 'between 0.50 s and 3.00 s, when the listing was not read', true],
    ['from the limit on', 4_000, 4_900, 'between 3.00 s and 3.90 s, when the listing was not read', false],
    ['from a moment before the limit on', 3_900, 4_900, 'between 2.90 s and 3.90 s, when the listing was not read', null],
    ['for three quarters of a second', 3_800, 4_550, 'after 3.55 s', false],
    ['for a little longer', 3_800, 4_551, 'between 2.80 s and 3.55 s, when the listing was not read', null],
  ])('where the listing was not read %s', (_when, lastMs, nextMs, when, met) => {
    const readings = [...every(900, lastMs + 1, () => [member('m1'), ...OTHERS]), ...every(nextMs, 6_000, () => OTHERS)]
    expect(judge(REMOVED, readings)).toMatchObject({ observed: `m1 (worker-1) listed no more ${when}`, met })
  })

  it('is undecided where the listing was last read before the limit', () => {
    const still = (toMs: number): Observation => judge(REMOVED, goneAt(9_000, toMs))
    expect(still(3_901)).toMatchObject({ observed: 'm1 (worker-1) is listed as ready after 2.90 s', met: null })
    expect(still(4_001)).toMatchObject({ observed: 'm1 (worker-1) is listed as ready after 3.00 s', met: false })
    expect(judge(REMOVED, goneAt(9_000, 3_000), { problem: 'connect ECONNREFUSED' })).toMatchObject({
      observed: 'm1 (worker-1) is listed as ready after 1.90 s; the listing could not be read in the end: connect ECONNREFUSED',
      met: null,
    })
  })

  it('is undecided where the listing was never read after the hit', () => {
    const never = 'm1 (worker-1) is not listed as far as is known: the listing was never read'
    expect(judge(REMOVED, [])).toMatchObject({ observed: never, met: null })
    // A reading of the very moment may have begun before it.
    const before = [{ atMs: mono(1_000), members: [member('m1')] }]
    expect(judge(REMOVED, before).observed).toBe(never.replace('not listed', 'listed as ready'))
  })

  it('does not tell of a listing that could not be read in the end where all was seen before', () => {
    expect(judge(REMOVED, goneAt(3_100), { problem: 'status 500' }).observed).toBe('m1 (worker-1) listed no more after 2.10 s')
  })

  it('in the last moment is in time', () => {
    expect(judge(REMOVED, goneAt(4_000)).met).toBe(true)
    expect(judge(REMOVED, goneAt(4_001)).met).toBe(false)
  })

  it('must be each of them, and the worst is told first', () => {
    const second = { ...HIT, name: 'worker-2', containerId: 'c'.repeat(64), member: 'm2' }
    const judged = judge(REMOVED, goneAt(2_000), { hits: [HIT, second] })
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(/^m2 \(worker-2\) is listed as ready .*; m1 \(worker-1\) listed no more after 1.00 s$/)
    const stranger = { ...HIT, name: 'queen-1', containerId: 'b'.repeat(64), member: null }
    const all = judge(REMOVED, goneAt(2_000), { hits: [HIT, stranger, second] })
    expect(all.observed).toMatch(/^m2 \(worker-2\) is .*; queen-1 was not in the listing; m1 \(worker-1\) listed no more/)
    expect(judge(REMOVED, goneAt(2_000), { hits: [HIT, stranger] }).met).toBeNull()
  })

  it('has its time counted from the start of observation after the fault', () => {
    const late = goneAt(5_000, 9_000).filter(({ atMs }) => atMs > mono(4_000))
    expect(judge(REMOVED, late).met).toBe(false)
    expect(judge(REMOVED, late, { afterFault: true, startMs: mono(4_000) }).met).toBe(true)
  })
})

describe('memberOf', () => {
  const unknown = { ...HIT, member: null }

  it('is what the hit says, whatever is listed', () => {
    expect(memberOf({ ...HIT, member: 'm7' }, seen(goneAt(2_000)))).toBe('m7')
  })

  it('looks first at the listing nearest before the hit, and then at those right after it', () => {
    const listed = (atMs: number, id: string): PoolReading => ({ atMs: mono(atMs), members: [member(id, 'busy', 'worker-1')] })
    expect(memberOf(unknown, seen([listed(800, 'm1'), listed(1_000, 'm2'), listed(1_001, 'm3')]))).toBe('m2')
    expect(memberOf(unknown, seen([listed(1_001, 'm3'), listed(1_400, 'm4')]))).toBe('m3')
    expect(memberOf(unknown, seen([listed(1_500, 'm4')]))).toBe('m4')
    expect(memberOf(unknown, seen([listed(1_501, 'm4')]))).toBeNull()
  })

  it('finds the registration that the hit container had, not the one it has made since', () => {
    const again = every(1_400, 2_000, () => [member('m9', 'registering', 'worker-1')])
    const before = [{ atMs: mono(950), members: [member('m0', 'failed', 'worker-1'), member('m1')] }]
    expect(memberOf(unknown, seen([...before, ...again]))).toBe('m1')
    expect(memberOf(unknown, seen(every(1_600, 2_000, () => [member('m9', 'registering', 'worker-1')])))).toBeNull()
  })

  it('knows a container by its name, its id, or the first 12 digits of that', () => {
    const [first, rest] = ['a'.repeat(12), 'b'.repeat(52)]
    const found = (container: string): string | null =>
      memberOf({ ...unknown, containerId: first + rest }, seen([{ atMs: mono(900), members: [member('m1', 'busy', container)] }]))
    expect(['worker-1', first + rest, first].map(found)).toEqual(['m1', 'm1', 'm1'])
    expect(['worker-10', first.slice(1), rest, ''].map(found)).toEqual([null, null, null, null])
  })
})

describe('members that can work', () => {
  const count = (many: number): PoolMember[] => [
    ...Array.from({ length: many }, (_, index) => member(`m${index}`, index === 0 ? 'busy' : 'ready')),
    member('x', 'registering'),
    member('y', 'failed'),
    member('z', null),
  ]
  const ready = (spec: PoolSpec, at: (atMs: number) => number, change: Partial<PoolSeen> = {}): Observation =>
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
    [
      'early, but not for good',
      (atMs) => (atMs < 2_000 ? 0 : atMs < 5_000 ? 2 : 1),
      /^only 1 ready or busy after 4.90 s \(fewest 0\)$/,
    ],
    ['with a lapse after the limit', (atMs) => (atMs === 4_500 ? 1 : 2), /after 3.60 s/],
  ])('are a miss when they are enough %s', (_what, at, observed) => {
    const judged = ready(READY, at)
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(observed)
  })

  it('have their time counted from the window where nothing was hit, and from the last hit where several were', () => {
    const at = (atMs: number): number => (atMs < 4_300 ? 1 : 2)
    expect(ready(READY, at).met).toBe(false)
    expect(ready(READY, at, { hits: [], startMs: mono(1_400) }).met).toBe(true)
    expect(ready(READY, at, { hits: [HIT, { ...HIT, atMs: mono(1_500) }] }).met).toBe(true)
  })

  it('are unknown when the listing was never read', () => {
    const never = 'only an unknown number ready or busy as far as is known: the listing was never read'
    expect(judge(READY, [], { problem: 'status 500' })).toMatchObject({
      observed: `${never}; the listing could not be read in the end: status 500`,
      met: null,
    })
    expect(judge(READY, [{ atMs: mono(1_000), members: count(2) }])).toMatchObject({ observed: never, met: null })
  })

  it('are told by what was not seen of them', () => {
    const blind = every(900, 6_000, (atMs) => count(atMs < 2_600 ? 1 : 2)).filter(
      ({ atMs }) => atMs < mono(1_500) || atMs > mono(3_000),
    )
    expect(judge(READY, blind)).toMatchObject({
      observed: '2 or more ready or busy between 0.40 s and 2.10 s, when the listing was not read (fewest 1)',
      met: true,
    })
  })
})

describe('isPoolSettled', () => {
  const settled = (spec: PoolSpec, readings: PoolReading[], change: Partial<PoolSeen> = {}): boolean =>
    isPoolSettled(spec, seen(readings, change), readings.at(-1)?.atMs ?? mono(0))

  it('waits until what is awaited is listed, or its limit has passed', () => {
    expect(settled(REMOVED, goneAt(9_000, 4_001))).toBe(false)
    expect(settled(REMOVED, goneAt(9_000, 4_101))).toBe(true)
    expect(settled(REMOVED, goneAt(2_000, 2_101))).toBe(true)
    expect(settled(FAILED, goneAt(2_000, 2_101))).toBe(false)
    expect(settled({ ...REMOVED, ...FAILED }, goneAt(2_000, 2_101))).toBe(false)
    expect(settled(REMOVED, goneAt(9_000, 1_501), { hits: [] })).toBe(true)
    expect(settled({}, goneAt(9_000, 1_501))).toBe(true)
  })

  it('waits for each of those that were hit', () => {
    const second = { ...HIT, name: 'worker-2', containerId: 'c'.repeat(64), member: 'm2' }
    expect(settled(REMOVED, goneAt(2_000, 2_101), { hits: [HIT, second] })).toBe(false)
  })

  it('waits for the limit from its own start after the fault', () => {
    const after = { afterFault: true, startMs: mono(2_000) }
    expect(settled(REMOVED, goneAt(9_000, 5_001), after)).toBe(false)
    expect(settled(REMOVED, goneAt(9_000, 5_101), after)).toBe(true)
  })

  it('waits for the listing of one that was hit as it registered, and not for long', () => {
    const stranger = { ...HIT, member: null, name: 'worker-9', containerId: 'd'.repeat(64) }
    expect(settled(REMOVED, goneAt(9_000, 1_501), { hits: [stranger] })).toBe(false)
    expect(settled(REMOVED, goneAt(9_000, 1_601), { hits: [stranger] })).toBe(true)
  })

  it('does not take a moment for a state', () => {
    const back = (toMs: number): PoolReading[] => every(900, toMs, (atMs) => (atMs < 2_000 ? [] : OTHERS))
    expect(settled(READY, back(2_201))).toBe(false)
    expect(settled(READY, back(2_301))).toBe(true)
    const blind = (toMs: number): PoolReading[] => back(toMs).filter(({ atMs }) => atMs < mono(1_100) || atMs >= mono(2_000))
    expect(settled(READY, blind(2_201))).toBe(false)
    expect(settled(READY, blind(2_301))).toBe(true)
  })

  it('waits for enough that can work, up to the limit from the last hit on', () => {
    const none = (toMs: number): PoolReading[] => every(900, toMs, () => [])
    expect(settled(READY, none(4_001))).toBe(false)
    expect(settled(READY, none(4_101))).toBe(true)
    expect(settled(READY, none(4_201), { hits: [HIT, { ...HIT, atMs: mono(1_200) }] })).toBe(false)
  })
})

describe('poolText', () => {
  it('says in one line what is asserted', () => {
    expect(poolText({ ...FAILED, ...READY })).toBe(
      'pool: the member that was hit is listed as failed within 3 s; ≥ 2 members ready or busy within 3 s',
    )
  })
})

describe('a member that was hit gets no work', () => {
  const NO_WORK: PoolSpec = { hit_gets_no_work: true }
  const working = (meaning: PoolMember['meaning'], inFlight: number): PoolMember => ({ ...member('m1', meaning), inFlight })

  it.each<[string, (atMs: number) => PoolMember[]]>([
    ['has none', () => [working('registering', 0), ...OTHERS]],
    ['has some when it is hit', (atMs) => [working(atMs < 1_900 ? 'busy' : 'failed', atMs < 2_000 ? 2 : 0), ...OTHERS]],
    ['is gone', () => OTHERS],
    ['is unknown to the listing', () => [{ ...member('m9', 'registering'), inFlight: 4 }]],
    ['is listed as failed with what it had for a second', (atMs) => [working('failed', atMs <= 2_000 ? 1 : 0)]],
    [
      'has others that work while they register',
      () => [working('registering', 0), { ...member('m2', 'registering'), inFlight: 3 }],
    ],
  ])('where it %s', (_what, at) => {
    expect(judge(NO_WORK, every(900, 3_000, at))).toEqual({
      expected: 'the member that was hit gets no work',
      observed: 'none in 21 listings',
      met: true,
    })
  })

  it('is broken by work while it registers, before its hit and after it, or has failed', () => {
    const broken = (meaning: PoolMember['meaning'], fromMs: number): Observation =>
      judge(
        NO_WORK,
        every(900, 3_000, (atMs) => [working(meaning, atMs < fromMs ? 0 : 2), ...OTHERS]),
      )
    expect(broken('registering', 2_500)).toMatchObject({
      observed: 'm1 (worker-1) was listed as registering with 2 under way, 1.50 s after its hit',
      met: false,
    })
    expect(broken('registering', 0).observed).toContain('-0.10 s after its hit')
    expect(broken('failed', 2_100)).toMatchObject({ met: false })
    // Whose state nobody named is not known to be unable.
    expect(broken(null, 2_100)).toMatchObject({ met: true })
  })

  it('is undecided of nobody', () => {
    expect(judge(NO_WORK, goneAt(3_000), { hits: [] })).toMatchObject({ observed: 'nothing of the pool was hit', met: null })
    expect(judge(NO_WORK, [])).toMatchObject({ met: null })
    const stranger = { ...HIT, member: null, name: 'other', containerId: 'b'.repeat(64) }
    expect(judge(NO_WORK, goneAt(3_000), { hits: [HIT, stranger] })).toMatchObject({
      observed: 'other was not in the listing',
      met: null,
    })
  })
})
