import { mono } from '../../core/time/moment.fixture.ts'
import { expect, it } from 'vitest'
import type { CanarySample } from '../../core/canary.ts'
import { starvation } from './starvation.ts'

/** As many requests as there are values, each sent so late. */
function sent(...latenessMs: readonly number[]): CanarySample[] {
  return latenessMs.map((ms, index) => {
    const intendedMs = index * 100
    return {
      intendedMs: mono(intendedMs),
      sentMs: mono(intendedMs + ms),
      doneMs: mono(intendedMs + ms + 5),
      status: 200,
      ok: true,
      error: null,
    }
  })
}

it.each<[string, CanarySample[], number, string | null]>([
  ['nothing that was late', sent(0, 0), 0, null],
  ['both at their limits', sent(100, 100), 250, null],
  ['no request at all', [], 0, null],
  ['one request in twenty that was late', sent(...Array.from({ length: 20 }, (_, index) => (index === 7 ? 900 : 0))), 0, null],
  ['requests that were late', sent(100.6, 100.6), 0, 'the canary was sent 101 ms late at p95 (limit 100 ms)'],
  ['an event loop that was', sent(0), 250.6, 'event-loop lag p99 251 ms (limit 250 ms)'],
  ['both', sent(400), 900, 'the canary was sent 400 ms late at p95 (limit 100 ms)'],
])('of %s is told as it should be', (_what, samples, lagP99Ms, why) => {
  expect(starvation(samples, lagP99Ms)).toBe(why)
})
