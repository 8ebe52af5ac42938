import { describe, expect, it } from 'vitest'
import { recoveryStreak, summarizeCanary, type CanarySample } from './canary.ts'

function sample(intendedMs: number, latencyMs: number, ok = true): CanarySample {
  return {
    intendedMs,
    sentMs: intendedMs + 1,
    doneMs: intendedMs + latencyMs,
    status: ok ? 200 : 503,
    ok,
    error: ok ? null : 'status 503',
  }
}

describe('summarizeCanary', () => {
  it('counts latency from the intended send time and leaves failures out of the percentiles', () => {
    const window = summarizeCanary([sample(0, 100), sample(100, 300), sample(200, 1, false)], 0, 1_000)
    expect(window).toMatchObject({ total: 3, failed: 1, p50Ms: 100, p95Ms: 300, maxLatenessMs: 1 })
  })

  it('judges by intended send time, whenever the answer came', () => {
    const window = summarizeCanary([sample(-100, 50), sample(900, 5_000), sample(1_000, 10)], 0, 1_000)
    expect(window.total).toBe(1)
  })

  it('gives NaN, never 0, for percentiles without a good sample', () => {
    const window = summarizeCanary([sample(0, 10, false)], 0, 1_000)
    expect([window.p50Ms, window.p95Ms]).toEqual([Number.NaN, Number.NaN])
    expect(summarizeCanary([], 0, 1_000).longestOutageMs).toBeNaN()
  })

  it('measures an outage from the edges of the window too', () => {
    expect(summarizeCanary([sample(0, 10, false), sample(100, 10, false)], 0, 2_000).longestOutageMs).toBe(2_000)
    expect(summarizeCanary([sample(0, 700), sample(600, 200)], 0, 1_000).longestOutageMs).toBe(700)
  })

  it('counts an outage that outlasts the window to the first good answer after it', () => {
    expect(summarizeCanary([sample(0, 100), sample(1_400, 100)], 0, 1_000).longestOutageMs).toBe(1_400)
  })
})

describe('recoveryStreak', () => {
  it('notices one dead backend of N with 99 %', () => {
    expect([1, 2, 4, 10].map(recoveryStreak)).toEqual([5, 7, 17, 44])
  })
})
