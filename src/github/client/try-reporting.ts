import { withDeadline } from '../../core/time/wait.ts'
import { explainApiFailure, type Permission } from './permission-help.ts'

export interface ReportingStep {
  /** As in `write the comment on pull request 7`. */
  readonly what: string
  readonly permission: Permission
  readonly limitMs: number
  readonly signal: AbortSignal
}

/**
 * Reporting never fails the job: a step that fails, or takes longer than its limit, is one warning and gives null.
 * The signal that `work` gets ends with the limit; pass it to the client that it uses.
 */
export async function tryReporting<T>(
  step: ReportingStep,
  warn: (text: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  try {
    return await withDeadline(step.what, step.limitMs, step.signal, work)
  } catch (error) {
    warn(explainApiFailure(step.what, step.permission, error))
    return null
  }
}
