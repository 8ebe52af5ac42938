/** What a run is known by, and what it ends with. */
import { randomBytes } from 'node:crypto'
import type { RunResult } from '../../core/result/run.ts'

export interface RunOutcome {
  readonly result: RunResult
  readonly exitCode: number
}

/** Short enough for container names, unique enough for one machine. */
export function newRunId(): string {
  return randomBytes(4).toString('hex')
}
