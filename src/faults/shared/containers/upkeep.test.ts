import { expect, test } from 'vitest'
import { systemClock } from '../../../core/time/clock.ts'
import { startUpkeep } from './upkeep.ts'

const options = { what: 'a step', everyMs: 1, stepLimitMs: 50, clock: systemClock }

/** Resolves when `steps` have been taken. */
function counter(wanted: number): { step: () => Promise<boolean>; reached: Promise<void>; taken: () => number } {
  let taken = 0
  let tell: () => void = () => undefined
  const reached = new Promise<void>((resolve) => (tell = resolve))
  const step = (): Promise<boolean> => {
    taken += 1
    if (taken === wanted) tell()
    return Promise.resolve(true)
  }
  return { step, reached, taken: () => taken }
}

test('goes on until it is stopped, and then takes no further step', async () => {
  const { step, reached, taken } = counter(5)
  const upkeep = startUpkeep(options, step)
  await reached
  await upkeep.stop()
  const then = taken()
  await systemClock.sleep(20)
  expect(taken()).toBe(then)
  expect(upkeep.ended()).toBe(true)
  expect(upkeep.problem()).toBeNull()
  await upkeep.stop()
})

test('ends with the step that says so', async () => {
  let left = 3
  const upkeep = startUpkeep(options, () => Promise.resolve((left -= 1) > 0))
  await expect.poll(() => upkeep.ended(), { timeout: 10_000 }).toBe(true)
  expect([left, upkeep.problem()]).toEqual([0, null])
})

test('keeps why it broke off', async () => {
  const upkeep = startUpkeep(options, () => Promise.reject(new Error('the helper is gone')))
  await expect.poll(() => upkeep.ended(), { timeout: 10_000 }).toBe(true)
  expect(upkeep.problem()).toBe('the helper is gone')
})

test('a step that hangs is a problem, and a stop does not wait for it', async () => {
  const never = (): Promise<boolean> => new Promise(() => undefined)
  const hanging = startUpkeep(options, never)
  await expect.poll(() => hanging.problem(), { timeout: 10_000 }).toMatch(/took longer than 50 ms/)
  const stopped = startUpkeep({ ...options, stepLimitMs: 60_000 }, never)
  await stopped.stop()
  expect(stopped.problem()).toBeNull()
})
