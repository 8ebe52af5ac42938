/** The result for people at a terminal: what stdout gets, once, at the end. */
import { defineFormat } from '../../../kinds/define-format.ts'
import type { Entry, Group } from '../../../kinds/report-document.ts'
import { EXTENTS } from '../../document/extents.ts'
import { aboutTexts, linesOf, plain } from '../../document/lines.ts'
import { consoleText } from '../../escape.ts'
import { isProblem } from '../../facts.ts'

/** What went wrong first, with how to repeat it; then the table, and each load; the verdict last. */
export const consoleFormat = defineFormat({
  name: 'console',
  file: null,
  maxBytes: null,
  extent: EXTENTS.terminal,
  render({ headline, caveats, reasons, scenarios, load }) {
    const parts = [
      ...scenarios.entries.filter(isProblem).map(entryText),
      ...(scenarios.entries.length === 0 ? [] : [columns(scenarios)]),
      ...load.entries.map(entryText),
      ...[...reasons, ...caveats].map((text) => `! ${safe(text)}`),
      `${headline.verdict}: ${headline.counts}; judged: ${safe(headline.judged)}\n${safe(aboutTexts(headline).join(', '))}`,
    ]
    return `${parts.join('\n\n')}\n`
  },
})

function entryText(entry: Entry): string {
  const { title, verdict, reasons, open, repeat } = entry
  const told = (isProblem(entry) ? [...open, repeat] : open).flatMap(linesOf)
  const lines = [...reasons.map((reason) => `- ${safe(reason)}`), ...told.map(safe)]
  return [`${safe(title)}: ${verdict}`, ...lines.map((line) => `  ${line}`)].join('\n')
}

function columns({ headings, entries }: Group): string {
  const rows = [headings, ...entries.map(({ row }) => row.cells.map((cell) => safe(plain([cell]))))]
  const widths = headings.map((_heading, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  const text = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((cells) => text(cells).trimEnd()).join('\n')
}

/** The document has cut what is too long. */
function safe(text: string): string {
  return consoleText(text, Number.POSITIVE_INFINITY)
}
