import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FaultContext } from '../../kinds/context.ts'
import { faultContext } from './context.fixture.ts'
import { countedInWindow, seenInWindow } from './seen-in-window.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Watched {
  readonly result: unknown
  readonly endedMs: number
  readonly readsMs: readonly number[]
}

/** What is seen from `fromMs` of a window of 6 s on, where `read` tells what there is so many ms after its beginning. */
async function watch(
  read: (atMs: number) => unknown,
  enough: (seen: unknown) => boolean,
  { fromMs = 0, ...changes }: { fromMs?: number } & Partial<FaultContext> = {},
): Promise<Watched> {
  const { ctx, open } = faultContext(6_000, changes)
  open()
  const startMs = performance.now()
  const sinceMs = (): number => Math.round(performance.now() - startMs)
  await vi.advanceTimersByTimeAsync(fromMs)
  const readsMs: number[] = []
  const look = (): Promise<unknown> => {
    readsMs.push(sinceMs())
    return Promise.resolve(read(sinceMs()))
  }
  const seen = seenInWindow('a trace', look, enough, ctx)
  const settled = seen.catch((error: unknown) => error).then((result) => ({ result, endedMs: sinceMs(), readsMs }))
  await vi.advanceTimersByTimeAsync(20_000)
  return settled
}

test('ends as soon as there is enough', async () => {
  const { result, endedMs } = await watch(
    (atMs) => atMs,
    (seen) => Number(seen) >= 240,
  )
  expect([result, endedMs]).toEqual([250, 250])
})

test('ends with the window, and hands on what there is then', async () => {
  const { result, endedMs, readsMs } = await watch(
    (atMs) => `${atMs} ms`,
    () => false,
  )
  expect([result, endedMs]).toEqual(['6000 ms', 6_000])
  expect(readsMs.slice(0, 3)).toEqual([0, 50, 100])
})

test('looks for a second at least, however late it began', async () => {
  const late = await watch(
    (atMs) => atMs,
    () => false,
    { fromMs: 5_900 },
  )
  expect([late.result, late.endedMs]).toEqual([6_900, 6_900])
  const after = await watch(
    (atMs) => atMs,
    () => false,
    { fromMs: 8_000 },
  )
  expect(after.endedMs).toBe(9_000)
})

test('a look that hangs ends after five seconds, and the next one counts', async () => {
  let looks = 0
  const { result, endedMs } = await watch(
    () => ((looks += 1) === 1 ? new Promise(() => undefined) : 'seen'),
    (seen) => seen === 'seen',
  )
  expect([result, endedMs]).toEqual(['seen', 5_050])
})

test('ends at once when it is cancelled, and not with a last look', async () => {
  const controller = new AbortController()
  setTimeout(() => {
    controller.abort(new Error('enough'))
  }, 75)
  const { result, endedMs, readsMs } = await watch(
    () => 'a trace',
    () => false,
    { signal: controller.signal },
  )
  expect([String(result), endedMs, readsMs]).toEqual(['ChaosError: waiting for a trace was cancelled', 75, [0, 50]])
})

test('what the last look throws is an error', async () => {
  const { result } = await watch(
    () => Promise.reject(new Error('the helper is gone')),
    () => true,
  )
  expect(String(result)).toBe('Error: the helper is gone')
})

describe('counters', () => {
  async function count(reads: () => Promise<number>, changes: Partial<FaultContext> = {}): Promise<[unknown, number]> {
    const { ctx, open } = faultContext(2_000, changes)
    open()
    const startMs = performance.now()
    const pace = { everyMs: 100, attemptMs: 2_000, graceMs: 500 }
    const counted = countedInWindow('packet', 'nine packets', reads, (packets) => packets >= 9, ctx, pace)
    const settled = counted.catch(String).then((result): [unknown, number] => [result, Math.round(performance.now() - startMs)])
    await vi.advanceTimersByTimeAsync(20_000)
    return settled
  }

  test('are read at their own pace, and for their grace beyond the window', async () => {
    let packets = 0
    expect(await count(() => Promise.resolve((packets += 1)))).toEqual([9, 700])
    expect(await count(() => Promise.resolve(5))).toEqual([5, 2_500])
  })

  test('that cannot be read at all are told so', async () => {
    const unreadable = (): Promise<number> => Promise.reject(new Error('no such table'))
    expect(await count(unreadable)).toEqual(['the packet counters could not be read: no such table', 0])
    expect(await count(unreadable, { signal: AbortSignal.abort() })).toEqual(['Error: no such table', 0])
  })
})
