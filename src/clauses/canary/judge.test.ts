import { mono } from '../../core/time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import type { CanarySample } from '../../core/canary.ts'
import { canaryText, judgeCanary, type CanarySeen } from './judge.ts'

/** One request every 100 ms from 0; `latency` from the intended send time. */
function sample(index: number, status: number | null, latency: number): CanarySample {
  const intendedMs = index * 100
  const good = status === 200
  return {
    intendedMs: mono(intendedMs),
    sentMs: mono(intendedMs),
    doneMs: mono(intendedMs + latency),
    status,
    ok: good,
    error: good ? null : status === null ? 'deadline' : `status ${status}`,
  }
}

function seen(samples: readonly CanarySample[], rest: Partial<CanarySeen> = {}): CanarySeen {
  return { samples, windowEndMs: mono(6_000), steadyP50Ms: 20, steadySpreadMs: 0, delayMs: null, kinds: new Map(), ...rest }
}

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

describe('judgeCanary', () => {
  it('counts good requests', () => {
    const observation = judgeCanary({ success_rate: 0.97 }, seen(many(60, (index) => sample(index, index === 7 ? 503 : 200, 20))))
    expect(observation).toEqual({ expected: '≥ 97 % good', observed: '98.33 % of 60 (failed: 1 × 503)', met: true })
    const worse = judgeCanary({ success_rate: 0.97 }, seen(many(60, (index) => sample(index, index < 2 ? null : 200, 20))))
    expect(worse).toMatchObject({ observed: '96.66 % of 60 (failed: 2 × deadline)', met: false })
    const half = many(60, (index) => sample(index, index < 30 ? 200 : 503, 20))
    expect(judgeCanary({ success_rate: 0.5 }, seen(half))).toMatchObject({ observed: '50 % of 60 (failed: 30 × 503)', met: true })
  })

  it('decides nothing on fewer than 20 requests', () => {
    expect(judgeCanary({ success_rate: 0.5 }, seen(many(19, (index) => sample(index, 200, 20))))).toMatchObject({ met: null })
    expect(judgeCanary({ success_rate: 0.5 }, seen(many(20, (index) => sample(index, 200, 20))))).toMatchObject({ met: true })
    expect(judgeCanary({ success_rate: 0.5 }, seen([]))).toEqual({
      expected: '≥ 50 % good',
      observed: 'only 0 canary requests in the window, 20 are needed to judge',
      met: null,
    })
  })

  describe('answers', () => {
    const spec = { answers: { status: [503], share: 0.95 } }

    it('counts the wanted statuses', () => {
      const observation = judgeCanary(spec, seen(many(60, (index) => sample(index, 503, 3_900))))
      expect(observation).toEqual({ expected: '≥ 95 % answered 503', observed: '100 % of 60 (60 × 503)', met: true })
    })

    it('leaves out good answers that came after the window, and only those', () => {
      const healed = many(60, (index) => (index < 40 ? sample(index, 503, 1_900) : sample(index, 200, 2_500)))
      expect(judgeCanary(spec, seen(healed))).toMatchObject({
        observed: '100 % of 40 (40 × 503), 20 good answers after the window not counted',
        met: true,
      })
      const hung = many(60, (index) => (index < 40 ? sample(index, 503, 1_900) : sample(index, null, 15_000)))
      expect(judgeCanary(spec, seen(hung))).toMatchObject({ observed: '66.66 % of 60 (40 × 503, 20 × deadline)', met: false })
      const through = many(60, (index) => (index < 50 ? sample(index, 503, 500) : sample(index, 200, 50)))
      expect(judgeCanary(spec, seen(through))).toMatchObject({ met: false })
    })

    it('judges a good answer that came in the very moment of the end', () => {
      const last = many(60, (index) => (index < 57 ? sample(index, 503, 100) : sample(index, 200, 6_000 - index * 100)))
      expect(judgeCanary(spec, seen(last))).toMatchObject({ observed: '95 % of 60 (57 × 503, 3 × 200)', met: true })
    })

    it('is undecided when too few are left', () => {
      const late = (early: number): CanarySample[] =>
        many(60, (index) => (index < early ? sample(index, 503, 100) : sample(index, 200, 6_001)))
      expect(judgeCanary(spec, seen(late(19)))).toMatchObject({
        observed: '100 % of 19 (19 × 503), 41 good answers after the window not counted, 20 are needed to judge',
        met: null,
      })
      expect(judgeCanary(spec, seen(late(20)))).toMatchObject({
        observed: '100 % of 20 (20 × 503), 40 good answers after the window not counted',
        met: true,
      })
      expect(judgeCanary(spec, seen(late(0))).observed).toMatch(/^unknown of 0 \(none\)/)
    })

    it('may be any of several statuses', () => {
      const either = many(60, (index) => sample(index, index % 2 === 0 ? 503 : 507, 20))
      expect(judgeCanary({ answers: { status: [503, 507], share: 1 } }, seen(either))).toEqual({
        ...{ expected: '≥ 100 % answered 503 or 507', observed: '100 % of 60 (30 × 503, 30 × 507)', met: true },
      })
    })

    it('looks at when they say to come back, where a limit is given', () => {
      const told = many(60, (index) => ({ ...sample(index, 503, 20), retryAfterSeconds: index === 3 ? 9 : 1 }))
      const limited = { answers: { ...spec.answers, retry_after_at_most_seconds: 5 } }
      expect(judgeCanary(limited, seen(told))).toEqual({
        expected: '≥ 95 % answered 503; who is turned away is to come back within 5 s',
        observed: '100 % of 60 (60 × 503); 1 of 60 later than that, 9 s at most',
        met: false,
      })
      expect(judgeCanary(spec, seen(told)).met).toBe(true)
    })

    it('tells the four most frequent ends', () => {
      const statuses = [...many(2, () => 500), ...many(9, () => 502), ...many(3, () => null), ...many(20, () => 503), 504, 504]
      const ends = statuses.map((status, index) => ({ ...sample(index, status, 20), error: null }))
      expect(judgeCanary(spec, seen(ends)).observed).toBe('55.55 % of 36 (20 × 503, 9 × 502, 3 × no answer, 2 × 500)')
    })

    it('counts a wanted good status also after the window', () => {
      const good = many(60, (index) => sample(index, 200, 2_000))
      expect(judgeCanary({ answers: { status: [200], share: 1 } }, seen(good))).toMatchObject({
        met: true,
        observed: '100 % of 60 (60 × 200)',
      })
    })
  })

  it('takes a code of gRPC for an answer', () => {
    const { error: _error, ...base } = sample(0, null, 100)
    const refused = many(30, () => ({ ...base, code: 'UNAVAILABLE', error: 'code UNAVAILABLE' }))
    expect(judgeCanary({ within_ms: 1_000 }, seen(refused))).toMatchObject({ observed: 'slowest answer 100 ms', met: true })
    expect(judgeCanary({ success_rate: 1 }, seen(refused))).toMatchObject({
      observed: '0 % of 30 (failed: 30 × UNAVAILABLE)',
      met: false,
    })
  })

  it('wants every request to end in time, answered or broken off', () => {
    const spec = { ends_within_ms: 5_000 }
    const cut = (index: number, latency: number): CanarySample => ({
      ...sample(index, 200, latency),
      ok: false,
      cut: true,
      error: 'ECONNRESET',
    })
    const broken = many(60, (index) => (index % 2 === 0 ? cut(index, 4_000) : sample(index, 503, 5_000)))
    expect(judgeCanary(spec, seen(broken))).toEqual({
      expected: 'every request ends within 5000 ms, answered or broken off',
      observed: 'last end after 5000 ms',
      met: true,
    })
    const late = many(60, (index) => cut(index, index === 3 ? 5_001 : 10))
    expect(judgeCanary(spec, seen(late))).toMatchObject({
      observed: '1 of 60 did not (1 × ECONNRESET after 200), the slowest after 5001 ms',
      met: false,
    })
    const hung = many(60, (index) => (index < 2 ? sample(index, null, 10) : sample(index, 200, 10)))
    expect(judgeCanary(spec, seen(hung))).toMatchObject({
      observed: '2 of 60 did not (2 × deadline), the slowest after 10 ms',
      met: false,
    })
  })

  it('wants every request answered in time, good or bad', () => {
    const spec = { within_ms: 5_000 }
    expect(judgeCanary(spec, seen(many(60, (index) => sample(index, index % 2 === 0 ? 503 : 200, 4_100))))).toEqual({
      expected: 'every request answered within 5000 ms',
      observed: 'slowest answer 4100 ms',
      met: true,
    })
    const slowest = (latency: number): CanarySample[] => many(60, (index) => sample(index, 503, index === 3 ? latency : 10))
    expect(judgeCanary(spec, seen(slowest(5_000)))).toMatchObject({ observed: 'slowest answer 5000 ms', met: true })
    expect(judgeCanary(spec, seen(slowest(5_001)))).toMatchObject({ observed: 'slowest answer 5001 ms', met: false })
    expect(judgeCanary(spec, seen(many(60, (index) => sample(index, index === 3 ? null : 503, 10))))).toMatchObject({
      observed: 'slowest answer 10 ms, 1 of 60 without a whole answer (failed: 1 × deadline)',
      met: false,
    })
    expect(judgeCanary(spec, seen(many(60, (index) => sample(index, null, 10))))).toMatchObject({
      observed: 'slowest answer unknown, 60 of 60 without a whole answer (failed: 60 × deadline)',
      met: false,
    })
  })

  describe('a slow-down', () => {
    const spec = { slower_by_fault: { tolerance: 0.35 } }
    const slow = (latency: number): CanarySample[] => many(60, (index) => sample(index, 200, latency))
    const by1000 = (samples: readonly CanarySample[], rest: Partial<CanarySeen> = {}): ReturnType<typeof judgeCanary> =>
      judgeCanary(spec, seen(samples, { delayMs: 1_000, ...rest }))

    it('is compared with what the fault adds', () => {
      expect(by1000(slow(1_020))).toEqual({
        expected: 'median slower by 1000 ms ± 35 %',
        observed: 'slower by 1000 ms (20 ms before, 1020 ms during, 60 good requests)',
        met: true,
      })
    })

    it.each([
      [669, false],
      [670, true],
      [1_370, true],
      [1_371, false],
      [20, false],
    ])('to %d ms is what was to be: %j', (latency, met) => {
      expect(by1000(slow(latency)).met).toBe(met)
    })

    it.each([
      [550, 120, null],
      [550, 121, null],
      [550, 119, false],
      [1_490, 120, null],
      [1_490, 119, false],
      [700, 500, true],
    ])('to %d ms, where the steady state varied by %d ms, is: %j', (latency, steadySpreadMs, met) => {
      expect(by1000(slow(latency), { steadySpreadMs }).met).toBe(met)
    })

    it('that the steady state may explain is told so', () => {
      expect(by1000(slow(1_156), { steadyP50Ms: 626, steadySpreadMs: 400 })).toEqual({
        expected: 'median slower by 1000 ms ± 35 %',
        observed:
          'slower by 530 ms (626 ms before, 1156 ms during, 60 good requests), where the steady state itself varied by 400 ms',
        met: null,
      })
    })

    it('of good requests alone counts, and of twenty at least', () => {
      const good = (count: number): CanarySample[] => many(60, (index) => sample(index, index < count ? 200 : 503, 1_020))
      expect(by1000(good(20)).met).toBe(true)
      expect(by1000(good(19))).toMatchObject({
        observed: 'slower by 1000 ms (20 ms before, 1020 ms during, 19 good requests)',
        met: null,
      })
      const failures = many(60, (index) => sample(index, index < 40 ? 200 : 503, index < 40 ? 1_020 : 1))
      expect(by1000(failures).met).toBe(true)
    })

    it('is unknown where nothing was measured before, and where the fault says of none', () => {
      expect(by1000(slow(1_020), { steadyP50Ms: Number.NaN })).toMatchObject({
        observed: 'slower by unknown (unknown before, 1020 ms during, 60 good requests)',
        met: null,
      })
      expect(judgeCanary(spec, seen(slow(1_020)))).toEqual({
        expected: 'slower by what the fault adds',
        observed: 'the fault adds no known delay to the canary',
        met: null,
      })
    })
  })

  it('joins parts: a miss decides, then what is unknown', () => {
    const samples = many(60, (index) => sample(index, 200, 1_020))
    expect(judgeCanary({ success_rate: 1, slower_by_fault: { tolerance: 0.35 } }, seen(samples))).toMatchObject({ met: null })
    expect(judgeCanary({ within_ms: 100, slower_by_fault: { tolerance: 0.35 } }, seen(samples))).toMatchObject({ met: false })
    expect(judgeCanary({}, seen(samples))).toMatchObject({ met: null })
  })

  it('says in one line what it asserts', () => {
    expect(canaryText({ success_rate: 0.97, within_ms: 15_000 })).toBe(
      'canary: ≥ 97 % good; every request answered within 15000 ms',
    )
  })
})

