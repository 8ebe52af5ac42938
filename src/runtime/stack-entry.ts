/** Waits for the entry to speak HTTP: a service without a health check counts as healthy as soon as its process runs. */
import { systemClock } from '../core/clock.ts'
import { ChaosError, isChaosError } from '../core/errors.ts'
import { waitUntil } from '../core/wait.ts'

/**
 * Any answer will do, an error status too: whether it is a good one is for the steady state to say.
 * @throws STACK_UNHEALTHY.
 */
export async function awaitEntry(url: () => string, limitMs: number, signal: AbortSignal): Promise<void> {
  const ask = async (inner: AbortSignal): Promise<number> => {
    const response = await fetch(url(), { signal: inner, redirect: 'manual', headers: { connection: 'close' } })
    await response.body?.cancel()
    return response.status
  }
  try {
    const options = { everyMs: 100, attemptMs: 5_000, limitMs, signal, clock: systemClock }
    await waitUntil('an HTTP answer of the entry', ask, (status) => status > 0, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    throw new ChaosError('STACK_UNHEALTHY', `all services run, but the entry ${url()} gives no HTTP answer: ${error.message}`, {
      hint: 'Check the entry of the descriptor, and give slow services a health check.',
      cause: error,
    })
  }
}
