import { msBetween } from './moment.ts'
import { expect, it } from 'vitest'
import { VirtualClock } from './virtual-clock.fixture.ts'
import { withDeadline } from './wait.ts'

it('wakes sleepers in the order of their times, and those of one time in the order in which they lay down', async () => {
  const clock = new VirtualClock()
  const startedMs = clock.nowMs()
  const woken: string[] = []
  const one = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms)
    woken.push(`${name} ${msBetween(startedMs, clock.nowMs())}`)
  }
  await clock.until(Promise.all([one('c', 3_600_000), one('a', 5), one('b', 5)]))
  expect(woken).toEqual(['a 5', 'b 5', 'c 3600000'])
})

it('ends a sleep that is broken off, at once', async () => {
  const clock = new VirtualClock()
  const breaking = new AbortController()
  const slept = clock.sleep(1_000, breaking.signal)
  breaking.abort(new Error('enough'))
  await expect(slept).rejects.toThrow('enough')
  await expect(clock.sleep(1, breaking.signal)).rejects.toThrow('enough')
})

it('tells of a wait without a limit', async () => {
  const clock = new VirtualClock()
  await expect(clock.until(new Promise(() => undefined))).rejects.toThrow('it waits for ever')
  const forever = async (): Promise<void> => {
    for (;;) await clock.sleep(100)
  }
  await expect(clock.until(forever(), 1_000)).rejects.toThrow('has not ended after 1000 ms')
})

it('passes the failure of the work on', async () => {
  await expect(new VirtualClock().until(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
})

it('is what deadlines go by', async () => {
  const clock = new VirtualClock()
  const { signal } = new AbortController()
  const deaf = withDeadline('deaf work', 60_000, signal, () => new Promise<never>(() => undefined), clock)
  await expect(clock.until(deaf)).rejects.toThrow('deaf work took longer than 60000 ms')
})
