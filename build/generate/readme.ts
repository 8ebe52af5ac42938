/** The tables of README.md that say what action.yml says, between their markers. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as z from 'zod'
import { CLAUSES } from '../../src/clauses/registry.ts'
import { ENTRIES } from '../../src/faults/registry.ts'
import { declaredIn, readActionYml, type Declared } from './action-yml.ts'
import { cell, code, table } from './markdown.ts'
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
  const filled = between(between(text, 'inputs', 'action.yml', inputs), 'outputs', 'action.yml', outputs)
  const withEntries = between(filled, 'entries', 'the faults', entriesTable())
  return { path: 'README.md', content: between(withEntries, 'clauses', 'the clauses', clausesTable()) }
}

/** The entries that a scenario file may have: the key that names the fault, the keys that it needs, and those that it may have. */
function entriesTable(): string {
  const rows = ENTRIES.map(({ key, value, shape, docs }) => {
    const { [key]: _named, ...others } = shape
    const { needed, optional } = keysOf(others)
    const first = code(value === null ? key : `${key}: ${JSON.stringify(value)}`)
    return [[first, ...needed].join(', '), docs.what, docs.options ?? optional.join(', ')]
  })
  return table(['keys', 'what it does', 'optional keys'], [...rows, ['`faults`', 'a list of the above, all at once', '']])
}

/** The clauses that `expect` may hold, with the keys that each needs and those that it may have. */
function clausesTable(): string {
  const rows = CLAUSES.map(({ key, schema }) => {
    const { needed, optional } = keysOf(schema.shape)
    return [code(key), cell(schema.meta()?.description ?? ''), needed.join(', '), optional.join(', ')]
  })
  return table(['clause', 'what it judges', 'keys', 'optional keys'], rows)
}

function keysOf(shape: z.ZodRawShape): { readonly needed: string[]; readonly optional: string[] } {
  const isOptional = (name: string): boolean => (shape[name] as z.ZodType).safeParse(undefined).success
  const names = Object.keys(shape)
  return { needed: names.filter((name) => !isOptional(name)).map(code), optional: names.filter(isOptional).map(code) }
}

/** @throws Error when the README has lost its markers. */
function between(text: string, name: string, from: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: made from ${from} by npm run generate -->`, `<!-- end of ${name} -->`]
  const start = text.indexOf(begin)
  const to = text.indexOf(end)
  if (start < 0 || to < start) throw new Error(`README.md has no "${begin}" and "${end}"`)
  return `${text.slice(0, start + begin.length)}\n\n${content}\n\n${text.slice(to)}`
}

function defaultText(one: Declared): string {
  return one.default === undefined || one.default === '' ? '' : code(one.default)
}
