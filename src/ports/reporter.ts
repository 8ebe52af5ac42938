/** Who is told of a run. */
import type { RunResult } from '../core/result/run.ts'
import type { LogLevel, RunEvent } from '../core/run-event.ts'

export interface Reporter {
  readonly name: string
  onEvent?(event: RunEvent): void
  onEnd(result: RunResult): Promise<void>
}

export interface Logger {
  log(level: LogLevel, text: string): void
}
