/** The tables of README.md that say what action.yml says, between their markers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { declaredIn, readActionYml, type Declared } from './action-yml.ts'
import type { Output } from './outputs.ts'

export function readme(): Output {
  const action = readActionYml()
  const text = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const inputs = table(
    ['input', 'what it says', 'default'],
    declaredIn(action, 'inputs').map((one) => [code(one.name), cell(one.description), defaultText(one)]),
  )
  const outputs = table(
    ['output', 'what it holds'],
    declaredIn(action, 'outputs').map((one) => [code(one.name), cell(one.description)]),
  )
  return { path: 'README.md', content: between(between(text, 'inputs', inputs), 'outputs', outputs) }
}

/** @throws Error when the README has lost its markers. */
export function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: made from action.yml by npm run generate -->`, `<!-- end of ${name} -->`]
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`README.md has no "${begin}" and "${end}"`)
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`
}

/** With columns of one width, as the formatter has them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

function defaultText(one: Declared): string {
  return one.default === undefined || one.default === '' ? '' : code(one.default)
}

function code(text: string): string {
  return `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*').replaceAll('<', '\\<')
}
