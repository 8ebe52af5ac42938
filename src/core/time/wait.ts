import { msBetween } from './moment.ts'
import { abortedError, ChaosError, describeError, plainText } from '../errors.ts'
import { systemClock, type Clock } from './clock.ts'

export interface WaitOptions {
  /** Pause between the end of one attempt and the start of the next, ms. */
  readonly everyMs: number
  /** Limit of one attempt, ms: a read that hangs must not use up the whole wait. */
  readonly attemptMs: number
  /** Limit of the whole wait, ms. */
  readonly limitMs: number
  readonly signal: AbortSignal
  readonly clock: Clock
}

/**
 * The only polling loop. Reads until `ok` accepts the value; a read that throws counts as "not yet" and its reason is kept.
 * @throws ChaosError TIMEOUT naming what was awaited, the limit and the last thing seen; ABORTED when the signal fires.
 */
export async function waitUntil<T>(
  name: string,
  read: (signal: AbortSignal) => Promise<T>,
  ok: (value: T) => boolean,
  options: WaitOptions,
): Promise<T> {
  const startedMs = options.clock.nowMs()
  let last = 'nothing was read yet'
  for (;;) {
    if (isAborted(options.signal)) throw abortedError(options.signal, `waiting for ${name}`)
    const leftMs = options.limitMs - msBetween(startedMs, options.clock.nowMs())
    if (leftMs <= 0) break
    try {
      const limitMs = Math.min(options.attemptMs, leftMs)
      const value = await withDeadline(`one attempt at ${name}`, limitMs, options.signal, read, options.clock)
      if (ok(value)) return value
      last = `last seen: ${preview(value)}`
    } catch (error) {
      last = `last error: ${describeError(error, 500)}`
    }
    const pauseMs = Math.min(options.everyMs, options.limitMs - msBetween(startedMs, options.clock.nowMs()))
    // A cancel ends the attempt and the pause: the next turn tells of it.
    if (pauseMs > 0) await options.clock.sleep(pauseMs, options.signal).catch(() => undefined)
  }
  throw new ChaosError('TIMEOUT', `${name} did not happen within ${options.limitMs} ms (${last})`)
}

/**
 * A wait whose limit is an answer. @returns what was accepted; null when nothing was in time.
 * @throws what the signal says, which may be a TIMEOUT of somebody else's.
 */
export async function waitAtMost<T>(...wait: Parameters<typeof waitUntil<T>>): Promise<T | null> {
  const [, , , { signal }] = wait
  try {
    return await waitUntil(...wait)
  } catch (error) {
    // What is thrown without that is the wait's own TIMEOUT.
    if (isAborted(signal)) throw error
    return null
  }
}

/** A call, as the compiler would otherwise hold the first answer for good. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

/**
 * Runs `work` with a signal that aborts after `limitMs` of `clock` or with `parent`. The promise settles at the deadline
 * even when the work ignores its signal.
 */
export async function withDeadline<T>(
  name: string,
  limitMs: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const controller = new AbortController()
  const late = limitMs < 1 ? 'had no time left' : `took longer than ${Math.round(limitMs)} ms`
  const timeout = new ChaosError('TIMEOUT', `${name} ${late}`)
  const onParent = (): void => {
    controller.abort(parent.reason)
  }
  if (parent.aborted) throw abortedError(parent, name)
  parent.addEventListener('abort', onParent)
  const settled = new AbortController()
  clock.sleep(limitMs, settled.signal).then(
    () => {
      controller.abort(timeout)
    },
    () => undefined,
  )
  const aborted = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => {
      reject(abortedError(controller.signal, name))
    })
  })
  try {
    return await Promise.race([work(controller.signal), aborted])
  } finally {
    settled.abort()
    parent.removeEventListener('abort', onParent)
  }
}

function preview(value: unknown): string {
  const text = plainText(value)
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
