/** Work that does not come back by itself, such as a match of `(a+)+$`, which may take years for a text of fifty letters. */
import { createContext, runInContext } from 'node:vm'

/** Of another context, which takes a millisecond to make: one is enough, as only one of them works at a time. */
interface Place {
  work: (() => unknown) | null
}

let place: Place | null = null

/**
 * Only V8 can end a match that has begun, and does for what a context of its own has called.
 * @param work - Takes no turns with anything else: all waits for it, for so long at most.
 * @returns null when it did not end within the time. @throws what the work throws.
 */
export function bounded<T>(limitMs: number, work: () => T): { readonly value: T } | null {
  place ??= createContext({ work: null }) as Place
  place.work = work
  try {
    return { value: runInContext('work()', place, { timeout: limitMs }) as T }
  } catch (error) {
    if (isTimeout(error)) return null
    throw error
  } finally {
    place.work = null
  }
}

/** It is an error of the other context, and so no `Error` of this one. */
function isTimeout(error: unknown): boolean {
  return (error as Partial<NodeJS.ErrnoException> | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
