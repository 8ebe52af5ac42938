/** The result of a run, also of one that never came to its first scenario: then `scenarios` is empty and `reasons` says why. */
import { isoTime, type Wall } from '../core/time/moment.ts'
import { SUITES, type SuiteName } from '../core/model.ts'
import { RESULT_SCHEMA_VERSION, type RunResult } from '../core/result/run.ts'
import type { ScenarioResult } from '../core/result/scenario.ts'
import type { Json } from '../core/json.ts'
import { countVerdicts, decideRun, judgeCriteria } from '../core/verdict.ts'

export interface RunFacts {
  readonly version: string
  readonly seed: number | null
  readonly strict: boolean
  readonly defects: readonly string[]
  readonly environment: Readonly<Record<string, Json>>
  readonly startedWallMs: Wall
}

type RunPart = Pick<
  RunResult['run'],
  'id' | 'profile' | 'stack' | 'stacks' | 'address' | 'images' | 'reference' | 'noInject' | 'plannedMs'
>

export function buildRunResult(
  facts: RunFacts,
  run: RunPart,
  { scenarios, load }: Pick<RunResult, 'scenarios' | 'load'>,
  reasons: readonly string[],
  durationMs: number,
): RunResult {
  const all = [...scenarios, ...load]
  const counts = countVerdicts(all.map(({ verdict }) => verdict))
  return {
    schemaVersion: RESULT_SCHEMA_VERSION,
    tool: { name: 'chaos-action', version: facts.version },
    run: {
      ...run,
      seed: facts.seed,
      startedAt: isoTime(facts.startedWallMs),
      durationMs: Math.round(durationMs),
      strict: facts.strict,
      defects: facts.defects,
    },
    verdict: decideRun(counts, facts.strict, reasons.length > 0),
    reasons: [...reasons, ...(all.length === 0 && reasons.length === 0 ? ['no scenario was run'] : [])],
    counts,
    suites: suites(all, facts.strict),
    criteria: judgeCriteria(scenarios),
    scenarios,
    load,
    environment: facts.environment,
  }
}

function suites(all: readonly Pick<ScenarioResult, 'suite' | 'verdict'>[], strict: boolean): RunResult['suites'] {
  return SUITES.flatMap((name: SuiteName) => {
    const own = all.filter(({ suite }) => suite === name)
    if (own.length === 0) return []
    const counts = countVerdicts(own.map(({ verdict }) => verdict))
    return [{ name, verdict: decideRun(counts, strict), counts }]
  })
}
