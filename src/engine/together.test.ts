import { msBetween } from '../core/time/moment.ts'
import { expect, it } from 'vitest'
import { VirtualClock } from '../core/time/virtual-clock.fixture.ts'
import { together } from './together.ts'

const clock = new VirtualClock()
const { signal } = new AbortController()

it('ends when the last of its works has, side by side', async () => {
  const startMs = clock.nowMs()
  const sleep = (ms: number) => (inner: AbortSignal) => clock.sleep(ms, inner)
  await clock.until(together(signal, [sleep(300), sleep(500), sleep(100)]))
  expect(msBetween(startMs, clock.nowMs())).toBe(500)
})

it('throws what the first threw, after the others were told to end and have', async () => {
  const told: string[] = []
  const fails = async (): Promise<never> => {
    await clock.sleep(100)
    throw new Error('the first')
  }
  const tidies = async (inner: AbortSignal): Promise<void> => {
    await clock.sleep(9_000, inner).catch((reason: unknown) => told.push(String(reason)))
    await clock.sleep(50)
    told.push('tidied up')
    throw new Error('the second')
  }
  await expect(clock.until(together(signal, [fails, tidies]))).rejects.toThrow('the first')
  expect(told).toEqual(['Error: the first', 'tidied up'])
})

it('hands a cancel on, and ends well where the works do', async () => {
  const aborter = new AbortController()
  const works = [1, 2].map(() => (inner: AbortSignal) => clock.sleep(9_000, inner).catch(() => undefined))
  const startMs = clock.nowMs()
  const all = together(aborter.signal, works)
  aborter.abort(new Error('enough'))
  await clock.until(all)
  expect(clock.nowMs()).toBe(startMs)
})
