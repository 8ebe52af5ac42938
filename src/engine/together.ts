import { isAborted } from '../core/time/wait.ts'

/**
 * Runs works side by side. When one fails the others are told to end, and are waited for: nothing goes on behind the
 * error. A work that does not end is for the limit of whoever calls.
 * @returns what each came to, in their order. @throws what the first of them threw.
 */
export async function together<T>(
  signal: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<readonly T[]> {
  const broken = new AbortController()
  const shared = AbortSignal.any([signal, broken.signal])
  const all = works.map(async (work) => {
    try {
      return await work(shared)
    } catch (error) {
      broken.abort(error)
      throw error
    }
  })
  await Promise.allSettled(all)
  if (isAborted(broken.signal)) throw broken.signal.reason
  return Promise.all(all)
}
