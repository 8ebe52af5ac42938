import { mono } from '../../core/time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import type { RequestOutcome } from '../../core/request.ts'
import { endOf, judgeWorkload, workloadText, type WorkloadRecord, type WorkloadSeen } from './judge.ts'

const SPEC = { name: 'infer', in_flight: 8, within_ms: 5_000, good_share: 0.8 }
const OUTCOME: RequestOutcome = {
  status: 200,
  error: null,
  good: true,
  reason: null,
  firstByteMs: 10,
  totalMs: 900,
  bytes: 20,
  bodyHash: 'aa',
  complete: true,
  body: '{}',
}

function record(startedMs: number, endedMs: number, change: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return { startedMs: mono(startedMs), endedMs: mono(endedMs), end: 'good', what: 'status 200', id: null, ...change }
}

const CLEAN = { end: 'clean error', what: 'status 503' } as const
const BROKEN = { end: 'broken', what: 'status 200, cut off' } as const

/** Four lanes that the fault at 1000 meets, and six requests of the window. */
const STEADY: readonly WorkloadRecord[] = [
  record(100, 800),
  ...[500, 600, 700, 800].map((startedMs) => record(startedMs, startedMs + 900)),
  ...[1_400, 1_500, 1_600, 1_700, 2_300, 6_900].map((startedMs) => record(startedMs, startedMs + 900)),
]

function seen(records: readonly WorkloadRecord[], change: Partial<WorkloadSeen> = {}): WorkloadSeen {
  return { records, faultMs: mono(1_000), windowEndMs: mono(7_000), unendedMs: [], exhausted: false, ...change }
}

/** The records with those at the given places replaced. */
function changed(places: readonly number[], change: Partial<WorkloadRecord>): WorkloadRecord[] {
  return STEADY.map((one, place) => (places.includes(place) ? { ...one, ...change } : one))
}

describe('endOf', () => {
  it.each<[string, Partial<RequestOutcome>, string, string]>([
    ['a good answer', {}, 'good', 'status 200'],
    ['an error that says so', { status: 503, good: false, reason: 'status 503' }, 'clean error', 'status 503'],
    ['a refusal', { status: 429, good: false }, 'clean error', 'status 429'],
    ['a code of gRPC', { status: null, code: 'UNAVAILABLE', good: false }, 'clean error', 'code UNAVAILABLE'],
    ['a good one of gRPC', { status: null, code: 'OK' }, 'good', 'code OK'],
    [
      'one that is not',
      { status: null, code: 'OK', good: false, reason: 'x' },
      'broken',
      'code OK with a body that is not good: x',
    ],
    ['a part of an answer', { good: false, complete: false, error: 'cut off' }, 'broken', 'status 200, cut off'],
    [
      'a part of an error',
      { status: 503, good: false, complete: false, error: 'ECONNRESET' },
      'broken',
      'status 503, ECONNRESET',
    ],
    ['a cut connection', { status: null, good: false, complete: false, error: 'ECONNRESET' }, 'broken', 'no answer, ECONNRESET'],
    [
      'no answer at all',
      { status: null, good: false, complete: false, error: 'deadline' },
      'broken',
      'no whole answer within 5000 ms',
    ],
    ['a good answer at the very limit', { totalMs: 5_000 }, 'good', 'status 200'],
    ['a good answer that is late', { totalMs: 5_001 }, 'broken', 'status 200 only after 5001 ms'],
    ['the first of all errors', { status: 400, good: false }, 'clean error', 'status 400'],
    [
      'what is no error yet',
      { status: 399, good: false },
      'broken',
      'status 399 with a body that is not good: refused by its rule',
    ],
    ['a good answer of which the end is missing', { complete: false }, 'broken', 'status 200, cut short'],
    [
      'a whole answer without a status',
      { status: null, good: false },
      'broken',
      'no answer with a body that is not good: refused by its rule',
    ],
    ['an error that is late', { status: 503, good: false, totalMs: 5_100 }, 'broken', 'status 503 only after 5100 ms'],
    [
      'a whole 200 with half of the words',
      { good: false, reason: 'the body misses tokens == `60`' },
      'broken',
      'status 200 with a body that is not good: the body misses tokens == `60`',
    ],
    [
      'a redirection',
      { status: 302, good: false, reason: 'status 302' },
      'broken',
      'status 302 with a body that is not good: status 302',
    ],
    [
      'a body over our limit',
      { good: false, complete: false, error: 'body too large' },
      'unknown',
      'status 200, more body than is read',
    ],
  ])('%s', (_what, change, end, what) => {
    expect(endOf({ ...OUTCOME, ...change }, 5_000)).toEqual({ end, what })
  })
})

