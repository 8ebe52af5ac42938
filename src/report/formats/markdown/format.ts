/** Markdown as GitHub reads it: the job summary, the comment, the check run. */
import { defineFormat } from '../../../kinds/define-format.ts'
import type { Block, Headline, Inline, Row } from '../../../kinds/report-document.ts'
import type { Verdict } from '../../../core/model.ts'
import { EXTENTS } from '../../document/extents.ts'
import { aboutTexts } from '../../document/lines.ts'
import { pageOf } from '../../document/page.ts'
import { markdownBlock, markdownCode, markdownHtml, markdownText } from '../../escape.ts'

const MARKS: Readonly<Record<Verdict, string>> = {
  passed: '✅',
  failed: '❌',
  error: '💥',
  inconclusive: '❔',
  skipped: '⏭️',
}
/** The document has cut what is too long. */
const WHOLE = Number.POSITIVE_INFINITY

export const markdown = defineFormat({
  name: 'markdown',
  file: 'summary.md',
  /** A step's summary holds 1 MiB. */
  maxBytes: 1_000_000,
  extent: EXTENTS.brief,
  render: (document, level) => `${stacked(pageOf(document, level))}\n`,
  lastLine: ({ headline }) => verdictLine(headline),
})

/** Items that follow each other are one list: an empty line between two would spread all of them. */
function stacked(blocks: readonly Block[]): string {
  const bulleted = (block: Block | undefined): boolean => block?.kind === 'list' || block?.kind === 'facts'
  return blocks
    .map((block, index) => {
      const before = blocks[index - 1]
      return `${before === undefined ? '' : bulleted(before) && bulleted(block) ? '\n' : '\n\n'}${laidOut(block)}`
    })
    .join('')
}

function laidOut(block: Block): string {
  switch (block.kind) {
    case 'headline':
      return `${verdictLine(block)}\n\n${markdownText([block.counts, ...aboutTexts(block)].join(' · '), WHOLE)}`
    case 'heading':
      return `### ${markdownText(block.text, WHOLE)}`
    case 'paragraph':
      return block.tone === 'caveat' ? `> **${markdownText(block.text, WHOLE)}**` : `_${markdownText(block.text, WHOLE)}_`
    case 'list':
      return block.items.map((parts) => `- ${line(parts)}`).join('\n')
    case 'facts':
    case 'footer':
      return block.facts.map(({ label, value }) => `- ${markdownText(label, WHOLE)}: ${inline(value)}`).join('\n')
    case 'table':
      return [row(block.headings), `|${'---|'.repeat(block.headings.length)}`, ...block.rows.map(tableRow)].join('\n')
    case 'preformatted':
      return `${block.label === '' ? '' : `${markdownText(block.label, WHOLE)}:\n\n`}${markdownBlock(block.text, WHOLE)}`
    case 'section':
      return `### ${MARKS[block.verdict]} ${markdownText(block.title, WHOLE)}: ${block.verdict}\n\n${stacked(block.blocks)}`
    case 'folded': {
      const verdict = block.verdict === null ? '' : `: ${MARKS[block.verdict]} ${block.verdict}`
      const summary = `${markdownHtml(block.title, WHOLE)}${verdict}`
      return `<details><summary>${summary}</summary>\n\n${stacked(block.blocks)}\n\n</details>`
    }
  }
}

function verdictLine({ verdict, judged }: Headline): string {
  return `## ${MARKS[verdict]} ${verdict} — judged: ${markdownText(judged, WHOLE)}`
}

function tableRow({ cells }: Row): string {
  // A pipe of its text would end a code span and the cell.
  return row(cells.map((cell) => inline(typeof cell !== 'string' && cell.kind === 'code' ? cell.text : cell)))
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function line(parts: readonly Inline[]): string {
  return parts.map(inline).join(' ')
}

function inline(part: Inline): string {
  if (typeof part === 'string') return markdownText(part, WHOLE)
  switch (part.kind) {
    case 'code':
      return markdownCode(part.text, WHOLE)
    case 'verdict':
      return `${MARKS[part.text]} ${part.text}`
    case 'mark':
      return part.tone === 'failed' ? `**${markdownText(part.text, WHOLE)}**` : markdownText(part.text, WHOLE)
    case 'link':
      // GitHub rewrites what could be linked to.
      return markdownText(part.text, WHOLE)
  }
}
