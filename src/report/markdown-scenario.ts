/** One scenario in Markdown: what went wrong, and, folded, everything that was measured. */
import { markdownBlock, markdownCode, markdownHtml, markdownText } from './escape.ts'
import { canaryText, controlText, duration, effectText, hostText, recoveryText, titleOf, type ScenarioOf } from './facts.ts'
import { row, VERDICT_MARKS } from './markdown-tables.ts'

const MOST_REASONS = 10
const MOST_CLAUSES = 30
const MOST_EVENTS = 40

/** Shown open: a red scenario must explain itself without a click. */
export function scenarioProblem(scenario: ScenarioOf): string {
  const parts = [
    `### ${VERDICT_MARKS[scenario.verdict]} ${markdownText(scenario.id, 40)} ${markdownText(titleOf(scenario), 120)}: ${scenario.verdict}`,
    scenario.reasons
      .slice(0, MOST_REASONS)
      .map((reason) => `- ${markdownText(reason, 800)}`)
      .join('\n'),
    clauses(
      scenario,
      scenario.expectations.filter((clause) => clause.met !== true),
    ),
    [
      `- Effect: ${markdownText(effectText(scenario), 300)}`,
      `- Canary: ${markdownText(canaryText(scenario), 300)}`,
      `- Recovery: ${markdownText(recoveryText(scenario), 300)}`,
    ].join('\n'),
    repeat(scenario),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

export function scenarioDetails(scenario: ScenarioOf): string {
  const summary = `${markdownHtml(scenario.id, 40)} ${markdownHtml(titleOf(scenario), 120)}: details`
  const body = scenario.verdict === 'skipped' ? [skippedText(scenario)] : measured(scenario)
  return `<details><summary>${summary}</summary>\n\n${body.filter((part) => part !== '').join('\n\n')}\n\n</details>`
}

function skippedText(scenario: ScenarioOf): string {
  return scenario.reasons.map((reason) => `- ${markdownText(reason, 800)}`).join('\n')
}

function measured(scenario: ScenarioOf): string[] {
  const problem = scenario.verdict !== 'passed'
  const lines = [
    `- Expected behaviour: ${markdownText(scenario.expectedBehavior, 500)}`,
    `- Targets: ${scenario.targets.length === 0 ? '–' : scenario.targets.map((target) => markdownText(target, 80)).join(', ')}`,
    `- Mechanism: ${markdownText(scenario.mechanism, 200)}`,
    `- Effect: ${markdownText(effectText(scenario), 300)}`,
    `- Measures: ${measures(scenario)}`,
    `- Canary: ${markdownText(canaryText(scenario), 300)}`,
    `- Recovery: ${markdownText(recoveryText(scenario), 300)}`,
    `- Control: ${markdownText(controlText(scenario), 300)}`,
    `- Cleanup: ${scenario.cleanup.clean ? 'clean' : markdownText(`left over: ${scenario.cleanup.leftovers.join(', ')}`, 500)}`,
    `- Machine: ${markdownText(hostText(scenario), 200)}`,
    `- Phases: ${scenario.phases.map((phase) => `${markdownText(phase.name, 40)} ${duration(phase.durationMs)}`).join(', ')}`,
    ...scenario.logs.slice(0, 20).map((log) => `- Log of ${markdownText(log.service, 80)}: ${markdownCode(log.file)}`),
  ]
  return [lines.join('\n'), clauses(scenario, scenario.expectations), events(scenario), problem ? '' : repeat(scenario)]
}

function measures(scenario: ScenarioOf): string {
  const entries = Object.entries(scenario.effect.measures).slice(0, 30)
  return entries.length === 0
    ? '–'
    : entries.map(([name, value]) => `${markdownText(name, 80)} = ${markdownText(String(value), 120)}`).join(', ')
}

function clauses(scenario: ScenarioOf, shown: ScenarioOf['expectations']): string {
  if (shown.length === 0) return scenario.recoveryOnly ? '_Recovery only: the scenario states no expectation._' : ''
  const mark = (met: boolean | null): string => (met === null ? 'undecided' : met ? 'met' : '**missed**')
  const rows = shown
    .slice(0, MOST_CLAUSES)
    .map((clause) =>
      row([
        markdownText(clause.text, 300),
        markdownText(clause.expected, 300),
        markdownText(clause.observed, 600),
        mark(clause.met),
      ]),
    )
  return ['| expectation | expected | observed | |', '|---|---|---|---|', ...rows].join('\n')
}

function events(scenario: ScenarioOf): string {
  if (scenario.events.length === 0) return ''
  const shown = scenario.events.slice(-MOST_EVENTS).map((event) => `${event.at} ${event.source} ${event.kind} ${event.detail}`)
  return markdownBlock(shown.join('\n'))
}

function repeat(scenario: ScenarioOf): string {
  return `Repeat:\n\n${markdownBlock(scenario.repeatCommand, 2_000)}`
}
