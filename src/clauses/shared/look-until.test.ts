import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../core/time/clock.ts'
import { ChaosError } from '../../core/errors.ts'
import { lookUntil } from './look-until.ts'

const OPTIONS = { everyMs: 5, attemptMs: 1_000, limitMs: 60, signal: new AbortController().signal, clock: systemClock }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** What becomes of it when time passes, however busy the machine is. */
async function passing<T>(work: Promise<T>): Promise<T> {
  const settled = Promise.allSettled([work])
  await vi.advanceTimersByTimeAsync(60_000)
  await settled
  return work
}

function counter(read: (count: number) => number): () => Promise<number> {
  let count = 0
  return () => Promise.resolve(read((count += 1)))
}

it('hands back what was accepted', async () => {
  const looking = lookUntil(
    'five',
    counter((count) => count),
    (count) => count === 5,
    { ...OPTIONS, limitMs: 5_000 },
  )
  expect(await passing(looking)).toEqual({ last: 5, problem: null })
})

it('hands back the newest when the limit has passed', async () => {
  const looking = lookUntil(
    'never',
    counter(() => 7),
    () => false,
    OPTIONS,
  )
  expect(await passing(looking)).toEqual({ last: 7, problem: null })
})

it('says why the last attempt gave nothing, and keeps what was read before', async () => {
  const failing = counter((count) => {
    if (count > 1) throw new Error('gone')
    return count
  })
  expect(await passing(lookUntil('never', failing, () => false, OPTIONS))).toEqual({ last: 1, problem: 'gone' })
  const hanging = lookUntil(
    'a page',
    () => new Promise<number>(() => undefined),
    () => true,
    { ...OPTIONS, attemptMs: 30 },
  )
  expect(await passing(hanging)).toEqual({ last: null, problem: 'a page took longer than 30 ms' })
})

it('has read nothing where there was no time at all, and says so', async () => {
  const looking = lookUntil(
    'a page',
    counter(() => 1),
    () => true,
    { ...OPTIONS, limitMs: 0 },
  )
  expect(await passing(looking)).toEqual({ last: null, problem: 'nothing was read' })
})

it('ends when it is cancelled, with the reason', async () => {
  const reason = new AbortController()
  const looking = lookUntil(
    'never',
    counter(() => 1),
    () => false,
    { ...OPTIONS, limitMs: 60_000, signal: reason.signal },
  )
  reason.abort(new Error('enough'))
  await expect(passing(looking)).rejects.toThrow(/cancelled/)
  // A phase that runs out of time cancels with a TIMEOUT of its own, which is not ours.
  const phase = AbortSignal.abort(new ChaosError('TIMEOUT', 'the phase took too long'))
  const late = lookUntil(
    'never',
    counter(() => 1),
    () => false,
    { ...OPTIONS, signal: phase },
  )
  await expect(passing(late)).rejects.toThrow('the phase took too long')
})
