/** What is told of a scenario: in the table of all, in the open where it is a problem, and folded, with all that was measured. */
import type { Detail, Entry, Extent, Fact } from '../../kinds/report-document.ts'
import { truncate, visibleText } from '../escape.ts'
import { duration, NONE, stolenText, type ScenarioOf } from '../facts.ts'
import { fact, line, mark, table } from './blocks.ts'
import { entryOf } from './entry.ts'

export const SCENARIO_HEADINGS = ['id', 'scenario', 'verdict', 'effect', 'longest outage', 'recovered in']
const CLAUSE_HEADINGS = ['expectation', 'expected', 'observed', 'met']

export function scenarioEntry(scenario: ScenarioOf, extent: Extent, anchor: string): Entry {
  const { expectations } = scenario
  const unmet = expectations.filter(({ met }) => met !== true)
  const told = {
    name: titleOf(scenario),
    figures: [effectText(scenario), outageText(scenario), recoveryText(scenario)],
    facts: measuredFacts(scenario, extent),
    seriesLabel: 'Canary series',
    open: clauses(scenario, unmet, extent),
    details: [...clauses(scenario, expectations, extent), ...failedAnswers(scenario, extent), ...events(scenario, extent)],
  }
  return entryOf(scenario, told, extent, anchor)
}

function measuredFacts(scenario: ScenarioOf, extent: Extent): Fact[] {
  const { cleanup, phases, targets } = scenario
  const short = (label: string, text: string): Fact => fact(label, text, extent.factLength)
  const long = (label: string, texts: readonly string[]): Fact => fact(label, texts.join(', '), extent.longFactLength)
  return [
    short('Expected behaviour', scenario.expectedBehavior),
    long('Targets', targets),
    short('Mechanism', scenario.mechanism),
    short('Effect', effectText(scenario)),
    short('Exposure', exposureText(scenario)),
    long('Measures', measures(scenario, extent)),
    short('Canary', canaryText(scenario)),
    short('Recovery', recoveryText(scenario)),
    ...confirmationFacts(scenario, extent),
    short('Control', controlText(scenario)),
    long('Cleanup', [cleanup.clean ? 'clean' : `left over: ${cleanup.leftovers.join(', ')}`]),
    short('Machine', hostText(scenario)),
    long(
      'Phases',
      phases.map((phase) => `${phase.name} ${duration(phase.durationMs)}`),
    ),
  ]
}

/** Where it was run once more: what came of it, and its files. */
function confirmationFacts({ confirmation }: ScenarioOf, extent: Extent): Fact[] {
  if (confirmation === null) return []
  const { verdict, reasons, durationMs, series, logs } = confirmation
  const text = [`${verdict}, alone on a fresh stack, in ${duration(durationMs)}`, ...reasons].join('; ')
  const files = [...(series === null ? [] : [series]), ...logs].slice(0, extent.logs).map(({ file }) => file)
  const told = files.length === 0 ? [] : [fact('Files of it', files.join(', '), extent.longFactLength)]
  return [fact('Once more', text, extent.longFactLength), ...told]
}

function measures({ effect }: ScenarioOf, extent: Extent): string[] {
  const entries = Object.entries(effect.measures).slice(0, extent.measures)
  return entries.map(([name, value]) => `${name} = ${String(value)}`)
}

function clauses(scenario: ScenarioOf, those: ScenarioOf['expectations'], extent: Extent): Detail[] {
  if (extent.rows === 0) return []
  if (those.length === 0 && scenario.recoveryOnly)
    return [{ kind: 'paragraph', tone: 'soft', text: 'Recovery only: the scenario states no expectation.' }]
  const rows = those.slice(0, extent.rows).map((clause) => {
    const met = mark(clause.met)
    const text = line(clause.text, extent.factLength)
    const expected = line(clause.expected, extent.factLength)
    const observed = line(clause.observed, extent.findingLength)
    return {
      cells: [text, expected, observed, met],
      line: `[${met.text}] ${clause.phase}: ${text}: expected ${expected}, observed ${observed}`,
    }
  })
  return table(CLAUSE_HEADINGS, rows)
}

/** What the system said for itself is the shortest way to the cause. */
function failedAnswers({ canary }: ScenarioOf, extent: Extent): Detail[] {
  if (extent.rows === 0 || canary.failedAnswers.length === 0) return []
  const told = canary.failedAnswers.map(({ atMs, request, error, body }) => {
    const which = request === null ? '' : ` ${request}`
    return `${duration(atMs)}${which}: ${error}\n${body}`
  })
  return [
    { kind: 'preformatted', label: 'Failed answers', text: truncate(visibleText(told.join('\n\n')), extent.longFactLength) },
  ]
}

