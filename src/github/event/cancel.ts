import { ChaosError } from '../../core/errors.ts'

export interface Cancel {
  readonly signal: AbortSignal
  /** 130 or 143 after a signal, else null. */
  exitCode(): number | null
  stop(): void
}

type SignalName = 'SIGINT' | 'SIGTERM'
interface SignalSource {
  on(name: SignalName, listener: () => void): unknown
  off(name: SignalName, listener: () => void): unknown
}

/**
 * Aborts on the first signal or when the time is up. Later signals change nothing: the runner sends SIGINT, SIGTERM 7.5 s
 * later and SIGKILL 2.5 s after that, and all of that time belongs to the reverts.
 */
export function watchCancel(limitMs: number, source: SignalSource = process): Cancel {
  const controller = new AbortController()
  let code: number | null = null
  const timer = setTimeout(() => {
    const minutes = String(Math.round(limitMs / 60_000))
    controller.abort(new ChaosError('TIMEOUT', `the run took longer than timeout-minutes: ${minutes}`))
  }, limitMs)
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const listener = (): void => {
      code ??= name === 'SIGINT' ? 130 : 143
      controller.abort(new ChaosError('ABORTED', `the job was cancelled (${name})`))
    }
    source.on(name, listener)
    return () => source.off(name, listener)
  })
  return {
    signal: controller.signal,
    exitCode: () => code,
    stop() {
      clearTimeout(timer)
      for (const off of listeners) off()
    },
  }
}
