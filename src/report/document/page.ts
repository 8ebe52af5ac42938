/** The whole report from top to bottom, for formats that are read that way, in each step of shortening. */
import type { Block, Entry, Group, Level, ReportDocument } from '../../kinds/report-document.ts'
import { isProblem } from '../facts.ts'
import { list } from './blocks.ts'

const SHORTENED: Readonly<Record<Level, string | null>> = {
  details: null,
  problems: 'the details of each scenario are',
  table: 'expected and observed are',
  verdict: 'everything else is',
}

export function pageOf(document: ReportDocument, level: Level): Block[] {
  const { headline, caveats, reasons, scenarios, load, appendix, footer } = document
  const start = [headline, ...caveats.map((text) => paragraph('caveat', text)), ...shortened(level)]
  if (level === 'verdict') return [...start, ...footer]
  const entries = [...scenarios.entries, ...load.entries]
  return [
    ...start,
    ...list(reasons.map((reason) => [reason])),
    ...(level === 'table' ? [] : entries.filter(isProblem).map(shownOpen)),
    ...[scenarios, load].flatMap(overview),
    ...(level === 'details' ? [...(entries.length === 0 ? [] : [heading('Details')]), ...entries.map(folded), ...appendix] : []),
    ...footer,
  ]
}

function shortened(level: Level): Block[] {
  const what = SHORTENED[level]
  return what === null ? [] : [paragraph('soft', `Shortened to fit: ${what} in result.json.`)]
}

/** A red scenario must explain itself without a click. */
function shownOpen({ title, verdict, reasons, open, repeat }: Entry): Block {
  const blocks = [...list(reasons.map((reason) => [reason])), ...open, repeat]
  return { kind: 'section', title, verdict, blocks }
}

function folded({ title, verdict, details, repeat, anchor }: Entry): Block {
  // How to repeat a problem stands in the open.
  return { kind: 'folded', title, verdict, anchor, blocks: verdict === 'passed' ? [...details, repeat] : details }
}

function overview({ heading: text, headings, entries }: Group): Block[] {
  const rows = entries.map(({ row }) => row)
  return rows.length === 0 ? [] : [heading(text), { kind: 'table', headings, rows }]
}

function heading(text: string): Block {
  return { kind: 'heading', text }
}

function paragraph(tone: 'caveat' | 'soft', text: string): Block {
  return { kind: 'paragraph', tone, text }
}
