/** JUnit XML, as CI systems read it: failed → failure, error and inconclusive → error, skipped → skipped. */
import { isoTime } from '../core/clock.ts'
import type { Verdict } from '../core/model.ts'
import { decideApart } from '../core/verdict.ts'
import { xmlAttribute, xmlText } from './escape.ts'
import {
  canaryText,
  caveats,
  effectText,
  judgedText,
  recoveryText,
  titleOf,
  type LoadOf,
  type Result,
  type ScenarioOf,
} from './facts.ts'
import { limitText, loadFiguresText, loadFindings } from './load-facts.ts'

interface TestCase {
  readonly name: string
  readonly suite: string
  readonly verdict: Verdict
  readonly seconds: number
  readonly message: string
  readonly body: string
  readonly output: string
}

export function renderJunit(result: Result): string {
  const cases = [...result.scenarios.map(scenarioCase), ...result.load.map(loadCase)]
  const own = runCase(result, cases)
  const all = own === null ? cases : [own, ...cases]
  const names = [...new Set(all.map((one) => one.suite))]
  const suites = names.map((name) =>
    renderSuite(
      name,
      all.filter((one) => one.suite === name),
      result,
    ),
  )
  const totals = tallies(all, result.run.durationMs / 1_000)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="chaos-action" ${totals}>\n${suites.join('')}</testsuites>\n`
}

/** The run itself as a case, when something is wrong that no scenario carries: nothing is green by omission. */
function runCase(result: Result, cases: readonly TestCase[]): TestCase | null {
  const carried = cases.some((one) => one.verdict !== 'passed' && one.verdict !== 'skipped')
  if (result.reasons.length === 0 && (result.verdict === 'passed' || carried)) return null
  const [first = `the run is ${result.verdict}`] = result.reasons
  return {
    name: 'run',
    suite: 'run',
    verdict: decideApart(result.verdict),
    seconds: 0,
    message: first,
    body: result.reasons.join('\n'),
    output: '',
  }
}

function scenarioCase(scenario: ScenarioOf): TestCase {
  const clauses = scenario.expectations.map(
    (clause) =>
      `${metText(clause.met)} ${clause.phase}: ${clause.text}: expected ${clause.expected}, observed ${clause.observed}`,
  )
  return {
    name: `${scenario.id} ${titleOf(scenario)}`,
    suite: scenario.suite,
    verdict: scenario.verdict,
    seconds: scenario.durationMs / 1_000,
    message: scenario.reasons[0] ?? scenario.verdict,
    body: [...scenario.reasons, `repeat: ${scenario.repeatCommand}`].join('\n'),
    output: [
      `effect: ${effectText(scenario)}`,
      `mechanism: ${scenario.mechanism}`,
      `canary: ${canaryText(scenario)}`,
      `recovery: ${recoveryText(scenario)}`,
      ...clauses,
    ].join('\n'),
  }
}

function loadCase(load: LoadOf): TestCase {
  return {
    name: `${load.id} ${load.name}`,
    suite: load.suite,
    verdict: load.verdict,
    seconds: load.durationMs / 1_000,
    message: load.reasons[0] ?? load.verdict,
    body: [...load.reasons, `repeat: ${load.repeatCommand}`].join('\n'),
    output: [
      loadFiguresText(load),
      ...loadFindings(load),
      ...load.thresholds.map((limit) => `${metText(limit.met)} ${limitText(limit)}`),
    ].join('\n'),
  }
}

function metText(met: boolean | null): string {
  if (met === null) return '[undecided]'
  return met ? '[met]' : '[missed]'
}

function renderSuite(name: string, cases: readonly TestCase[], result: Result): string {
  const properties = [
    ['run', result.run.id],
    ['profile', result.run.profile],
    ...(result.run.seed === null ? [] : [['seed', String(result.run.seed)] as const]),
    ['stack', result.run.stack],
    ['judged', judgedText(result)],
    ...caveats(result).map((text) => ['caveat', text] as const),
  ] as const
  const lines = properties.map(([key, value]) => `      <property name="${key}" value="${xmlAttribute(value)}"/>\n`)
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0)
  const started = isoTime(Date.parse(result.run.startedAt)).slice(0, 19)
  return (
    `  <testsuite name="${xmlAttribute(name)}" timestamp="${started}" ${tallies(cases, seconds)}>\n` +
    `    <properties>\n${lines.join('')}    </properties>\n${cases.map(renderCase).join('')}  </testsuite>\n`
  )
}

function tallies(cases: readonly TestCase[], seconds: number): string {
  const count = (...verdicts: Verdict[]): string => String(cases.filter((one) => verdicts.includes(one.verdict)).length)
  return (
    `tests="${String(cases.length)}" failures="${count('failed')}" errors="${count('error', 'inconclusive')}" ` +
    `skipped="${count('skipped')}" time="${seconds.toFixed(3)}"`
  )
}

function renderCase(one: TestCase): string {
  const head = `    <testcase name="${xmlAttribute(one.name)}" classname="chaos-action.${xmlAttribute(one.suite)}" time="${one.seconds.toFixed(3)}">\n`
  const output = one.output === '' ? '' : `      <system-out>${xmlText(one.output)}</system-out>\n`
  return `${head}${renderVerdict(one)}${output}    </testcase>\n`
}

function renderVerdict(one: TestCase): string {
  const message = `message="${xmlAttribute(one.message)}"`
  switch (one.verdict) {
    case 'passed':
      return ''
    case 'skipped':
      return `      <skipped ${message}/>\n`
    case 'failed':
      return `      <failure ${message} type="failed">${xmlText(one.body)}</failure>\n`
    case 'error':
    case 'inconclusive':
      return `      <error ${message} type="${one.verdict}">${xmlText(one.body)}</error>\n`
  }
}
