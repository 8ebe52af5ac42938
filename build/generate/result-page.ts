/** docs/result.md: every property of result.json at every depth, from the schema that is its type. */
import * as z from 'zod'
import { resultShape } from '../../src/core/result/run.ts'
import { cell, code, table } from './markdown.ts'
import type { Output } from './outputs.ts'

/** What the result's JSON Schema is made of. */
interface Node {
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Node[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly additionalProperties?: Node | boolean
}

interface Property {
  /** `scenarios[].canary.p50Ms`. */
  readonly path: string
  readonly node: Node
}

/** Parts that are long enough for a table of their own, by the begin of their paths. */
const PARTS: Readonly<Record<string, string>> = {
  'run.': 'The run',
  'scenarios[].': 'A scenario',
  'load[].': 'A load pattern',
}

export function resultPage(): Output {
  const schema = z.toJSONSchema(resultShape, { io: 'input', reused: 'inline' }) as Node
  const properties = propertiesOf(schema, '')
  const partOf = ({ path }: Property): string => Object.keys(PARTS).find((part) => path.startsWith(part)) ?? ''
  const sections = [['', 'The result'], ...Object.entries(PARTS)].map(([part, title = '']) => {
    const rows = properties.filter((property) => partOf(property) === part).map(rowOf)
    return `## ${title}\n\n${table(['property', 'type', 'what it holds'], rows)}\n`
  })
  const head = `# result.json

${schema.description ?? ''} This page is made from \`src/core/result\`
by \`npm run generate\`; for programs the same is in [schema/result.schema.json](../schema/result.schema.json).
`
  return { path: 'docs/result.md', content: [head, ...sections].join('\n') }
}

function propertiesOf(node: Node, path: string): Property[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, one]) => {
    const below = path === '' ? name : `${path}.${name}`
    return [{ path: below, node: one }, ...propertiesOf(one, below)]
  })
  const items = node.items === undefined ? [] : propertiesOf(node.items, `${path}[]`)
  return [...own, ...items, ...(node.anyOf ?? []).flatMap((one) => propertiesOf(one, path))]
}

function rowOf({ path, node }: Property): string[] {
  const missing = node.default === undefined ? '' : ` (${JSON.stringify(node.default)} in older results)`
  return [code(path), `${typeOf(node)}${missing}`, cell(node.description ?? '')]
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return code(JSON.stringify(node.const))
  if (node.enum !== undefined) return node.enum.map((one) => code(String(one))).join(', ')
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ')
  if (node.items !== undefined) return `list of ${typeOf(node.items)}`
  if (typeof node.additionalProperties === 'object') return `map of names to ${typeOf(node.additionalProperties)}`
  // What refers to itself has no type of its own: Json.
  return [node.type ?? 'any JSON'].flat().join(' or ')
}
