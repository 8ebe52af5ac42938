import type { Clock } from '../../core/time/clock.ts'
import { isoTime, msBetween } from '../../core/time/moment.ts'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import type { PhaseName, PhaseResult } from '../../core/result/scenario.ts'
import { isAborted, withDeadline } from '../../core/time/wait.ts'

/** Runs phases, some of them side by side, and keeps what each took, also when it throws. */
export class PhaseRecorder {
  /** In the order of their beginnings; null while it is under way. */
  private readonly kept: (PhaseResult | null)[] = []
  private readonly clock: Clock
  private readonly onStart: (phase: PhaseName) => void

  constructor(clock: Clock, onStart: (phase: PhaseName) => void) {
    this.clock = clock
    this.onStart = onStart
  }

  /** Those that have ended, in the order of their beginnings. */
  get results(): PhaseResult[] {
    return this.kept.filter((phase) => phase !== null)
  }

  /** @throws what the work throws, with the phase's name in front of the message. */
  async run<T>(name: PhaseName, limitMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const startedMs = this.clock.nowMs()
    const startedAt = isoTime(this.clock.wallMs())
    const place = this.kept.length
    this.kept.push(null)
    this.onStart(name)
    try {
      return await withDeadline(`phase ${name}`, limitMs, signal, work, this.clock)
    } catch (error) {
      if (isChaosError(error))
        throw new ChaosError(error.code, `${name}: ${error.message}`, {
          cause: error,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        })
      throw new ChaosError('INTERNAL', `${name}: ${describeError(error)}`, { cause: error })
    } finally {
      this.kept[place] = { name, startedAt, durationMs: Math.round(msBetween(startedMs, this.clock.nowMs())) }
    }
  }
}

/** What was started for a phase that is over by now has nobody who would stop it. */
export function inTime<T extends { stop(): void }>(started: T, phase: AbortSignal): T {
  if (!isAborted(phase)) return started
  started.stop()
  throw phase.reason
}
