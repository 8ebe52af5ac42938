import type { ProfileName, SuiteName } from '../core/model.ts'

/** What a front end asks for, already parsed: the CLI from flags, the action from inputs. Paths are absolute. */
export interface RunRequest {
  readonly suites: readonly SuiteName[]
  readonly profile: ProfileName
  /** Ids and glob patterns; empty is all. */
  readonly only: readonly string[]
  readonly stackFile: string
  /** Scenario files instead of the descriptor's own; empty takes those. */
  readonly scenarioGlobs: readonly string[]
  readonly outDir: string
  /** null draws one; it is printed either way. */
  readonly seed: number | null
  readonly keepStack: boolean
  readonly strict: boolean
  readonly noInject: boolean
  readonly defects: readonly string[]
  /** null draws one. The action needs it beforehand, for its post step. */
  readonly runId: string | null
  readonly stateDir: string
}
