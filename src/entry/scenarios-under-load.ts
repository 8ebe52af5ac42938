/** The scenarios of a run, while a load holds where one is asked for. */
import { systemClock } from '../core/clock.ts'
import { explainError } from '../core/errors.ts'
import type { LoadPattern } from '../core/load.ts'
import type { RunResult } from '../core/model.ts'
import type { Scenario } from '../core/scenario.ts'
import type { EngineDeps } from '../engine/deps.ts'
import type { EngineOptions } from '../engine/options.ts'
import { plannedMs, runScenarios } from '../engine/run.ts'
import type { RunningHeldLoad } from '../load/held-load.ts'
import { calmStretches, longestHoldMs } from './calm-stretches.ts'
import { holdForScenarios, type LoadSuite } from './load-suite.ts'

export interface Ran extends Pick<RunResult, 'scenarios' | 'load'> {
  /** Those of the run: why not everything was run. */
  readonly reasons: string[]
}

export interface Chosen {
  readonly scenarios: readonly Scenario[]
  readonly underLoad: LoadPattern | null
}

/** A load that does not come up leaves nothing that could be shown: no scenario is run then. */
export async function scenariosUnderLoad(
  { scenarios, underLoad }: Chosen,
  suite: LoadSuite,
  { deps, options }: { readonly deps: EngineDeps; readonly options: EngineOptions },
  signal: AbortSignal,
): Promise<Ran> {
  if (underLoad === null) {
    const { results, reasons } = await runScenarios(deps, options, scenarios, signal)
    return { scenarios: results, load: [], reasons }
  }
  // To see the load again is to see the scenarios again that it held beside.
  const all = options.repeatCommand(scenarios.map(({ id }) => id).join(','))
  let held: RunningHeldLoad
  try {
    held = await holdForScenarios(
      { ...suite, repeatCommand: () => all },
      underLoad,
      longestHoldMs(plannedMs(scenarios, options.profile)),
      signal,
    )
  } catch (error) {
    const reason = `no scenario was run, as the load ${underLoad.id} did not come up: ${explainError(error)}`
    return { scenarios: [], load: [], reasons: [reason] }
  }
  try {
    const { results, reasons } = await runScenarios({ ...deps, load: held }, options, scenarios, signal)
    const load = await held.end(calmStretches(results, systemClock.wallMs()))
    return { scenarios: results, load: [load], reasons }
  } catch (error) {
    await held.end([])
    throw error
  }
}
