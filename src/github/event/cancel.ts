import { ChaosError } from '../../core/errors.ts'

export type Cancel = Readonly<ReturnType<typeof watchCancel>>

/**
 * Aborts on the first signal or when the time is up. Later signals change nothing: the runner sends SIGINT, SIGTERM 7.5 s
 * later and SIGKILL 2.5 s after that, and all of that time belongs to the reverts.
 */
export function watchCancel(limitMs: number, source: Pick<NodeJS.EventEmitter, 'on' | 'off'> = process) {
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
    /** 130 or 143 after a signal, else null. */
    exitCode: () => code,
    stop(): void {
      clearTimeout(timer)
      for (const off of listeners) off()
    },
  }
}
