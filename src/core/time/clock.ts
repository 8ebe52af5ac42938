import { monoAt, wallAt, type Instant, type Mono, type Wall } from './moment.ts'

/** Time as a dependency. `nowMs` is for intervals; `wallMs` is for reports and for what others tell of. */
export interface Clock {
  nowMs(): Mono
  wallMs(): Wall
  /** Resolves after `ms`, rejects with the signal's reason when it aborts. Not for synchronisation: use waitUntil. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => monoAt(performance.now()),
  wallMs: () => wallAt(Date.now()),
  sleep: sleepFor,
}

function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
      Math.max(0, ms),
    )
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Both clocks, read together. */
export function instantOf(clock: Clock): Instant {
  return { atMs: clock.nowMs(), atWallMs: clock.wallMs() }
}
