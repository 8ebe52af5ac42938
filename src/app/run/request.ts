import type { AllowKind } from '../../untrusted/allow-untrusted.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { ProfileName, SuiteName } from '../../core/model.ts'

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
  /** How many of the stack side by side; null: as many as are of use and were seen to be well. */
  readonly stacks: number | null
  readonly keepStack: boolean
  readonly strict: boolean
  readonly noInject: boolean
  readonly defects: readonly string[]
  /** null draws one. The action needs it beforehand, for its post step. */
  readonly runId: string | null
  readonly stateDir: string
  readonly load: LoadRequest
  /** Id of a load pattern that holds while the scenarios of chaos and stress run; null: none. */
  readonly underLoad: string | null
  /** What the stack may ask of the machine that nobody has reviewed; null: the stack is trusted. */
  readonly untrusted: ReadonlySet<AllowKind> | null
}

export interface LoadRequest {
  /** Limits for every load pattern, as written; each takes the place of one that limits the same. */
  readonly thresholds: readonly string[]
  /** null: as each pattern says. */
  readonly model: LoadPattern['model'] | null
  /** A k6 of this machine; null runs it in a container. */
  readonly k6Path: string | null
}

export const USUAL_LOAD: LoadRequest = { thresholds: [], model: null, k6Path: null }
