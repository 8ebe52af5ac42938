import { expect, it } from 'vitest'
import type { CompletedPort } from '../../ports/stack.ts'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import { CompletionReader } from './completion-reader.ts'

/** A job is completed each time that somebody looks. */
function busySystem(): CompletedPort & { readonly completed: string[] } {
  const completed: string[] = []
  return {
    ...{ completed, first: 'end' },
    page(after) {
      const from = after === 'end' ? completed.length : Number(after)
      const ids = completed.slice(from)
      if (ids.length === 0 && after !== 'end') completed.push(`job-${completed.length}`)
      return Promise.resolve({ ids, next: String(from + ids.length) })
    },
  }
}

it('waits minutes for the answer of a job that was completed, and not for ever', async () => {
  const clock = new VirtualClock()
  const system = busySystem()
  const reader = await CompletionReader.start(system, clock, new AbortController().signal)
  await clock.pass(30_000)
  const [early, second] = system.completed
  await clock.pass(200_000)
  reader.claim(early ?? '')
  await clock.pass(700_000)
  reader.claim(second ?? '')
  const facts = await clock.until(reader.finish(new AbortController().signal))
  expect(facts).toMatchObject({ served: 2, unknown: 1, examples: [second] })
  expect(facts.unclaimed).toBeGreaterThan(200)
})
