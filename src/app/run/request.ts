import { resolve } from 'node:path'
import type { AllowKind } from '../../untrusted/allow-untrusted.ts'
import type { LoadPattern } from '../../core/load.ts'
import { SUITES, type ProfileName, type SuiteName } from '../../core/model.ts'
import { ownStackFile, stateDir } from '../paths.ts'

/** What a run is to do. Paths are absolute. */
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
  /** Nothing that failed is run once more. */
  readonly noConfirm: boolean
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

/** What flags of the CLI and inputs of the action ask of loads. null, or left out, is as usual. */
export interface AskedLoad {
  readonly thresholds?: readonly string[] | undefined
  readonly loadModel?: LoadPattern['model'] | null | undefined
  readonly k6Path?: string | null | undefined
}

/** What they ask of a run. Paths are as they were written, from the working directory. */
export interface AskedRun extends AskedLoad, Pick<RunRequest, 'profile' | 'strict' | 'noInject'> {
  readonly suites?: readonly SuiteName[]
  readonly only?: readonly string[]
  readonly stack?: string | null
  readonly scenarios?: readonly string[]
  readonly out: string
  readonly seed?: number | null
  readonly stacks?: number | null
  readonly noConfirm?: boolean
  readonly keepStack?: boolean
  readonly defects?: readonly string[] | undefined
  readonly underLoad?: string | null
  readonly runId?: string
}

/** What was asked, with what is usual where nothing was. Of a trusted stack. */
export function runRequestOf(asked: AskedRun): RunRequest {
  const { profile, strict, noInject } = asked
  return {
    ...{ profile, strict, noInject, noConfirm: asked.noConfirm ?? false },
    suites: asked.suites ?? SUITES,
    only: asked.only ?? [],
    stackFile: resolve(asked.stack ?? ownStackFile()),
    scenarioGlobs: asked.scenarios ?? [],
    outDir: resolve(asked.out),
    seed: asked.seed ?? null,
    stacks: asked.stacks ?? null,
    keepStack: asked.keepStack ?? false,
    defects: asked.defects ?? [],
    runId: asked.runId ?? null,
    stateDir: stateDir(process.env),
    load: loadRequestOf(asked),
    underLoad: asked.underLoad ?? null,
    untrusted: null,
  }
}

export function loadRequestOf({ thresholds = [], loadModel: model = null, k6Path = null }: AskedLoad): LoadRequest {
  return { thresholds, model, k6Path: k6Path === null ? null : resolve(k6Path) }
}
