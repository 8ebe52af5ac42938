/** Reporters side by side, isolated: one that throws or hangs stops no other, and is remembered. */
import { describeError } from '../core/errors.ts'
import type { Reporter } from '../ports/reporter.ts'
import type { RunEvent } from '../core/run-event.ts'
import { withDeadline } from '../core/time/wait.ts'
import type { Result } from './facts.ts'

/** A reporter writes files and calls a few services; one that takes longer than this hangs. */
const END_LIMIT_MS = 60_000

interface ReporterFailure {
  readonly reporter: string
  readonly hook: 'onEvent' | 'onEnd'
  readonly error: string
  /** How often: onEvent may throw on every event. */
  readonly times: number
}

export interface FanOut {
  onEvent(event: RunEvent): void
  /** Never rejects. What went wrong is in `failures`; a run with a crashed reporter must not pass. */
  onEnd(result: Result): Promise<readonly ReporterFailure[]>
}

export function fanOut(reporters: readonly Reporter[], options: { readonly endLimitMs?: number } = {}): FanOut {
  const endLimitMs = options.endLimitMs ?? END_LIMIT_MS
  const failures = new Map<string, ReporterFailure>()
  const remember = (reporter: Reporter, hook: ReporterFailure['hook'], error: unknown): void => {
    const key = `${reporter.name}\0${hook}`
    const before = failures.get(key)
    const times = (before?.times ?? 0) + 1
    failures.set(key, { reporter: reporter.name, hook, error: before?.error ?? describeError(error), times })
  }
  return {
    onEvent(event) {
      for (const reporter of reporters) {
        try {
          reporter.onEvent?.(event)
        } catch (error) {
          remember(reporter, 'onEvent', error)
        }
      }
    },
    async onEnd(result) {
      // A copy that nobody can change: a reporter sees the verdict, it does not decide it.
      const shared = deepFreeze(structuredClone(result))
      const ends = reporters.map(async (reporter) => {
        try {
          await withDeadline(`the reporter ${reporter.name}`, endLimitMs, new AbortController().signal, () =>
            reporter.onEnd(shared),
          )
        } catch (error) {
          remember(reporter, 'onEnd', error)
        }
      })
      await Promise.all(ends)
      return [...failures.values()]
    },
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const child of Object.values(value)) deepFreeze(child)
  return Object.freeze(value)
}
