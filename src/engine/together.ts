import { isAborted } from '../core/time/wait.ts'

/**
 * Runs works side by side. When one fails the others are told to end, and are waited for: nothing goes on behind the
 * error. A work that does not end is for the limit of whoever calls.
 * @throws what the first of them threw.
 */
export async function together(
  signal: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<unknown>)[],
): Promise<void> {
  const broken = new AbortController()
  const shared = AbortSignal.any([signal, broken.signal])
  await Promise.allSettled(
    works.map(async (work) => {
      try {
        await work(shared)
      } catch (error) {
        broken.abort(error)
      }
    }),
  )
  if (isAborted(broken.signal)) throw broken.signal.reason
}
