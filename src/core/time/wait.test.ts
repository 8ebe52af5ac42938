import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './clock.ts'
import { ChaosError, isChaosError } from '../errors.ts'
import { waitAtMost, waitUntil, withDeadline } from './wait.ts'

const options = (limitMs: number, signal = new AbortController().signal): Parameters<typeof waitUntil>[3] => ({
  everyMs: 5,
  attemptMs: 50,
  limitMs,
  signal,
  clock: systemClock,
})

async function caught(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('waitUntil', () => {
  it('returns the first accepted value', async () => {
    let reads = 0
    await expect(
      waitUntil(
        'three',
        () => Promise.resolve((reads += 1)),
        (value) => value === 3,
        options(1_000),
      ),
    ).resolves.toBe(3)
  })

  it('names what was awaited, the limit and what was seen last', async () => {
    const error = await caught(
      waitUntil(
        'a unicorn',
        () => Promise.resolve('a horse'),
        () => false,
        options(40),
      ),
    )
    expect(isChaosError(error, 'TIMEOUT')).toBe(true)
    expect(String(error)).toContain('a unicorn did not happen within 40 ms (last seen: a horse)')
  })

  it('keeps the reason of a read that throws', async () => {
    const error = await caught(
      waitUntil(
        'health',
        () => Promise.reject(new Error('ECONNREFUSED')),
        () => true,
        options(40),
      ),
    )
    expect(String(error)).toContain('last error: ECONNREFUSED')
  })

  it('ends at once when the signal fires', async () => {
    const controller = new AbortController()
    const waiting = caught(
      waitUntil(
        'forever',
        () => Promise.resolve(0),
        () => false,
        options(60_000, controller.signal),
      ),
    )
    controller.abort(new Error('cancelled by a test'))
    expect(isChaosError(await waiting, 'ABORTED')).toBe(true)
  })
})

describe('waitUntil, by the clock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** What became of a wait that never accepts, when it ended, and when it read. */
  async function timeline(
    read: (signal: AbortSignal) => Promise<unknown>,
    change: Partial<Parameters<typeof waitUntil>[3]>,
  ): Promise<{ error: string; endedMs: number; readsMs: number[] }> {
    const startMs = performance.now()
    const sinceMs = (): number => Math.round(performance.now() - startMs)
    const readsMs: number[] = []
    const reading = (signal: AbortSignal): Promise<unknown> => {
      readsMs.push(sinceMs())
      return read(signal)
    }
    const failed = caught(waitUntil('rain', reading, () => false, { ...options(250), everyMs: 100, ...change }))
    const ended = failed.then((error) => ({ error: String(error), endedMs: sinceMs(), readsMs }))
    await vi.advanceTimersByTimeAsync(60_000)
    return ended
  }
  const hangs = (): Promise<never> => new Promise(() => undefined)
  const givesUp = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('given up'))
      })
    })

  it('reads at once, then after each pause, and ends at the limit: the last pause is cut', async () => {
    expect(await timeline(() => Promise.resolve('sun'), {})).toEqual({
      ...{ error: 'ChaosError: rain did not happen within 250 ms (last seen: sun)', endedMs: 250, readsMs: [0, 100, 200] },
    })
  })

  it('does not read again at the very limit', async () => {
    expect(await timeline(() => Promise.resolve('sun'), { limitMs: 200 })).toMatchObject({ endedMs: 200, readsMs: [0, 100] })
  })

  it('does not let one hanging attempt use up the whole wait: a pause counts from its end, and the last one gets what is left', async () => {
    expect(await timeline(hangs, { limitMs: 330, attemptMs: 50 })).toEqual({
      error: 'ChaosError: rain did not happen within 330 ms (last error: one attempt at rain took longer than 30 ms)',
      endedMs: 330,
      readsMs: [0, 150, 300],
    })
  })

  it('reads nothing where there is no time at all, and says so', async () => {
    expect(await timeline(hangs, { limitMs: 0 })).toEqual({
      ...{ error: 'ChaosError: rain did not happen within 0 ms (nothing was read yet)', endedMs: 0, readsMs: [] },
    })
  })

  it.each<[string, unknown, string]>([
    ['as JSON', { wet: false }, '{"wet":false}'],
    ['nothing', undefined, 'undefined'],
    ['what JSON does not know by its kind', () => 'rain', 'function'],
    ['300 characters whole', 'x'.repeat(300), 'x'.repeat(300)],
    ['more of them cut', 'x'.repeat(301), `${'x'.repeat(300)}…`],
  ])('tells what was seen last: %s', async (_how, seen, text) => {
    const { error } = await timeline(() => Promise.resolve(seen), {})
    expect(error).toBe(`ChaosError: rain did not happen within 250 ms (last seen: ${text})`)
  })

  it('cuts a long reason, and forgets one after a read that worked', async () => {
    const long = await timeline(() => Promise.reject(new Error('y'.repeat(600))), {})
    expect(long.error).toBe(`ChaosError: rain did not happen within 250 ms (last error: ${'y'.repeat(500)}…)`)
    let reads = 0
    const better = await timeline(() => ((reads += 1) === 1 ? Promise.reject(new Error('broken')) : Promise.resolve('sun')), {})
    expect(better.error).toContain('(last seen: sun)')
  })

  it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ['in a pause', () => Promise.resolve('sun')],
    ['in an attempt that hangs', hangs],
    ['in an attempt that follows its signal', givesUp],
  ])('ends at once when it is cancelled %s', async (_where, read) => {
    const controller = new AbortController()
    setTimeout(() => {
      controller.abort(new Error('enough'))
    }, 40)
    const ended = await timeline(read, { signal: controller.signal })
    expect(ended).toEqual({ error: 'ChaosError: waiting for rain was cancelled', endedMs: 40, readsMs: [0] })
  })

  it('tells who was cancelled of that, also where the time was over as well', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    expect(await timeline(hangs, { signal, limitMs: 0 })).toEqual({
      ...{ error: 'ChaosError: waiting for rain was cancelled', endedMs: 0, readsMs: [] },
    })
  })

  it('reads nothing for who was cancelled before, and hands on the reason of a limit that did it', async () => {
    const signal = AbortSignal.abort(new ChaosError('TIMEOUT', 'the phase took too long'))
    expect(await timeline(hangs, { signal })).toEqual({ error: 'ChaosError: the phase took too long', endedMs: 0, readsMs: [] })
  })
})

