/** What is told of a scenario as of a load pattern: its row in the table of all, its reasons, its files, how to repeat it. */
import type { Detail, Entry, Extent, Fact } from '../../kinds/report-document.ts'
import { truncate, visibleText } from '../escape.ts'
import { isProblem, type LoadOf, type ScenarioOf } from '../facts.ts'
import { code, facts, line, lines, list } from './blocks.ts'

/** Ids and names of our own are shorter. */
const LONGEST_TITLE = 300

/** What only its own kind can tell. */
interface Told {
  readonly name: string
  /** In its row, after the verdict. */
  readonly figures: readonly string[]
  readonly facts: readonly Fact[]
  readonly seriesLabel: string
  readonly open: readonly Detail[]
  readonly details: readonly Detail[]
}

export function entryOf(one: ScenarioOf | LoadOf, told: Told, extent: Extent, anchor: string): Entry {
  const { suite, verdict, durationMs, series, source } = one
  const reasons = lines(one.reasons, extent.reasons, extent.reasonLength)
  const [name = '', ...figures] = [told.name, ...told.figures].map((text) => line(text, extent.overviewLength))
  const openFacts = told.facts.filter(({ label }) => extent.openFacts.includes(label))
  const all = [
    ...told.facts,
    ...(series === null ? [] : [{ label: told.seriesLabel, value: code(series.file, 500) }]),
    ...logFacts(one, extent.logs),
    { label: 'Declared in', value: code(`${source.file}:${source.line}`, 500) },
  ]
  const details = [...facts(all.filter(({ label }) => !extent.leftOut.includes(label))), ...told.details]
  return {
    ...{ suite, verdict, durationMs, reasons, anchor },
    title: line(`${one.id} ${told.name}`, LONGEST_TITLE),
    row: { cells: [{ kind: 'link', text: line(one.id, 40), anchor }, name, { kind: 'verdict', text: verdict }, ...figures] },
    open: [...told.open, ...facts(isProblem(one) ? [...openFacts, ...logFacts(one, extent.openLogs)] : [])],
    repeat: { kind: 'preformatted', label: 'Repeat', text: truncate(visibleText(one.repeatCommand), 2_000) },
    details: verdict === 'skipped' ? list(reasons.map((reason) => [reason])) : details,
  }
}

/** In the artifact with all files, beside the report. */
function logFacts({ logs }: ScenarioOf | LoadOf, most: number): Fact[] {
  return logs.slice(0, most).map(({ service, file }) => ({ label: `Log of ${line(service, 80)}`, value: code(file, 500) }))
}
