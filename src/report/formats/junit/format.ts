/** JUnit XML, as CI systems read it: failed → failure, error and inconclusive → error, skipped → skipped. */
import { isoTime, wallAt } from '../../../core/time/moment.ts'
import type { Verdict } from '../../../core/model.ts'
import { decideApart } from '../../../core/verdict.ts'
import { defineFormat } from '../../../kinds/define-format.ts'
import type { Entry, ReportDocument } from '../../../kinds/report-document.ts'
import { EXTENTS } from '../../document/extents.ts'
import { linesOf } from '../../document/lines.ts'
import { xmlAttribute, xmlText } from '../../escape.ts'
import { isProblem } from '../../facts.ts'

/** A scenario, a load pattern, or the run itself. */
type TestCase = Pick<Entry, 'title' | 'suite' | 'verdict' | 'durationMs' | 'reasons' | 'details'> & Partial<Pick<Entry, 'repeat'>>

export const junit = defineFormat({
  name: 'junit',
  file: 'junit.xml',
  maxBytes: null,
  extent: EXTENTS.machine,
  render(document) {
    const cases: TestCase[] = [...runCase(document), ...document.scenarios.entries, ...document.load.entries]
    const suites = Object.entries(Object.groupBy(cases, ({ suite }) => suite))
    const texts = suites.map(([name, those = []]) => suiteText(name, those, document))
    const totals = tallies(cases, document.durationMs)
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="chaos-action" ${totals}>\n${texts.join('')}</testsuites>\n`
  },
})

/** The run itself as a case, when something is wrong that no scenario carries: nothing is green by omission. */
function runCase({ headline, reasons, scenarios, load }: ReportDocument): TestCase[] {
  const carried = [...scenarios.entries, ...load.entries].some(isProblem)
  if (reasons.length === 0 && (headline.verdict === 'passed' || carried)) return []
  const why = reasons.length > 0 ? reasons : [`the run is ${headline.verdict}`]
  return [{ title: 'run', suite: 'run', verdict: decideApart(headline.verdict), durationMs: 0, reasons: why, details: [] }]
}

function suiteText(name: string, cases: readonly TestCase[], { headline, caveats, startedAt }: ReportDocument): string {
  const properties = [
    ...headline.about.filter(({ label }) => label !== ''),
    { label: 'judged', text: headline.judged },
    ...caveats.map((text) => ({ label: 'caveat', text })),
  ]
  const lines = properties.map(
    ({ label, text }) => `      <property name="${xmlAttribute(label)}" value="${xmlAttribute(text)}"/>\n`,
  )
  const durationMs = cases.reduce((sum, one) => sum + one.durationMs, 0)
  const started = isoTime(wallAt(Date.parse(startedAt))).slice(0, 19)
  return (
    `  <testsuite name="${xmlAttribute(name)}" timestamp="${started}" ${tallies(cases, durationMs)}>\n` +
    `    <properties>\n${lines.join('')}    </properties>\n${cases.map(caseText).join('')}  </testsuite>\n`
  )
}

function tallies(cases: readonly TestCase[], durationMs: number): string {
  const count = (...verdicts: Verdict[]): string => String(cases.filter((one) => verdicts.includes(one.verdict)).length)
  return (
    `tests="${cases.length}" failures="${count('failed')}" errors="${count('error', 'inconclusive')}" ` +
    `skipped="${count('skipped')}" time="${seconds(durationMs)}"`
  )
}

function seconds(durationMs: number): string {
  return (durationMs / 1_000).toFixed(3)
}

function caseText(one: TestCase): string {
  const { title, suite, durationMs, details } = one
  const head = `    <testcase name="${xmlAttribute(title)}" classname="chaos-action.${xmlAttribute(suite)}" time="${seconds(durationMs)}">\n`
  const text = xmlText(details.flatMap(linesOf).join('\n'))
  const output = details.length === 0 ? '' : `      <system-out>${text}</system-out>\n`
  return `${head}${verdictText(one)}${output}    </testcase>\n`
}

function verdictText({ verdict, reasons, repeat }: TestCase): string {
  const message = `message="${xmlAttribute(reasons[0] ?? verdict)}"`
  const body = xmlText([...reasons, ...(repeat === undefined ? [] : linesOf(repeat))].join('\n'))
  switch (verdict) {
    case 'passed':
      return ''
    case 'skipped':
      return `      <skipped ${message}/>\n`
    case 'failed':
      return `      <failure ${message} type="failed">${body}</failure>\n`
    case 'error':
    case 'inconclusive':
      return `      <error ${message} type="${verdict}">${body}</error>\n`
  }
}