describe('requests that take turns', () => {
  const kinds = new Map([
    ['page', { steadyP50Ms: 20, steadySpreadMs: 0 }],
    ['stream', { steadyP50Ms: 40, steadySpreadMs: 0 }],
  ])
  /** Every second of `count` is a stream, of which `failing` fail. */
  const turns = (count: number, failing: number, status: number | null = 503): CanarySample[] =>
    many(count, (index) => {
      const isStream = index % 2 === 1
      return { ...sample(index, isStream && index < 2 * failing ? status : 200, 20), request: isStream ? 'stream' : 'page' }
    })
  const judge = (spec: Parameters<typeof judgeCanary>[0], samples: CanarySample[]): ReturnType<typeof judgeCanary> =>
    judgeCanary(spec, seen(samples, { kinds }))

  it('are all to keep the promise: one kind that fails does not hide behind the others', () => {
    expect(judge({ success_rate: 0.9 }, turns(100, 6))).toEqual({
      expected: '≥ 90 % good',
      observed: '94 % of 100 (failed: 6 × 503) | page: 100 % of 50 | stream: 88 % of 50 (failed: 6 × 503)',
      met: false,
    })
    expect(judge({ success_rate: 0.9 }, turns(100, 5)).met).toBe(true)
  })

  it('are all to keep it together as well, though of few of one kind a single miss is not too many', () => {
    expect(judge({ success_rate: 0.97 }, turns(60, 1)).met).toBe(true)
    expect(judge({ success_rate: 0.97 }, turns(60, 2)).met).toBe(false)
    expect(judge({ success_rate: 0.99 }, turns(60, 1)).met).toBe(false)
    expect(judge({ answers: { status: [200], share: 0.97 } }, turns(60, 1)).met).toBe(true)
    expect(judge({ answers: { status: [200], share: 0.9 } }, turns(60, 4)).met).toBe(false)
  })

  it('are judged when there are enough of all, and of each its part', () => {
    expect(judge({ success_rate: 0.5 }, turns(20, 0)).met).toBe(true)
    expect(judge({ success_rate: 0.5 }, turns(19, 0))).toMatchObject({
      observed: expect.stringContaining('stream: only 9 canary requests in the window, 10 are needed to judge') as string,
      met: null,
    })
    const rare = turns(60, 0).map((one, index) => ({ ...one, request: index < 9 ? 'stream' : 'page' }))
    expect(judge({ success_rate: 0.5 }, rare).met).toBeNull()
  })

  it('may be asked for one of them alone', () => {
    expect(judge({ request: 'page', success_rate: 1 }, turns(60, 30))).toEqual({
      expected: '≥ 100 % good',
      observed: '100 % of 30',
      met: true,
    })
    expect(judge({ request: 'stream', success_rate: 1 }, turns(60, 2)).met).toBe(false)
    expect(judgeCanary({ request: 'page', success_rate: 1 }, seen(turns(60, 0)))).toMatchObject({ observed: '100 % of 60' })
  })

  it('have no figures of before together: only each has', () => {
    const spec = { slower_by_fault: { tolerance: 0.1 }, within_ms: 50 }
    const judged = judgeCanary(spec, seen(turns(60, 0), { kinds, delayMs: 0 }))
    expect(judged.observed).toBe(
      'slowest answer 20 ms | page: slowest answer 20 ms; slower by 0 ms (20 ms before, 20 ms during, 30 good requests) | ' +
        'stream: slowest answer 20 ms; slower by -20 ms (40 ms before, 20 ms during, 30 good requests)',
    )
    expect(judged.met).toBe(false)
    const only = judgeCanary({ slower_by_fault: { tolerance: 0.1 } }, seen(turns(60, 0), { kinds, delayMs: 0 }))
    expect(only.observed.startsWith('page: ')).toBe(true)
  })
})

