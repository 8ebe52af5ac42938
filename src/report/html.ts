/** `report.markup`: one page that needs nothing but itself. Pure; degrades in steps to fit its byte budget. */
import { byUrgency, caveats, countsText, duration, isProblem, judgedText, type Result } from './facts.ts'
import { element, facts, folded, list, markup, NOTHING, shown, stacked, table, type Html } from './html-kit.ts'
import { loadDetails, loadProblem } from './html-load.ts'
import { scenarioDetails, scenarioProblem } from './html-scenario.ts'
import { STYLE } from './html-style.ts'
import { loadTable, scenarioTable } from './html-tables.ts'

export interface HtmlOptions {
  /** Bytes of UTF-8 that the page may have at most. */
  readonly maxBytes?: number
}

type Level = 'details' | 'problems' | 'table' | 'verdict'
const LEVELS: readonly Level[] = ['details', 'problems', 'table', 'verdict']
const MOST_BYTES = 2_000_000

const SHORTENED: Readonly<Record<Level, string>> = {
  details: '',
  problems: 'Shortened to fit: the details of each scenario are in result.json.',
  table: 'Shortened to fit: expected and observed are in result.json.',
  verdict: 'Shortened to fit: everything else is in result.json.',
}

/** Scripts, images, fonts and frames are off, whatever a text in the page may try. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** '' when not even the verdict fits, which takes 6 kB. */
export function renderHtml(result: Result, options: HtmlOptions = {}): string {
  const maxBytes = options.maxBytes ?? MOST_BYTES
  for (const level of LEVELS) {
    const text = page(result, body(result, level))
    if (Buffer.byteLength(text) <= maxBytes) return text
  }
  return ''
}

function page(result: Result, content: Html): string {
  const head = stacked([
    markup`<meta charset="utf-8">`,
    markup`<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    markup`<meta name="viewport" content="width=device-width, initial-scale=1">`,
    markup`<meta name="referrer" content="no-referrer">`,
    markup`<title>${result.verdict} – ${shown(subject(result), 100)} – chaos-action</title>`,
    { html: `<style>${STYLE}</style>` },
  ])
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.html}\n</head>\n<body>\n${content.html}\n</body>\n</html>\n`
}

function body(result: Result, level: Level): Html {
  const shortened = SHORTENED[level]
  const parts = [
    header(result),
    ...caveats(result).map((text) => markup`<p class="caveat">${shown(text, 1_000)}</p>`),
    shortened === '' ? NOTHING : markup`<p class="soft">${shortened}</p>`,
  ]
  if (level === 'verdict') return stacked([...parts, footer(result)])
  const scenarios = byUrgency(result.scenarios)
  const patterns = byUrgency(result.load)
  parts.push(list(result.reasons.slice(0, 50).map((reason) => shown(reason, 2_000))))
  if (level !== 'table')
    parts.push(...scenarios.filter(isProblem).map(scenarioProblem), ...patterns.filter(isProblem).map(loadProblem))
  const anchor = (kind: string) => (index: number) => (level === 'details' ? `${kind}-${String(index + 1)}` : null)
  if (scenarios.length > 0) parts.push(markup`<h2>All scenarios</h2>`, scenarioTable(scenarios, anchor('scenario')))
  if (patterns.length > 0) parts.push(markup`<h2>Load</h2>`, loadTable(patterns, anchor('load')))
  if (level === 'details')
    parts.push(
      ...(scenarios.length + patterns.length === 0 ? [] : [markup`<h2>Details</h2>`]),
      ...scenarios.map((scenario, index) => scenarioDetails(scenario, `scenario-${String(index + 1)}`)),
      ...patterns.map((load, index) => loadDetails(load, `load-${String(index + 1)}`)),
      criteria(result),
      images(result),
    )
  return stacked([...parts, footer(result)])
}

/** The verdict and whose code was judged come first: nobody should have to look for either. */
function header(result: Result): Html {
  const { run } = result
  const line = [
    countsText(result),
    `profile ${run.profile}`,
    ...(run.seed === null ? [] : [`seed ${String(run.seed)}`]),
    subject(result),
    `${duration(run.durationMs)} (planned ${duration(run.plannedMs)})`,
  ].join(' · ')
  return element('header', { class: result.verdict }, [
    markup`<h1><b class="verdict">${result.verdict}</b></h1>`,
    markup`<p class="judged">Judged: ${shown(judgedText(result), 1_000)}</p>`,
    markup`<p class="soft">${shown(line, 1_000)}</p>`,
  ])
}

function subject({ run }: Result): string {
  return run.address === null ? `stack ${run.stack}` : `load on ${run.address}`
}

function criteria(result: Result): Html {
  if (result.criteria.length === 0) return NOTHING
  const mark = (met: boolean | null): string => (met === null ? 'not judged' : met ? 'yes' : 'no')
  return stacked([markup`<h2>Criteria</h2>`, list(result.criteria.map((one) => markup`${one.text}: ${mark(one.met)}`))])
}

function images(result: Result): Html {
  if (result.run.images.length === 0) return NOTHING
  const rows = result.run.images.map((image) => [
    shown(image.service, 80),
    markup`<code>${image.image}</code>`,
    shown(image.reference ? 'built-in' : 'yours', 20),
  ])
  return folded(markup`Images`, [table(['service', 'image', 'whose'], rows)], 'images')
}

function footer({ run, tool }: Result): Html {
  return element('footer', {}, [
    facts([
      ['Run', run.id, 100],
      ['Started', run.startedAt, 100],
      ['Written by', `${tool.name} ${tool.version}`, 100],
    ]),
  ])
}
