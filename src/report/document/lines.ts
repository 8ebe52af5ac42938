/** Parts of the document as plain lines. Not escaped. */
import type { Detail, Headline, Inline } from '../../kinds/report-document.ts'

export function linesOf(detail: Detail): string[] {
  switch (detail.kind) {
    case 'paragraph':
      return [detail.text]
    case 'list':
      return detail.items.map(plain)
    case 'facts':
      return detail.facts.map(({ label, value }) => `${lowered(label)}: ${plain([value])}`)
    case 'table':
      return detail.rows.map(({ cells, line = plain(cells) }) => line)
    case 'preformatted':
      return [`${lowered(detail.label)}: ${detail.text}`]
  }
}

/** `profile quick`, `stack shop`, … */
export function aboutTexts({ about }: Headline): string[] {
  return about.map(({ label, text }) => (label === '' ? text : `${label} ${text}`))
}

export function plain(parts: readonly Inline[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.text)).join(' ')
}

function lowered(label: string): string {
  return label.charAt(0).toLowerCase() + label.slice(1)
}
