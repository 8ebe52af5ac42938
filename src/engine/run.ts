/** All scenarios of a run, one after the other, and the result. */
import { isoTime } from '../core/clock.ts'
import { describeError } from '../core/errors.ts'
import type { ProfileName, RunResult, RunVerdict, ScenarioResult, SuiteName } from '../core/model.ts'
import { RESULT_SCHEMA_VERSION, SUITES } from '../core/model.ts'
import type { Json } from '../core/json.ts'
import { faultWindowMs, recoveryLimitMs, type Scenario } from '../core/scenario.ts'
import { countVerdicts, decideRun, judgeCriteria } from '../core/verdict.ts'
import { isAborted } from '../core/wait.ts'
import type { EngineDeps } from './deps.ts'
import type { EngineOptions } from './options.ts'
import { runScenario } from './scenario-run.ts'

export interface RunFacts {
  readonly version: string
  readonly seed: number | null
  readonly strict: boolean
  readonly defects: readonly string[]
  readonly environment: Readonly<Record<string, Json>>
  readonly startedWallMs: number
  readonly startedMs: number
}

/** What a scenario usually takes beside its window: steady state, helpers, baselines, the recovery streak, logs. */
const USUAL_OVERHEAD_MS = 8_000

export function plannedMs(scenarios: readonly Scenario[], profile: ProfileName): number {
  return scenarios.reduce((sum, scenario) => sum + faultWindowMs(scenario, profile) + USUAL_OVERHEAD_MS, 0)
}

/** The longest a run may take if every wait reaches its limit; for a deadline over the whole. */
export function longestMs(scenarios: readonly Scenario[], profile: ProfileName): number {
  return scenarios.reduce(
    (sum, scenario) => sum + faultWindowMs(scenario, profile) + recoveryLimitMs(scenario, profile) + 180_000,
    0,
  )
}

/**
 * Runs the scenarios in order. A scenario that ended in trouble is followed by a recreated stack, so that one red does
 * not poison the rest; when that fails, the rest are errors and nothing more is injected.
 */
export async function runScenarios(
  deps: EngineDeps,
  options: EngineOptions,
  scenarios: readonly Scenario[],
  signal: AbortSignal,
): Promise<{ results: ScenarioResult[]; reasons: string[] }> {
  const results: ScenarioResult[] = []
  for (const [index, scenario] of scenarios.entries()) {
    if (isAborted(signal)) return { results, reasons: [`interrupted before ${scenario.id}: ${describeError(signal.reason)}`] }
    const leftMs = plannedMs(scenarios.slice(index), options.profile) + options.after.plannedMs
    deps.emit({
      type: 'scenario-started',
      id: scenario.id,
      name: scenario.name,
      index: index + 1,
      total: scenarios.length + options.after.count,
      plannedMs: plannedMs([scenario], options.profile),
      leftMs,
    })
    const result = await runScenario(deps, options, scenario, signal)
    results.push(result)
    deps.emit({
      type: 'scenario-ended',
      id: scenario.id,
      verdict: result.verdict,
      summary: result.reasons[0] ?? result.effect.summary,
      durationMs: result.durationMs,
      leftMs: plannedMs(scenarios.slice(index + 1), options.profile) + options.after.plannedMs,
    })
    const last = index === scenarios.length - 1
    if (last || isAborted(signal) || !poisoned(result)) continue
    const trouble = await recreate(deps, result, signal)
    if (trouble !== null)
      return { results, reasons: [`${trouble}; ${String(scenarios.length - index - 1)} scenarios were not run`] }
  }
  return { results, reasons: isAborted(signal) ? [`interrupted: ${describeError(signal.reason)}`] : [] }
}

function poisoned(result: ScenarioResult): boolean {
  if (result.verdict === 'error') return true
  return result.verdict !== 'skipped' && !result.recovery.recovered
}

/** The observer stays: the stack's networks outlive its containers. @returns why it could not be done, or null. */
async function recreate(deps: EngineDeps, result: ScenarioResult, signal: AbortSignal): Promise<string | null> {
  deps.emit({ type: 'step-started', step: `recreating the stack after ${result.id}` })
  const startedMs = deps.clock.nowMs()
  try {
    await deps.stack.recreate(signal)
  } catch (error) {
    return `the stack could not be recreated after ${result.id}: ${describeError(error)}`
  }
  const durationMs = Math.round(deps.clock.nowMs() - startedMs)
  result.events.push({
    at: isoTime(deps.clock.wallMs()),
    source: 'engine',
    kind: 'stack-recreated',
    detail: `after this scenario, in ${String(durationMs)} ms`,
  })
  deps.emit({ type: 'step-ended', step: `recreating the stack after ${result.id}`, durationMs })
  return null
}

/** The result, also of a run that never came to its first scenario: then `scenarios` is empty and `reasons` says why. */
export function buildRunResult(
  facts: RunFacts,
  run: Pick<RunResult['run'], 'id' | 'profile' | 'stack' | 'address' | 'images' | 'reference' | 'noInject' | 'plannedMs'>,
  { scenarios, load }: Pick<RunResult, 'scenarios' | 'load'>,
  reasons: string[],
  endedMs: number,
): RunResult {
  const all = [...scenarios, ...load]
  const counts = countVerdicts(all.map(({ verdict }) => verdict))
  const verdict = worst(decideRun(counts, facts.strict), reasons.length > 0)
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'chaos-action', version: facts.version },
    run: {
      ...run,
      seed: facts.seed,
      startedAt: isoTime(facts.startedWallMs),
      durationMs: Math.round(endedMs - facts.startedMs),
      strict: facts.strict,
      defects: [...facts.defects],
    },
    verdict,
    reasons: [...reasons, ...(all.length === 0 && reasons.length === 0 ? ['no scenario was run'] : [])],
    counts,
    suites: suites(all, facts.strict),
    criteria: judgeCriteria(scenarios),
    scenarios,
    load,
    environment: { ...facts.environment },
  }
}

/** Trouble of the run itself is an error, but never hides a scenario that is known to have failed. */
function worst(verdict: RunVerdict, trouble: boolean): RunVerdict {
  return trouble && verdict !== 'failed' ? 'error' : verdict
}

function suites(all: readonly Pick<ScenarioResult, 'suite' | 'verdict'>[], strict: boolean): RunResult['suites'] {
  return SUITES.flatMap((name: SuiteName) => {
    const own = all.filter(({ suite }) => suite === name)
    if (own.length === 0) return []
    const counts = countVerdicts(own.map(({ verdict }) => verdict))
    return [{ name, verdict: decideRun(counts, strict), counts }]
  })
}
