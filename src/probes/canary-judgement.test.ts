import { describe, expect, it } from 'vitest'
import type { CanarySample } from '../core/canary.ts'
import { canaryText, judgeCanary } from './canary-judgement.ts'
import type { CanarySeen } from './canary-judgement.ts'

/** One request every 100 ms from 0; `latency` from the intended send time. */
function sample(index: number, status: number | null, latency: number): CanarySample {
  const intendedMs = index * 100
  const good = status === 200
  return {
    intendedMs,
    sentMs: intendedMs,
    doneMs: intendedMs + latency,
    status,
    ok: good,
    error: good ? null : status === null ? 'deadline' : `status ${String(status)}`,
  }
}

function seen(samples: readonly CanarySample[], rest: Partial<CanarySeen> = {}): CanarySeen {
  return { samples, windowEndMs: 6_000, steadyP50Ms: 20, delayMs: null, ...rest }
}

const many = (count: number, make: (index: number) => CanarySample): CanarySample[] =>
  Array.from({ length: count }, (_, index) => make(index))

describe('judgeCanary', () => {
  it('counts good requests', () => {
    const observation = judgeCanary({ success_rate: 0.97 }, seen(many(60, (index) => sample(index, index === 7 ? 503 : 200, 20))))
    expect(observation).toEqual({ expected: '≥ 97 % good', observed: '98.33 % of 60 (failed: 1 × 503)', met: true })
    const worse = judgeCanary({ success_rate: 0.97 }, seen(many(60, (index) => sample(index, index < 2 ? null : 200, 20))))
    expect(worse).toMatchObject({ observed: '96.66 % of 60 (failed: 2 × deadline)', met: false })
  })

  it('decides nothing on fewer than 20 requests', () => {
    expect(judgeCanary({ success_rate: 0.5 }, seen(many(19, (index) => sample(index, 200, 20))))).toMatchObject({ met: null })
    expect(judgeCanary({ success_rate: 0.5 }, seen(many(20, (index) => sample(index, 200, 20))))).toMatchObject({ met: true })
    expect(judgeCanary({ success_rate: 0.5 }, seen([]))).toMatchObject({ met: null })
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

    it('is undecided when too few are left', () => {
      const late = many(60, (index) => (index < 10 ? sample(index, 503, 1_900) : sample(index, 200, 6_000)))
      expect(judgeCanary(spec, seen(late))).toMatchObject({ met: null })
    })

    it('counts a wanted good status also after the window', () => {
      const good = many(60, (index) => sample(index, 200, 2_000))
      expect(judgeCanary({ answers: { status: [200], share: 1 } }, seen(good))).toMatchObject({
        met: true,
        observed: '100 % of 60 (60 × 200)',
      })
    })
  })

  it('wants every request answered in time, good or bad', () => {
    const spec = { within_ms: 5_000 }
    expect(judgeCanary(spec, seen(many(60, (index) => sample(index, index % 2 === 0 ? 503 : 200, 4_100))))).toEqual({
      expected: 'every request answered within 5000 ms',
      observed: 'slowest answer 4100 ms',
      met: true,
    })
    expect(judgeCanary(spec, seen(many(60, (index) => sample(index, 503, index === 3 ? 5_001 : 10))))).toMatchObject({
      met: false,
    })
    expect(judgeCanary(spec, seen(many(60, (index) => sample(index, index === 3 ? null : 503, 10))))).toMatchObject({
      observed: 'slowest answer 10 ms, 1 of 60 without any answer (failed: 1 × deadline)',
      met: false,
    })
    expect(judgeCanary(spec, seen(many(60, (index) => sample(index, null, 10))))).toMatchObject({ met: false })
  })

  it('compares the slow-down with what the fault adds', () => {
    const spec = { slower_by_fault: { tolerance: 0.35 } }
    const slow = (latency: number): readonly CanarySample[] => many(60, (index) => sample(index, 200, latency))
    expect(judgeCanary(spec, seen(slow(1_020), { delayMs: 1_000 }))).toMatchObject({ met: true })
    expect(judgeCanary(spec, seen(slow(1_020), { delayMs: 1_000 })).observed).toBe(
      'slower by 1000 ms (20 ms before, 1020 ms during, 60 good requests)',
    )
    expect(judgeCanary(spec, seen(slow(20), { delayMs: 1_000 }))).toMatchObject({ met: false })
    expect(judgeCanary(spec, seen(slow(1_400), { delayMs: 1_000 }))).toMatchObject({ met: false })
    expect(judgeCanary(spec, seen(slow(1_020)))).toMatchObject({ met: null })
    expect(
      judgeCanary(
        spec,
        seen(
          many(60, (index) => sample(index, 503, 1_020)),
          { delayMs: 1_000 },
        ),
      ),
    ).toMatchObject({ met: null })
    expect(judgeCanary(spec, seen(slow(1_020), { delayMs: 1_000, steadyP50Ms: Number.NaN }))).toMatchObject({ met: null })
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
