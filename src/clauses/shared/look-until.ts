import { describeError } from '../../core/errors.ts'
import { waitAtMost, type WaitOptions } from '../../core/time/wait.ts'

/**
 * `last` is the newest that could be read; null when nothing could. `problem` says why the last attempt gave nothing; null
 * when it did give something.
 */
export type Looked<T> = { readonly last: T; readonly problem: null } | { readonly last: T | null; readonly problem: string }

/**
 * Reads until `ok` accepts what was read, or the limit has passed: that is an answer here, and the newest reading is handed
 * back. @throws only when the signal fires.
 */
export async function lookUntil<T>(
  name: string,
  read: (signal: AbortSignal) => Promise<T>,
  ok: (value: T) => boolean,
  options: WaitOptions,
): Promise<Looked<T>> {
  let looked: Looked<T> = { last: null, problem: 'nothing was read' }
  const keep = async (signal: AbortSignal): Promise<T> => {
    looked = { last: looked.last, problem: `${name} took longer than ${options.attemptMs} ms` }
    try {
      const last = await read(signal)
      looked = { last, problem: null }
      return last
    } catch (error) {
      looked = { last: looked.last, problem: describeError(error, 300) }
      throw error
    }
  }
  await waitAtMost(name, keep, ok, options)
  return looked
}
