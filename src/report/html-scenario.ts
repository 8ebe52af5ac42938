/** One scenario in HTML: what went wrong, and, folded, everything that was measured. */
import { canaryText, controlText, duration, effectText, hostText, recoveryText, titleOf, type ScenarioOf } from './facts.ts'
import {
  element,
  facts,
  folded,
  list,
  markup,
  NOTHING,
  pre,
  repeatCommand,
  shown,
  stacked,
  table,
  type Html,
} from './html-kit.ts'
import { verdictBadge } from './html-tables.ts'

const MOST_REASONS = 20
const MOST_CLAUSES = 60
const MOST_MEASURES = 60
const MOST_EVENTS = 200
const MOST_LOGS = 50

/** Shown open: a red scenario must explain itself without a click. */
export function scenarioProblem(scenario: ScenarioOf): Html {
  return element('section', { class: scenario.verdict }, [
    markup`<h2>${shown(scenario.id, 40)} ${shown(titleOf(scenario), 120)}: ${verdictBadge(scenario.verdict)}</h2>`,
    reasons(scenario),
    clauses(
      scenario,
      scenario.expectations.filter((clause) => clause.met !== true),
    ),
    facts([
      ['Effect', effectText(scenario)],
      ['Canary', canaryText(scenario)],
      ['Recovery', recoveryText(scenario)],
    ]),
    repeatCommand(scenario.repeatCommand),
  ])
}

export function scenarioDetails(scenario: ScenarioOf, anchor: string): Html {
  const summary = markup`${shown(scenario.id, 40)} ${shown(titleOf(scenario), 120)} ${verdictBadge(scenario.verdict)}`
  const repeat = scenario.verdict === 'passed' ? [repeatCommand(scenario.repeatCommand)] : []
  return folded(summary, scenario.verdict === 'skipped' ? [reasons(scenario)] : [measured(scenario), ...repeat], anchor)
}

function measured(scenario: ScenarioOf): Html {
  const { cleanup, phases, series, source } = scenario
  return stacked([
    facts([
      ['Expected behaviour', scenario.expectedBehavior],
      ['Targets', scenario.targets.length === 0 ? '–' : scenario.targets.join(', '), 2_000],
      ['Mechanism', scenario.mechanism],
      ['Effect', effectText(scenario)],
      ['Measures', measures(scenario), 4_000],
      ['Canary', canaryText(scenario)],
      ['Recovery', recoveryText(scenario)],
      ['Control', controlText(scenario)],
      ['Cleanup', cleanup.clean ? 'clean' : `left over: ${cleanup.leftovers.join(', ')}`, 2_000],
      ['Machine', hostText(scenario)],
      ['Phases', phases.map((phase) => `${phase.name} ${duration(phase.durationMs)}`).join(', '), 1_000],
      ['Series', series === null ? '' : series.file],
      ['Logs', logFiles(scenario.logs)],
      ['Declared in', `${source.file}:${String(source.line)}`],
    ]),
    clauses(scenario, scenario.expectations),
    events(scenario),
  ])
}

/** In the artifact with all files, beside this one. */
export function logFiles(logs: ScenarioOf['logs']): Html {
  const files = logs.slice(0, MOST_LOGS).map((log) => markup`${shown(log.service, 80)}: <code>${log.file}</code>`)
  return files.length === 0 ? NOTHING : list(files)
}

function reasons(scenario: ScenarioOf): Html {
  return list(scenario.reasons.slice(0, MOST_REASONS).map((reason) => shown(reason, 2_000)))
}

function measures(scenario: ScenarioOf): string {
  const entries = Object.entries(scenario.effect.measures).slice(0, MOST_MEASURES)
  return entries.length === 0 ? '–' : entries.map(([name, value]) => `${name} = ${String(value)}`).join(', ')
}

function clauses(scenario: ScenarioOf, those: ScenarioOf['expectations']): Html {
  if (those.length === 0)
    return scenario.recoveryOnly ? markup`<p class="soft">Recovery only: the scenario states no expectation.</p>` : NOTHING
  return table(
    ['expectation', 'expected', 'observed', 'met'],
    those
      .slice(0, MOST_CLAUSES)
      .map((clause) => [
        shown(clause.text, 500),
        shown(clause.expected, 500),
        shown(clause.observed, 1_000),
        metBadge(clause.met),
      ]),
  )
}

function metBadge(met: boolean | null): Html {
  if (met === null) return markup`<b class="verdict inconclusive">undecided</b>`
  return met ? markup`<b class="verdict passed">met</b>` : markup`<b class="verdict failed">missed</b>`
}

function events(scenario: ScenarioOf): Html {
  if (scenario.events.length === 0) return NOTHING
  const lines = scenario.events.slice(-MOST_EVENTS).map((event) => `${event.at} ${event.source} ${event.kind} ${event.detail}`)
  return pre(lines.join('\n'), 40_000)
}
