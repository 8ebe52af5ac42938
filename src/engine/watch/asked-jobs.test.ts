import { expect, it } from 'vitest'
import { VirtualClock } from '../../core/time/virtual-clock.fixture.ts'
import { later } from '../../core/time/moment.ts'
import { AskedJobs } from './asked-jobs.ts'

it('knows the jobs that were asked for by name', () => {
  const asked = new AskedJobs(new VirtualClock(), true)
  asked.tell('a')
  expect([asked.has('a'), asked.has('b')]).toEqual([true, false])
})

it('knows all of them but for a minute after one without a name', async () => {
  const clock = new VirtualClock()
  const asked = new AskedJobs(clock, true)
  const startedMs = clock.nowMs()
  asked.tell('a')
  expect(asked.knowsAllSince(startedMs)).toBe(true)
  asked.tell(null)
  const ends = [-1, 0, 60_000, 60_001].map((afterMs) => asked.knowsAllSince(later(startedMs, afterMs)))
  expect(ends).toEqual([false, false, false, true])
  await clock.until(clock.sleep(5_000))
  asked.tell(null)
  const afterBoth = [60_001, 65_000, 65_001].map((afterMs) => asked.knowsAllSince(later(startedMs, afterMs)))
  expect(afterBoth).toEqual([false, false, true])
})

it('knows of one without a name that it has gone on, where it was asked for since then', async () => {
  const clock = new VirtualClock()
  const asked = new AskedJobs(clock, true)
  const startedMs = clock.nowMs()
  asked.prolongUnnamed(startedMs)
  expect(asked.knowsAllSince(startedMs)).toBe(true)
  asked.tell(null)
  await clock.until(clock.sleep(5_000))
  asked.prolongUnnamed(later(startedMs, 1))
  expect(asked.knowsAllSince(later(startedMs, 60_001))).toBe(true)
  asked.prolongUnnamed(startedMs)
  expect([65_000, 65_001].map((afterMs) => asked.knowsAllSince(later(startedMs, afterMs)))).toEqual([false, true])
})

it('keeps half a million of names, and takes the others for such without', () => {
  const clock = new VirtualClock()
  const asked = new AskedJobs(clock, true)
  for (let n = 0; n < 500_000; n += 1) asked.tell(String(n))
  expect(asked.knowsAllSince(clock.nowMs())).toBe(true)
  asked.tell('one more')
  expect([asked.has('499999'), asked.has('one more'), asked.knowsAllSince(clock.nowMs())]).toEqual([true, false, false])
})

it('forgets all with the stack', () => {
  const clock = new VirtualClock()
  const asked = new AskedJobs(clock, true)
  asked.tell('a')
  asked.tell(null)
  asked.forget()
  expect([asked.has('a'), asked.knowsAllSince(clock.nowMs())]).toEqual([false, true])
})

it('keeps nothing where nobody will ask', () => {
  const clock = new VirtualClock()
  const asked = new AskedJobs(clock, false)
  asked.tell('a')
  asked.tell(null)
  expect([asked.has('a'), asked.knowsAllSince(clock.nowMs())]).toEqual([false, true])
})
