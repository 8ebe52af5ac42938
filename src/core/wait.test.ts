import { describe, expect, it } from 'vitest'
import { systemClock } from './clock.ts'
import { isChaosError } from './errors.ts'
import { waitUntil, withDeadline } from './wait.ts'

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

  it('does not let one hanging attempt use up the whole wait', async () => {
    let attempts = 0
    const error = await caught(
      waitUntil(
        'an answer',
        () => ((attempts += 1), new Promise<never>(() => undefined)),
        () => true,
        options(180),
      ),
    )
    expect(isChaosError(error, 'TIMEOUT')).toBe(true)
    expect(attempts).toBeGreaterThanOrEqual(2)
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

describe('withDeadline', () => {
  it('settles at the deadline although the work ignores its signal', async () => {
    const error = await caught(
      withDeadline('deaf work', 20, new AbortController().signal, () => new Promise<never>(() => undefined)),
    )
    expect(String(error)).toContain('deaf work took longer than 20 ms')
  })
})
