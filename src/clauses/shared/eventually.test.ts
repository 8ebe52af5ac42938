import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../core/time/clock.ts'
import { msBetween } from '../../core/time/moment.ts'
import type { Observation } from '../../kinds/clause.ts'
import { openContext } from './context.fixture.ts'
import { eventually, eventuallyMs, eventuallyText } from './eventually.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const TERMS = { withinSeconds: 2, everyMs: 500, lookMs: 1_000, expected: 'is up' }

interface Seen {
  readonly observation: Observation
  /** From the fault on, as all times here. */
  readonly endedMs: number
  readonly looksMs: readonly number[]
}

/** `at`: what a look shows. A window of six seconds. */
async function observe(
  at: (atMs: number, signal: AbortSignal) => boolean | null | Promise<boolean>,
  { lateMs = 0, signal = new AbortController().signal } = {},
): Promise<Seen> {
  const { ctx, open } = openContext(6_000, { signal })
  open()
  const { startedMs } = ctx.window()
  const nowMs = (): number => msBetween(startedMs, systemClock.nowMs())
  const looksMs: number[] = []
  await vi.advanceTimersByTimeAsync(lateMs)
  const look = async (lookSignal: AbortSignal): Promise<Observation> => {
    looksMs.push(nowMs())
    const met = await at(nowMs(), lookSignal)
    return { expected: 'is up', observed: met === true ? 'up' : 'down', met }
  }
  const observed = eventually({ ...TERMS, look }, ctx).then((observation) => ({ observation, endedMs: nowMs(), looksMs }))
  observed.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  return observed
}

it('is met as soon as it holds once, though it holds no more', async () => {
  const { observation, endedMs, looksMs } = await observe((atMs) => atMs === 1_000)
  expect(observation).toEqual({ expected: 'is up, eventually within 2 s', observed: 'up; after 1.00 s', met: true })
  expect([endedMs, looksMs]).toEqual([1_000, [0, 500, 1_000]])
})

it('is met at the very end of the time, and no later', async () => {
  expect((await observe((atMs) => atMs === 2_000)).observation.met).toBe(true)
  const { observation, endedMs } = await observe((atMs) => atMs > 2_000)
  expect(observation).toEqual({
    ...{ expected: 'is up, eventually within 2 s', observed: 'down; so at the last of 5 looks', met: false },
  })
  expect(endedMs).toBe(2_000)
})

it('is undecided where the last look could not tell', async () => {
  expect((await observe((atMs) => (atMs < 2_000 ? false : null))).observation.met).toBeNull()
})

it('goes on after a look that showed nothing, or hung', async () => {
  const { observation, looksMs } = await observe((atMs) => {
    if (atMs === 0) throw new Error('no such container')
    return atMs === 500 ? new Promise<boolean>(() => undefined) : true
  })
  expect([observation.met, looksMs]).toEqual([true, [0, 500, 1_500]])
  const blind = await observe(() => {
    throw new Error('no such container')
  })
  expect(blind.observation).toEqual({
    expected: 'is up, eventually within 2 s',
    observed: 'nothing could be seen: no such container; so at the last of 5 looks',
    met: null,
  })
})

it('takes as long as its last look, which begins in time', async () => {
  const hangs = await observe(() => new Promise<boolean>(() => undefined))
  // One after the other, each for its second.
  expect([hangs.looksMs, hangs.endedMs, hangs.observation.met]).toEqual([[0, 1_000, 2_000], 3_000, null])
  expect(hangs.observation.observed).toMatch(/^nothing could be seen: a look /)
  expect(hangs.endedMs).toBeLessThanOrEqual(eventuallyMs(TERMS))
})

it('looks again at once where a look took as long as what lies between two', async () => {
  const { looksMs } = await observe(() => new Promise((resolve) => setTimeout(resolve, 500, false)))
  expect(looksMs).toEqual([0, 500, 1_000, 1_500, 2_000])
})

it('counts in the phase after the fault from now on', async () => {
  const { observation, looksMs } = await observe((atMs) => atMs === 7_000, { lateMs: 6_500 })
  expect(observation.observed).toBe('up; after 0.50 s')
  expect(looksMs).toEqual([6_500, 7_000])
})

it('ends for who is cancelled, in a look as between two', async () => {
  for (const cancelAtMs of [500, 700]) {
    const controller = new AbortController()
    const cancel = (): void => {
      controller.abort(new Error('enough'))
    }
    const cancelled = observe(
      (atMs) => {
        if (atMs === 500) setTimeout(cancel, cancelAtMs - atMs)
        return atMs === 500 && cancelAtMs === 500 ? new Promise<boolean>(() => undefined) : false
      },
      { signal: controller.signal },
    )
    await expect(cancelled).rejects.toThrow(/cancelled|enough|aborted/)
  }
})

it('ends for who is cancelled in its last look', async () => {
  const controller = new AbortController()
  const cancelled = observe(
    (atMs) => {
      if (atMs < 2_000) return false
      setTimeout(() => {
        controller.abort(new Error('enough'))
      }, 100)
      return new Promise<boolean>(() => undefined)
    },
    { signal: controller.signal },
  )
  await expect(cancelled).rejects.toThrow(/cancelled|enough|aborted/)
})

it('says so where it is asked, and nothing where it is not', () => {
  expect([eventuallyText('up', 7), eventuallyText('up', undefined)]).toEqual(['up, eventually within 7 s', 'up'])
})
