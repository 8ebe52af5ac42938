/** Time as a dependency. `nowMs` is monotonic and for intervals; `wallMs` is the epoch and for reports only. */
export interface Clock {
  nowMs(): number
  wallMs(): number
  /** Resolves after `ms`, rejects with the signal's reason when it aborts. Not for synchronisation: use waitUntil. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
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

/** An ISO time for reports from an epoch in milliseconds. */
export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString()
}
