import type { Verdict } from '../core/model.ts'
import { markdownText } from './escape.ts'
import { rounded } from './load-facts.ts'
import { duration, effectText, outageText, recoveryText, titleOf, type LoadOf, type ScenarioOf } from './facts.ts'

export const VERDICT_MARKS: Readonly<Record<Verdict, string>> = {
  passed: '✅',
  failed: '❌',
  error: '💥',
  inconclusive: '❔',
  skipped: '⏭️',
}

export function scenarioTable(scenarios: readonly ScenarioOf[]): string {
  const rows = scenarios.map((scenario) =>
    row([
      markdownText(scenario.id, 40),
      markdownText(titleOf(scenario), 120),
      `${VERDICT_MARKS[scenario.verdict]} ${scenario.verdict}`,
      markdownText(effectText(scenario), 160),
      outageText(scenario),
      markdownText(recoveryText(scenario), 160),
    ]),
  )
  return ['| id | scenario | verdict | effect | longest outage | recovered in |', '|---|---|---|---|---|---|', ...rows].join('\n')
}

export function loadTable(patterns: readonly LoadOf[]): string {
  const rows = patterns.map((load) =>
    row([
      markdownText(load.id, 40),
      markdownText(load.name, 120),
      `${VERDICT_MARKS[load.verdict]} ${load.verdict}`,
      `${String(load.users)}${load.model === 'open' ? ' (open model)' : ''}`,
      rounded(load.rps),
      `${(load.errorRate * 100).toFixed(2)} %`,
      duration(load.p95Ms),
      duration(load.p99Ms),
      rounded(load.peakInFlight),
    ]),
  )
  return [
    '| id | pattern | verdict | users | requests/s | errors | p95 | p99 | peak in flight |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
