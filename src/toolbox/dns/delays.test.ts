import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Delays } from './delays.ts'

let asked: number[] = []
const ask = (id: number) => (): void => void asked.push(id)

beforeEach(() => {
  asked = []
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('asks when the time has come, and at once where there is none to wait for', () => {
  const delays = new Delays()
  delays.hold(300, ask(1))
  delays.hold(0, ask(2))
  expect(asked).toEqual([2])
  vi.advanceTimersByTime(299)
  expect(asked).toEqual([2])
  vi.advanceTimersByTime(1)
  expect(asked).toEqual([2, 1])
})

it('lets go of all that waits, once, and of what comes later at once', () => {
  const delays = new Delays()
  delays.hold(300, ask(1))
  delays.hold(200, ask(2))
  delays.letGo()
  expect(asked).toEqual([1, 2])
  delays.hold(300, ask(3))
  vi.advanceTimersByTime(1_000)
  expect(asked).toEqual([1, 2, 3])
})

it('forgets what waits when it is cancelled', () => {
  const delays = new Delays()
  delays.hold(300, ask(1))
  delays.cancel()
  delays.letGo()
  vi.advanceTimersByTime(1_000)
  expect(asked).toEqual([])
})

it('holds no more than a thousand', () => {
  const delays = new Delays()
  for (let id = 0; id < 1_001; id += 1) delays.hold(300, ask(id))
  vi.advanceTimersByTime(300)
  expect(asked).toHaveLength(1_000)
})