describe('withDeadline', () => {
  it('settles at the deadline although the work ignores its signal', async () => {
    const error = await caught(
      withDeadline('deaf work', 20, new AbortController().signal, () => new Promise<never>(() => undefined)),
    )
    expect(String(error)).toContain('deaf work took longer than 20 ms')
  })

  const within = <T>(work: (signal: AbortSignal) => Promise<T>, parent: AbortSignal, limitMs = 10_000): Promise<T> =>
    withDeadline('work', limitMs, parent, work)

  it.each<[string, () => Promise<string>]>([
    ['its result', () => Promise.resolve('done')],
    ['its own error', () => Promise.reject(new TypeError('broken'))],
  ])('hands on %s, and leaves no timer and no listener behind', async (_what, work) => {
    vi.useFakeTimers()
    try {
      const { signal } = new AbortController()
      const settled = await within(work, signal).catch((error: unknown) => error)
      expect(settled).toEqual(await work().catch((error: unknown) => error))
      expect([vi.getTimerCount(), getEventListeners(signal, 'abort')]).toEqual([0, []])
    } finally {
      vi.useRealTimers()
    }
  })

  it('tells the work of the deadline, with whole milliseconds', async () => {
    let told: unknown = null
    const parent = new AbortController().signal
    const error = await caught(
      within(
        (signal) =>
          new Promise(() => {
            signal.addEventListener('abort', () => (told = signal.reason as unknown))
          }),
        parent,
        10.4,
      ),
    )
    expect(told).toBe(error)
    expect(isChaosError(error, 'TIMEOUT')).toBe(true)
    expect(String(error)).toBe('ChaosError: work took longer than 10 ms')
  })

  it.each([
    [0, 'work had no time left'],
    [0.9, 'work had no time left'],
    [1, 'work took longer than 1 ms'],
  ])('that is over when it begins is no length of time: %d ms', async (limitMs, message) => {
    const hangs = within(() => new Promise(() => undefined), new AbortController().signal, limitMs)
    expect(String(await caught(hangs))).toBe(`ChaosError: ${message}`)
  })

  it('tells the work of a cancel and why, and does not wait for it', async () => {
    const parent = new AbortController()
    const why = new Error('enough')
    let seen: AbortSignal | null = null
    const failed = caught(within((signal) => ((seen = signal), new Promise<never>(() => undefined)), parent.signal))
    parent.abort(why)
    const error = await failed
    expect([isChaosError(error, 'ABORTED'), String(error)]).toEqual([true, 'ChaosError: work was cancelled'])
    expect(seen).toMatchObject({ aborted: true, reason: why })
  })

  it('does not begin for who was cancelled before', async () => {
    let begun = false
    const work = (): Promise<void> => ((begun = true), Promise.resolve())
    const error = await caught(within(work, AbortSignal.abort(new Error('enough'))))
    expect([begun, String(error)]).toEqual([false, 'ChaosError: work was cancelled'])
  })
})

describe('waitAtMost', () => {
  const one = (ok: boolean, signal?: AbortSignal): Promise<number | null> =>
    waitAtMost(
      'one',
      () => Promise.resolve(1),
      () => ok,
      options(20, signal),
    )

  it('gives what was accepted, and null when nothing was in time', async () => {
    expect([await one(true), await one(false)]).toEqual([1, null])
  })

  it('takes the limit of whoever cancels it for no answer', async () => {
    const phase = AbortSignal.abort(new ChaosError('TIMEOUT', 'the phase took too long'))
    await expect(one(false, phase)).rejects.toThrow('the phase took too long')
    await expect(one(false, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
