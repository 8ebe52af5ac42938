/** The scenarios of a run, while a load holds where one is asked for. */
import { underLoad as askedUnderLoad } from '../../clauses/load/under-load.ts'
import { systemClock } from '../../core/time/clock.ts'
import { explainError } from '../../core/errors.ts'
import type { RunResult } from '../../core/result/run.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import type { RunDeps } from '../../engine/deps.ts'
import type { EngineOptions } from '../../engine/options.ts'
import { Handout } from '../../engine/run.ts'
import { expectedMs, spanMs } from '../../engine/lanes/schedule.ts'
import type { RunningHeldLoad } from '../../load/run/hold.ts'
import { calmStretches, longestHoldMs } from './calm-stretches.ts'
import { holdForScenarios, type LoadSuite } from '../load/suite.ts'
import type { Plan } from './plan.ts'
import type { RunStack, RunStacks } from './stacks.ts'

export interface Ran extends Pick<RunResult, 'scenarios' | 'load'> {
  /** Those of the run: why not everything was run. */
  readonly reasons: string[]
}

export interface RanOnStacks extends Ran {
  /** Stacks that are still up and well. */
  readonly left: readonly RunStack[]
}

export interface Engine {
  readonly stacks: RunStacks
  readonly suiteOn: (stack: RunStack) => LoadSuite
  readonly deps: RunDeps
  readonly options: EngineOptions
}

/** A load that does not come up leaves nothing that could be shown: no scenario is run then. */
export async function scenariosUnderLoad(
  { scenarios, underLoad }: Pick<Plan, 'scenarios' | 'underLoad'>,
  engine: Engine,
  signal: AbortSignal,
): Promise<RanOnStacks> {
  const { stacks, suiteOn, options } = engine
  const [first] = stacks.all
  if (underLoad === null || first === undefined) return { ...(await run(engine, scenarios, null, signal)), load: [] }
  // To see the load again is to see the scenarios again that it held beside.
  const all = options.repeatCommand(scenarios.map(({ id }) => id).join(','))
  const expected = (scenario: Scenario): number => expectedMs(scenario, options.profile, options.pace)
  let held: RunningHeldLoad
  try {
    held = await holdForScenarios(
      { ...suiteOn(first), repeatCommand: () => all },
      underLoad,
      longestHoldMs(spanMs(scenarios, 1, expected)),
      signal,
    )
  } catch (error) {
    const reason = `no scenario was run, as the load ${underLoad.id} did not come up: ${explainError(error)}`
    return { scenarios: [], load: [], reasons: [reason], left: stacks.all }
  }
  try {
    const ran = await run(engine, scenarios, held, signal)
    return { ...ran, load: [await held.end(calmStretches(ran.scenarios, systemClock.wallMs()))] }
  } catch (error) {
    await held.end([])
    throw error
  }
}

async function run(
  { stacks, deps, options }: Engine,
  scenarios: readonly Scenario[],
  load: RunningHeldLoad | null,
  signal: AbortSignal,
): Promise<Omit<RanOnStacks, 'load'>> {
  const held = load === null ? {} : { load, askedOfLoad: askedUnderLoad }
  const ways = stacks.all.map((stack) => stacks.depsOf(stack))
  const { results, reasons, left } = await new Handout({ ...deps, ...held }, ways, options, scenarios, signal).run()
  const numbers = left.map(({ number }) => number)
  return { scenarios: results, reasons, left: stacks.all.filter(({ number }) => numbers.includes(number)) }
}
