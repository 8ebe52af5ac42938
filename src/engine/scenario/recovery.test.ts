import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { mono } from '../../core/time/moment.fixture.ts'
import { describe, expect, it } from 'vitest'
import type { CanarySample } from '../../core/canary.ts'
import type { RecoveryResult } from '../../core/result/scenario.ts'
import { awaitRecovery, currentStreak, withoutRelapse, type RecoveryTerms } from './recovery.ts'
import { fakeStack } from '../rig/fake-stack.ts'
import { World } from '../rig/world.ts'

function sample(intendedMs: number, ok: boolean, latencyMs = 50): CanarySample {
  return {
    intendedMs: mono(intendedMs),
    sentMs: mono(intendedMs),
    doneMs: mono(intendedMs + latencyMs),
    status: ok ? 200 : 503,
    ok,
    error: ok ? null : 'status 503',
  }
}

describe('currentStreak', () => {
  it('starts after the newest bad request and ignores those sent before the fault ended', () => {
    const samples = [sample(900, false), sample(1_000, true), sample(1_100, false), sample(1_200, true), sample(1_300, true)]
    expect(currentStreak(samples, mono(1_000))).toEqual({ lastBadMs: 100, firstGoodMs: 250, length: 2, p50Ms: 50 })
  })

  it('counts the request that was sent as the fault ended', () => {
    expect(currentStreak([sample(999, true), sample(1_000, true)], mono(1_000))).toMatchObject({ length: 1, firstGoodMs: 50 })
  })

  it('is empty where the newest answer is bad', () => {
    const samples = [sample(1_000, true), sample(1_100, false)]
    expect(currentStreak(samples, mono(1_000))).toEqual({ lastBadMs: 100, firstGoodMs: null, length: 0, p50Ms: Number.NaN })
  })

  it('has the median latency of its own requests', () => {
    const samples = [sample(1_000, false, 9), sample(1_100, true, 70), sample(1_200, true, 90), sample(1_300, true, 80)]
    expect(currentStreak(samples, mono(1_000)).p50Ms).toBe(80)
  })

  it('is empty without an answer', () => {
    expect(currentStreak([], mono(0))).toEqual({ lastBadMs: null, firstGoodMs: null, length: 0, p50Ms: Number.NaN })
  })
})

describe('withoutRelapse', () => {
  const recovered: RecoveryResult = {
    recovered: true,
    afterMs: 250,
    limitMs: 20_000,
    lastBadMs: 100,
    firstGoodMs: 250,
    streak: 17,
    reason: null,
    calm: null,
  }

  it('turns a later failure into no recovery', () => {
    const relapsed = withoutRelapse(recovered, [sample(1_200, true), sample(3_000, false)], mono(1_000))
    expect(relapsed).toMatchObject({ recovered: false, reason: 'relapse 2000 ms after the fault ended: status 503' })
  })

  it('leaves a recovery alone whose failures came before it', () => {
    expect(withoutRelapse(recovered, [sample(1_100, false), sample(1_200, true)], mono(1_000))).toEqual(recovered)
  })

  it.each([
    ['was answered after the first good answer', sample(1_201, false), false],
    ['was answered with that, and no later', sample(1_200, false), true],
    ['was sent while the fault was on', { ...sample(999, false), doneMs: mono(5_000) }, true],
    ['was sent as the fault ended, and answered late', { ...sample(1_000, false), doneMs: mono(5_000) }, false],
  ])('is judged by a failure that %s', (_what, failure, isRecovered) => {
    expect(withoutRelapse(recovered, [failure], mono(1_000)).recovered).toBe(isRecovered)
  })

  it('says so where an answer was bad for no reason that is known', () => {
    const { reason } = withoutRelapse(recovered, [{ ...sample(3_000.4, false), error: null }], mono(1_000))
    expect(reason).toBe('relapse 2000 ms after the fault ended: bad answer')
  })

  it('leaves a recovery alone that was none', () => {
    const none = { ...recovered, recovered: false, reason: 'no recovery within 20000 ms' }
    expect(withoutRelapse(none, [sample(3_000, false)], mono(1_000))).toBe(none)
    const unseen = { ...recovered, firstGoodMs: null }
    expect(withoutRelapse(unseen, [sample(3_000, false)], mono(1_000))).toBe(unseen)
  })
})

