import { describeError } from '../../core/errors.ts'

/**
 * Waits for all, so that one failure does not leave the others unfinished, then throws the first with the rest named.
 * @returns the values, in the order of the works.
 */
export async function allOrThrow<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(works)
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failures.length === 0) return Promise.all(works)
  if (failures.length === 1) throw failures[0]
  throw new AggregateError(failures, failures.map((failure) => describeError(failure, 500)).join('; '))
}