describe('judgeWorkload', () => {
  it('is met when all end well or with a clear error', () => {
    expect(judgeWorkload(SPEC, seen(changed([2, 5], CLEAN)))).toEqual({
      expected:
        'at least one under way when the fault came; each ends within 5000 ms, good or with an error that says so; ≥ 80 % good',
      observed: '4 under way when the fault came; 10 of 10 did, slowest 900 ms; 80 % good (2 × status 503)',
      met: true,
    })
  })

  it.each<[string, number, Partial<WorkloadRecord>, string]>([
    ['sent before the fault', 3, { ...BROKEN, id: 'task-7' }, 'task-7 sent 300 ms before the fault: status 200, cut off'],
    ['sent after it', 7, BROKEN, 'one sent 600 ms after the fault: status 200, cut off'],
  ])('is missed by one broken promise among many, and says which: %s', (_when, place, change, told) => {
    expect(judgeWorkload(SPEC, seen(changed([place], change)))).toMatchObject({
      observed: `4 under way when the fault came; 9 of 10 did, slowest 900 ms; ${told}; 90 % good`,
      met: false,
    })
  })

  it('tells of one sent in the very moment of the fault that it came after', () => {
    const records = [...STEADY, record(1_000, 1_100, BROKEN)]
    expect(judgeWorkload(SPEC, seen(records)).observed).toMatch(
      /^4 under way when the fault came; 10 of 11 did, slowest 900 ms; one sent 0 ms after the fault: status 200, cut off;/,
    )
  })

  it('lists a few of many', () => {
    const judged = judgeWorkload(SPEC, seen(changed([1, 2, 3, 4, 5, 6, 7], BROKEN)))
    expect(judged.observed).toMatch(/3 of 10 did/)
    expect(judged.observed).toMatch(/; 2 more;/)
    expect(judged.observed.match(/status 200, cut off/g)).toHaveLength(5)
  })

  it('counts each kind of clear error', () => {
    const mixed = changed([2, 5], CLEAN).map((one, place) => (place === 6 ? { ...one, ...CLEAN, what: 'status 429' } : one))
    const judged = judgeWorkload({ ...SPEC, good_share: 0.7 }, seen(mixed))
    expect(judged).toMatchObject({
      observed: expect.stringMatching(/; 70 % good \(2 × status 503, 1 × status 429\)$/) as string,
      met: true,
    })
  })

  it('is missed by too few good ones', () => {
    const judged = judgeWorkload(SPEC, seen(changed([2, 5, 6], CLEAN)))
    expect(judged).toMatchObject({ met: false, observed: expect.stringMatching(/70 % good \(3 × status 503\)$/) as string })
  })

  it('does not ask after requests that had ended before the fault, or were begun after its window', () => {
    const early = changed([0], BROKEN)
    expect(judgeWorkload(SPEC, seen(early)).met).toBe(true)
    expect(judgeWorkload(SPEC, seen([...STEADY, record(7_000, 7_200, BROKEN)])).met).toBe(true)
    // Ended in the very moment of the fault, begun in the last one of its window, ended after it.
    expect(judgeWorkload(SPEC, seen(changed([0], { ...BROKEN, endedMs: mono(1_000) }))).met).toBe(false)
    expect(judgeWorkload(SPEC, seen([...STEADY, record(6_999, 9_000, BROKEN)])).met).toBe(false)
    expect(judgeWorkload(SPEC, seen(changed([10], BROKEN))).met).toBe(false)
  })

  it('is undecided when the fault met no request, unless a promise was broken all the same', () => {
    const none = STEADY.filter(({ startedMs }) => startedMs >= mono(1_000))
    expect(judgeWorkload(SPEC, seen(none))).toMatchObject({
      observed: '0 under way when the fault came; 6 of 6 did, slowest 900 ms; 100 % good',
      met: null,
    })
    expect(judgeWorkload(SPEC, seen([...none, record(1_000, 3_100)])).met).toBeNull()
    expect(judgeWorkload(SPEC, seen([...none, record(999, 3_100)])).met).toBe(true)
    expect(judgeWorkload(SPEC, seen([...none, record(3_000, 3_100, BROKEN)])).met).toBe(false)
    expect(judgeWorkload(SPEC, seen([]))).toMatchObject({
      observed: '0 under way when the fault came; 0 of 0 did, slowest unknown; unknown good',
      met: null,
    })
  })

  const UNKNOWN = { end: 'unknown', what: 'status 200, more body than is read' } as const

  it.each<[string, WorkloadSeen, string]>([
    [
      'one that has no end',
      seen(STEADY, { unendedMs: [mono(900)] }),
      '5 under way when the fault came; 10 of 10 did, slowest 900 ms; 1 had no end when we stopped looking; 100 % good',
    ],
    [
      'those that were not sent any more',
      seen(STEADY, { exhausted: true }),
      '4 under way when the fault came; 10 of 10 did, slowest 900 ms; no more were sent after 11; 100 % good',
    ],
    [
      'one that our own limit ended',
      seen(changed([3], UNKNOWN)),
      '4 under way when the fault came; 9 of 10 did, slowest 900 ms; ' +
        'one sent 300 ms before the fault: status 200, more body than is read; 100 % good',
    ],
    [
      'all of them ended by our own limit',
      seen(changed([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], UNKNOWN).slice(1, 3)),
      '2 under way when the fault came; 0 of 2 did, slowest 900 ms; ' +
        'one sent 500 ms before the fault: status 200, more body than is read; ' +
        'one sent 400 ms before the fault: status 200, more body than is read; unknown good',
    ],
  ])('is undecided by what we did not see to its end: %s', (_what, of, observed) => {
    expect(judgeWorkload(SPEC, of)).toMatchObject({ observed, met: null })
  })

  it('is missed by a broken promise, whatever else we did not see to its end', () => {
    expect(judgeWorkload(SPEC, seen(changed([3], BROKEN), { unendedMs: [mono(900)], exhausted: true })).met).toBe(false)
    const both = changed([3], BROKEN).map((one, place) => (place === 1 ? { ...one, ...UNKNOWN } : one))
    expect(judgeWorkload(SPEC, seen(both))).toMatchObject({
      observed: expect.stringMatching(/ 8 of 10 did, .*; one sent 300 ms .*; one sent 500 ms /) as string,
      met: false,
    })
  })

  it('counts what has no end as under way only where it was sent before the fault', () => {
    const none = STEADY.filter(({ startedMs }) => startedMs >= mono(1_000))
    expect(judgeWorkload(SPEC, seen(none, { unendedMs: [mono(1_000), mono(2_000)] })).observed).toMatch(/^0 under way/)
  })
})

describe('workloadText', () => {
  it('says in one line what is asserted', () => {
    expect(workloadText(SPEC)).toBe(
      '8 requests infer at a time: each ends within 5000 ms, good or with an error that says so; ≥ 80 % good',
    )
  })
})
