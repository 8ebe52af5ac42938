import { expect, it } from 'vitest'
import type { Clock } from '../core/clock.ts'
import type { CompletedPort } from '../core/ports.ts'
import { CompletionReader } from './completion-reader.ts'

/** Sleeps take no time, and are over when everybody else had a turn. */
function quickClock(): Clock & { passedMs: () => number } {
  let nowMs = 0
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    passedMs: () => nowMs,
    async sleep(ms, signal) {
      nowMs += ms
      await new Promise(setImmediate)
      signal?.throwIfAborted()
    },
  }
}

/** A job is completed each time that somebody looks. */
function busySystem(): CompletedPort & { readonly completed: string[] } {
  const completed: string[] = []
  return {
    ...{ completed, first: 'end' },
    page(after) {
      const from = after === 'end' ? completed.length : Number(after)
      const ids = completed.slice(from)
      if (ids.length === 0 && after !== 'end') completed.push(`job-${String(completed.length)}`)
      return Promise.resolve({ ids, next: String(from + ids.length) })
    },
  }
}

it('waits minutes for the answer of a job that was completed, and not for ever', async () => {
  const clock = quickClock()
  const system = busySystem()
  const reader = await CompletionReader.start(system, clock, new AbortController().signal)
  const passed = async (ms: number): Promise<void> => {
    const untilMs = clock.passedMs() + ms
    await expect.poll(() => clock.passedMs() >= untilMs, { interval: 1, timeout: 10_000 }).toBe(true)
  }
  await passed(30_000)
  const [early] = system.completed
  await passed(200_000)
  reader.claim(early ?? '')
  const [, second] = system.completed
  await passed(700_000)
  reader.claim(second ?? '')
  const { facts, trouble } = await reader.finish(new AbortController().signal)
  expect(trouble).toBeNull()
  expect(facts).toMatchObject({ served: 2, unknown: 1, examples: [second] })
  expect(facts.unclaimed).toBeGreaterThan(200)
})
