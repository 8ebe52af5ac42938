import { describe, expect, it } from 'vitest'
import type { CanarySample } from '../core/canary.ts'
import type { RecoveryResult } from '../core/model.ts'
import { currentStreak, withoutRelapse } from './recovery.ts'

function sample(intendedMs: number, ok: boolean, latencyMs = 50): CanarySample {
  return {
    intendedMs,
    sentMs: intendedMs,
    doneMs: intendedMs + latencyMs,
    status: ok ? 200 : 503,
    ok,
    error: ok ? null : 'status 503',
  }
}

describe('currentStreak', () => {
  it('starts after the newest bad request and ignores those sent before the fault ended', () => {
    const samples = [sample(900, false), sample(1_000, true), sample(1_100, false), sample(1_200, true), sample(1_300, true)]
    expect(currentStreak(samples, 1_000)).toEqual({ lastBadMs: 100, firstGoodMs: 250, length: 2, p50Ms: 50 })
  })

  it('is empty without an answer', () => {
    expect(currentStreak([], 0)).toEqual({ lastBadMs: null, firstGoodMs: null, length: 0, p50Ms: Number.NaN })
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
  }

  it('turns a later failure into no recovery', () => {
    const relapsed = withoutRelapse(recovered, [sample(1_200, true), sample(3_000, false)], 1_000)
    expect(relapsed).toMatchObject({ recovered: false, reason: 'relapse 2000 ms after the fault ended: status 503' })
  })

  it('leaves a recovery alone whose failures came before it', () => {
    expect(withoutRelapse(recovered, [sample(1_100, false), sample(1_200, true)], 1_000)).toEqual(recovered)
  })
})