describe('an answer that did not come whole', () => {
  const cut = { ok: false, cut: true, error: 'ECONNRESET' } as const
  const samples = many(60, (index) => ({ ...sample(index, 200, 20), ...(index < 5 ? cut : {}) }))

  it('is none, whatever its head said', () => {
    expect(judgeCanary({ answers: { status: [200], share: 0.95 } }, seen(samples))).toMatchObject({
      observed: '91.66 % of 60 (55 × 200, 5 × ECONNRESET after 200)',
      met: false,
    })
    expect(judgeCanary({ within_ms: 100 }, seen(samples))).toMatchObject({
      observed: 'slowest answer 20 ms, 5 of 60 without a whole answer (failed: 5 × ECONNRESET after 200)',
      met: false,
    })
  })

  it('is told so where no error says how', () => {
    const quiet = samples.map((one) => (one.cut === true ? { ...one, error: null } : one))
    expect(judgeCanary({ success_rate: 0.9 }, seen(quiet)).observed).toBe('91.66 % of 60 (failed: 5 × cut off after 200)')
  })
})

it('tells what a whole answer missed', () => {
  const bad = { ok: false, error: 'the stream ended without [DONE]' }
  const samples = many(60, (index) => ({ ...sample(index, 200, 20), ...(index < 3 ? bad : {}) }))
  const wrong = { ok: false, error: `x${'y'.repeat(200)}` }
  const long = many(60, (index) => ({ ...sample(index, 200, 20), ...(index < 3 ? wrong : {}) }))
  expect(judgeCanary({ success_rate: 0.9 }, seen(samples)).observed).toBe(
    '95 % of 60 (failed: 3 × 200 (the stream ended without [DONE]))',
  )
  expect(judgeCanary({ success_rate: 0.9 }, seen(long)).observed).toBe(`95 % of 60 (failed: 3 × 200 (x${'y'.repeat(119)}))`)
})

