import { describeError } from '../../core/errors.ts'
import { isAborted } from '../../core/time/wait.ts'

/** What the work gives, or a text that says why it failed: `what`, and the error. A cancel is no failure, and is thrown. */
export async function orReason<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T | string> {
  try {
    return await work()
  } catch (error) {
    if (isAborted(signal)) throw error
    return `${what}: ${describeError(error, 300)}`
  }
}