/** The last ones: they are those around the end of the fault. */
function events({ events: all }: ScenarioOf, extent: Extent): Detail[] {
  if (extent.events === 0 || all.length === 0) return []
  const told = all.slice(-extent.events).map((event) => `${event.at} ${event.source} ${event.kind} ${event.detail}`)
  return [{ kind: 'preformatted', label: '', text: truncate(visibleText(told.join('\n')), extent.eventsLength) }]
}

function effectText(scenario: ScenarioOf): string {
  if (scenario.verdict === 'skipped') return NONE
  const text = scenario.effect.summary === '' ? 'nothing measured' : scenario.effect.summary
  return scenario.effect.confirmed ? text : `not confirmed: ${text}`
}

function outageText(scenario: ScenarioOf): string {
  return scenario.verdict === 'skipped' ? NONE : duration(scenario.canary.longestOutageMs)
}

function recoveryText(scenario: ScenarioOf): string {
  const { recovery } = scenario
  if (scenario.verdict === 'skipped') return NONE
  if (!recovery.recovered) return recovery.reason === null ? 'not shown' : `no: ${recovery.reason}`
  return `${duration(recovery.afterMs)} (limit ${duration(recovery.limitMs)})`
}

function canaryText(scenario: ScenarioOf): string {
  const { canary } = scenario
  const failed = canary.total === 0 ? '' : `, ${canary.failed} failed`
  const slow = canary.slow === null || canary.slow === 0 ? '' : `, ${canary.slow} slower than before`
  const steady = canary.steadyP50Ms === null ? '' : `, steady p50 ${duration(canary.steadyP50Ms)}`
  return `${canary.total} sent${failed}${slow}, p50 ${duration(canary.p50Ms)}, p95 ${duration(canary.p95Ms)}, longest outage ${duration(canary.longestOutageMs)}${steady}`
}

function exposureText({ exposure, canary }: ScenarioOf): string {
  const met = canary.total === 0 || canary.slow === null ? '' : `; ${sawIt(canary.failed + canary.slow, canary.total)}`
  if (exposure === null) return `nobody could look who uses what was broken${met}`
  const used = exposure.places.filter((place) => !exposure.unused.includes(place))
  const parts = [
    ...(used.length === 0 ? [] : [`the system uses ${used.join(', ')}`]),
    ...(exposure.unused.length === 0 ? [] : [`nothing used ${exposure.unused.join(', ')}`]),
  ]
  return `${parts.join('; ')}${exposure.allowed ? ' (it may be unused)' : ''}${met}`
}

/** Of the requests that stand for a user. */
function sawIt(count: number, total: number): string {
  return `${count} of ${total} requests failed or were slower than before`
}

function controlText(scenario: ScenarioOf): string {
  const { control, controlReason } = scenario
  if (control === null) return `none: ${controlReason ?? 'no reason was given'}`
  const p95 = `p95 ${duration(control.steadyP95Ms)} before, ${duration(control.duringP95Ms)} during`
  return control.unaffected
    ? `${control.service} unaffected (${p95})`
    : `${control.service} was hit: ${control.reasons.join('; ')}`
}

/** The scenario's name as it is shown everywhere: one without `expect` was judged by effect and recovery alone. */
function titleOf(scenario: ScenarioOf): string {
  return scenario.recoveryOnly ? `${scenario.name} (recovery only)` : scenario.name
}

/** How close the machine itself came to its limits while the fault was on. */
function hostText({ host }: ScenarioOf): string {
  if (host === null) return 'not looked at'
  const part = (what: string, lowest: number, floor: number): string =>
    `${what} never below ${binarySize(lowest)} (floor ${binarySize(floor)})`
  return [
    part('memory', host.memAvailableMinBytes, host.memAvailableFloorBytes),
    part('disk', host.diskFreeMinBytes, host.diskFreeFloorBytes),
  ]
    .join(', ')
    .concat(stolenText(host.cpuStolenPercent))
}

function binarySize(bytes: number): string {
  const mib = bytes / 1024 ** 2
  return mib < 1_024 ? `${Math.round(mib)} MiB` : `${(mib / 1_024).toFixed(1)} GiB`
}
