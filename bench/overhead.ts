/** What a quick run takes beside what it is for. Pure. */
import type { RunResult } from '../src/core/result/run.ts'
import type { ScenarioResult } from '../src/core/result/scenario.ts'

/** A Markdown table with a row for each run. */
export function overheadTable(results: readonly RunResult[]): string {
  const head = ['stacks', 'quick run of 21', 'planned', 'neither fault nor recovery', 'Docker calls a scenario', 'in all']
  const rows = [`| ${head.join(' | ')} |`, '|---|---|---|---|---|---|', ...results.map(overheadOf)]
  return `${rows.join('\n')}\n`
}

/**
 * What is neither fault window nor the system's own recovery, as a share of the time that all stacks were there for. The
 * streak that proves a recovery is ours: the recovery itself ends with the first good answer of it.
 */
function overheadOf({ scenarios, run: facts, environment }: RunResult): string {
  const durationOf = (scenario: ScenarioResult, name: string): number =>
    scenario.phases.find((phase) => phase.name === name)?.durationMs ?? 0
  const inside = scenarios.reduce((sum, one) => sum + durationOf(one, 'during') + (one.recovery.afterMs ?? 0), 0)
  const allMs = facts.durationMs * facts.stacks
  const { all = 0, experiment: during = 0 } = environment['dockerCalls'] as { all?: number; experiment?: number }
  const percent = (ms: number, of: number): string => `${((100 * ms) / of).toFixed(0)} %`
  const cells = [
    String(facts.stacks),
    `${(facts.durationMs / 1_000).toFixed(1)} s`,
    `${(facts.plannedMs / 1_000).toFixed(1)} s (${percent(facts.plannedMs - facts.durationMs, facts.durationMs)})`,
    percent(allMs - inside, allMs),
    (during / scenarios.length).toFixed(0),
    String(all),
  ]
  return `| ${cells.join(' | ')} |`
}
