import { describe, expect, it } from 'vitest'
import type { RequestOutcome } from '../core/ports.ts'
import { endOf, judgeWorkload, workloadText } from './workload-judgement.ts'
import type { WorkloadRecord, WorkloadSeen } from './workload-judgement.ts'

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
  return { startedMs, endedMs, end: 'good', what: 'status 200', id: null, ...change }
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
  return { records, faultMs: 1_000, windowEndMs: 7_000, unendedMs: [], exhausted: false, ...change }
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
    ['a good answer that is late', { totalMs: 5_100 }, 'broken', 'status 200 only after 5100 ms'],
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

  it('is missed by one broken promise among many, and says which', () => {
    const judged = judgeWorkload(SPEC, seen(changed([3], { ...BROKEN, id: 'task-7' })))
    expect(judged.met).toBe(false)
    expect(judged.observed).toMatch(/9 of 10 did.*; task-7 sent 300 ms before the fault: status 200, cut off;/)
  })

  it('lists a few of many', () => {
    const judged = judgeWorkload(SPEC, seen(changed([1, 2, 3, 4, 5, 6, 7], BROKEN)))
    expect(judged.observed).toMatch(/3 of 10 did/)
    expect(judged.observed).toMatch(/; 2 more;/)
    expect(judged.observed.match(/status 200, cut off/g)).toHaveLength(5)
  })

  it('is missed by too few good ones', () => {
    const judged = judgeWorkload(SPEC, seen(changed([2, 5, 6], CLEAN)))
    expect(judged).toMatchObject({ met: false, observed: expect.stringMatching(/70 % good \(3 × status 503\)$/) as string })
  })

  it('does not ask after requests that had ended before the fault, or were begun after its window', () => {
    const early = changed([0], BROKEN)
    expect(judgeWorkload(SPEC, seen(early)).met).toBe(true)
    expect(judgeWorkload(SPEC, seen([...STEADY, record(7_100, 7_200, BROKEN)])).met).toBe(true)
    // Begun in the window, ended after it.
    expect(judgeWorkload(SPEC, seen(changed([10], BROKEN))).met).toBe(false)
  })

  it('is undecided when the fault met no request, unless a promise was broken all the same', () => {
    const none = STEADY.filter(({ startedMs }) => startedMs >= 1_000)
    expect(judgeWorkload(SPEC, seen(none))).toMatchObject({
      met: null,
      observed: expect.stringMatching(/^0 under way/) as string,
    })
    expect(judgeWorkload(SPEC, seen([...none, record(3_000, 3_100, BROKEN)])).met).toBe(false)
    expect(judgeWorkload(SPEC, seen([])).met).toBeNull()
  })

  it('is undecided by what we did not see to its end', () => {
    expect(judgeWorkload(SPEC, seen(STEADY, { unendedMs: [900] })).met).toBeNull()
    expect(judgeWorkload(SPEC, seen(STEADY, { exhausted: true })).met).toBeNull()
    expect(judgeWorkload(SPEC, seen(changed([3], { end: 'unknown', what: 'x' }))).met).toBeNull()
    expect(judgeWorkload(SPEC, seen(changed([3], BROKEN), { unendedMs: [900] })).met).toBe(false)
  })
})

describe('workloadText', () => {
  it('says in one line what is asserted', () => {
    expect(workloadText(SPEC)).toBe(
      '8 requests infer at a time: each ends within 5000 ms, good or with an error that says so; ≥ 80 % good',
    )
  })
})
