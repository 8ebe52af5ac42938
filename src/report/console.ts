/** The result for people at a terminal: what stdout gets, once, at the end. */
import { consoleText } from './escape.ts'
import {
  byUrgency,
  caveats,
  countsText,
  duration,
  effectText,
  isProblem,
  judgedText,
  outageText,
  recoveryText,
  titleOf,
  type LoadOf,
  type Result,
  type ScenarioOf,
} from './facts.ts'
import { loadFiguresText, loadFindings } from './load-facts.ts'

const HEADINGS = ['id', 'verdict', 'scenario', 'effect', 'longest outage', 'recovered in'] as const
const WIDEST_COLUMN = 60

/** Failures first, each with what was expected, what was seen and how to repeat it; then the table; the verdict last. */
export function renderConsole(result: Result): string {
  const problems = byUrgency(result.scenarios).filter(isProblem)
  const parts = [
    ...problems.map(problemText),
    table(byUrgency(result.scenarios)),
    ...byUrgency(result.load).map(loadText),
    ...result.reasons.map((reason) => `! ${consoleText(reason, 2_000)}`),
    ...caveats(result).map((text) => `! ${consoleText(text)}`),
    lastLines(result),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function lastLines(result: Result): string {
  const { run } = result
  return [
    `${result.verdict}: ${countsText(result)}; judged: ${consoleText(judgedText(result), 600)}`,
    `run ${consoleText(run.id)}, profile ${run.profile}, ${run.seed === null ? '' : `seed ${String(run.seed)}, `}${duration(run.durationMs)} (planned ${duration(run.plannedMs)})`,
  ].join('\n')
}

function problemText(scenario: ScenarioOf): string {
  const lines = [
    `${consoleText(scenario.id, 40)} ${consoleText(titleOf(scenario), 120)}: ${scenario.verdict}`,
    ...scenario.reasons.slice(0, 10).map((reason) => `  - ${consoleText(reason, 1_000)}`),
    `  effect: ${consoleText(effectText(scenario))}`,
    ...scenario.logs.slice(0, 10).map((log) => `  log of ${consoleText(log.service, 80)}: ${consoleText(log.file)}`),
    `  repeat: ${consoleText(scenario.repeatCommand, 2_000)}`,
  ]
  return lines.join('\n')
}

function table(scenarios: readonly ScenarioOf[]): string {
  if (scenarios.length === 0) return ''
  const rows = scenarios.map((scenario) =>
    [scenario.id, scenario.verdict, titleOf(scenario), effectText(scenario), outageText(scenario), recoveryText(scenario)].map(
      (cell) => consoleText(cell, WIDEST_COLUMN),
    ),
  )
  const all = [[...HEADINGS], ...rows]
  const widths = HEADINGS.map((_heading, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  return all
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function loadText(load: LoadOf): string {
  const lines = [
    `${consoleText(load.id, 40)} ${consoleText(load.name, 120)}: ${load.verdict}`,
    ...load.reasons.slice(0, 10).map((reason) => `  - ${consoleText(reason, 1_000)}`),
    `  ${consoleText(loadFiguresText(load), 1_000)}`,
    ...loadFindings(load).map((finding) => `  ${consoleText(finding, 1_000)}`),
  ]
  if (!isProblem(load)) return lines.join('\n')
  return [
    ...lines,
    ...load.logs.slice(0, 10).map((log) => `  log of ${consoleText(log.service, 80)}: ${consoleText(log.file)}`),
    `  repeat: ${consoleText(load.repeatCommand, 2_000)}`,
  ].join('\n')
}