it('no share excuses an answer that is another one', () => {
  const error = 'text is not what the same request was answered at first: 6 characters in place of 11'
  const samples = many(60, (index) => ({
    ...sample(index, 200, 20),
    ...(index === 7 ? { ok: false, wrong: true as const, error } : {}),
  }))
  expect(judgeCanary({ success_rate: 0.5 }, seen(samples))).toEqual({
    expected: '≥ 50 % good; no answer wrong',
    observed: `98.33 % of 60 (failed: 1 × 200 with a wrong answer); 1 of 60 wrong (${error})`,
    met: false,
  })
})

describe('slower by so much at most', () => {
  const judged = (latency: number, count = 60): ReturnType<typeof judgeCanary> =>
    judgeCanary({ slower_by_at_most_ms: 300 }, seen(many(60, (index) => sample(index, index < count ? 200 : 503, latency))))

  it('is judged by the medians', () => {
    expect(judged(320)).toEqual({
      expected: 'median slower by 300 ms at most',
      observed: 'slower by 300 ms (20 ms before, 320 ms during, 60 good requests)',
      met: true,
    })
    expect(judged(321).met).toBe(false)
    expect(judged(5).met).toBe(true)
  })

  it('needs good answers, and a steady state', () => {
    expect([judged(20, 20).met, judged(20, 19).met]).toEqual([true, null])
    const blind = seen(
      many(60, (index) => sample(index, 200, 20)),
      { steadyP50Ms: Number.NaN },
    )
    expect(judgeCanary({ slower_by_at_most_ms: 300 }, blind).met).toBeNull()
  })

  it('is asked of each kind of request by itself', () => {
    const kinds = new Map([
      ['page', { steadyP50Ms: 20, steadySpreadMs: 0 }],
      ['stream', { steadyP50Ms: 400, steadySpreadMs: 0 }],
    ])
    const named = many(60, (index) => ({ ...sample(index, 200, 350), request: index % 2 === 0 ? 'page' : 'stream' }))
    const { observed, met } = judgeCanary({ slower_by_at_most_ms: 300 }, seen(named, { kinds }))
    expect(observed).toMatch(/^page: slower by 330 ms .* \| stream: slower by -50 ms /)
    expect(met).toBe(false)
  })
})