describe('the wait for a recovery', () => {
  /** `answer`: by the ms since the end of the fault; one request each 100 ms. */
  async function recoveryOf(
    answer: (atMs: number) => CanarySample,
    change: Partial<RecoveryTerms> = {},
    aborter = new AbortController(),
  ) {
    const { clock, ...world } = new World()
    const fromMs = clock.nowMs()
    const all = Array.from({ length: 200 }, (_, index) => answer(index * 100)).map((one): CanarySample => ({
      ...one,
      intendedMs: later(fromMs, msBetween(mono(0), one.intendedMs)),
      doneMs: later(fromMs, msBetween(mono(0), one.doneMs)),
    }))
    const samples = (sinceMs: Mono): CanarySample[] =>
      all.filter(({ intendedMs, doneMs }) => intendedMs >= sinceMs && doneMs <= clock.nowMs())
    const { stack } = fakeStack(Object.assign(new World(), world))
    const terms = { fromMs, limitMs: 5_000, backends: 1, steadyP50Ms: 20, ...change }
    const recovery = await clock.until(awaitRecovery({ clock, stack }, { samples }, terms, aborter.signal))
    return { ...recovery, fromMs }
  }

  it('tells when the first and the last of what was not good came, and since when it is proven', async () => {
    const { result, provenSinceMs, fromMs } = await recoveryOf((atMs) => sample(atMs + 0.3, atMs >= 1_000, 20.4))
    expect(result).toEqual({
      ...{ recovered: true, afterMs: 1_021, limitMs: 5_000, lastBadMs: 900, firstGoodMs: 1_021, streak: 5, reason: null },
      calm: null,
    })
    expect(provenSinceMs).toBe(later(fromMs, 1_000.3))
  })

  it('is proven by the newest of the answers where there are more than enough', async () => {
    // Three are slow: with the third good one half of them are.
    const { result, provenSinceMs, fromMs } = await recoveryOf((atMs) => sample(atMs, true, atMs < 300 ? 290 : 20))
    expect([result.afterMs, provenSinceMs]).toEqual([290, later(fromMs, 100)])
  })

  it.each([
    [20, 270],
    [250, 500],
    [251, 502],
    [400, 800],
  ])('takes latency for back when the steady one was %i ms and it is %i', async (steadyP50Ms, limitMs) => {
    const terms = { steadyP50Ms }
    expect((await recoveryOf((atMs) => sample(atMs, true, limitMs), terms)).result.recovered).toBe(true)
    const { result, provenSinceMs } = await recoveryOf((atMs) => sample(atMs, true, limitMs + 1), terms)
    expect(result).toMatchObject({ recovered: false, afterMs: null, firstGoodMs: limitMs + 1, lastBadMs: 0 })
    expect(result.reason).toMatch(
      new RegExp(`^no recovery within 5000 ms: a streak of 5 good requests with a median under ${limitMs} ms `),
    )
    expect(provenSinceMs).toBeNull()
  })

  it('needs as many answers as notice one dead backend of so many', async () => {
    const { result } = await recoveryOf((atMs) => sample(atMs, true, 20), { backends: 3 })
    expect(result).toMatchObject({ recovered: true, streak: 12 })
    expect((await recoveryOf((atMs) => sample(atMs, atMs % 1_200 !== 0, 20), { backends: 3 })).result.recovered).toBe(false)
  })

  it('that is cancelled is no miss', async () => {
    const aborter = new AbortController()
    aborter.abort(new Error('enough'))
    await expect(recoveryOf((atMs) => sample(atMs, true), {}, aborter)).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
