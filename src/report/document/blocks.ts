/** Blocks as short as they are thought; a block that would be empty is none. */
import type { Detail, Fact, Inline, Mark, Row } from '../../kinds/report-document.ts'
import { NONE } from '../facts.ts'
import { oneLine, truncate } from '../escape.ts'

/** Visible text on one line of at most so many UTF-16 units. */
export function line(text: string, maxLength: number): string {
  return truncate(oneLine(text), maxLength)
}

export function lines(texts: readonly string[], most: number, maxLength: number): string[] {
  return texts.slice(0, most).map((text) => line(text, maxLength))
}

export function fact(label: string, text: string, maxLength: number): Fact {
  const value = line(text, maxLength)
  return { label, value: value === '' ? NONE : value }
}

export function code(text: string, maxLength: number): Inline {
  return { kind: 'code', text: line(text, maxLength) }
}

export function list(items: readonly (readonly Inline[])[]): Detail[] {
  return items.length === 0 ? [] : [{ kind: 'list', items }]
}

export function facts(those: readonly Fact[]): Detail[] {
  return those.length === 0 ? [] : [{ kind: 'facts', facts: those }]
}

export function table(headings: readonly string[], rows: readonly Row[]): Detail[] {
  return rows.length === 0 ? [] : [{ kind: 'table', headings, rows }]
}

/** null: nobody could tell. */
export function mark(
  met: boolean | null,
  [yes, no, open]: readonly [string, string, string] = ['met', 'missed', 'undecided'],
): Mark {
  if (met === null) return { kind: 'mark', text: open, tone: 'inconclusive' }
  return met ? { kind: 'mark', text: yes, tone: 'passed' } : { kind: 'mark', text: no, tone: 'failed' }
}
