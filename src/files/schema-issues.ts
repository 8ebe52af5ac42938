/** Checks a part of a parsed file against a schema and tells every mistake with its place and in words for users. */
import * as z from 'zod'
import { listText, show, type KeyPath } from '../kinds/display.ts'
import { nodeAt, valueOf, type JsonNode } from './json-tree.ts'
import { MISTAKES_PER_FILE, type MistakeList } from './mistakes.ts'
import { wrong } from '../kinds/schema-kit.ts'
import { didYouMean } from '../core/suggest.ts'

/** Explains an unknown key better than the general message can; null where there is nothing to add. */
export type ExplainKey = (key: string, path: KeyPath) => string | null

/**
 * The parsed value, or null after at least one mistake was added.
 * `at` is the path of `node` in its file, for the mistakes' keys.
 */
export function checkNode<T>(
  schema: z.ZodType<T>,
  node: JsonNode,
  at: KeyPath,
  mistakes: MistakeList,
  explainKey: ExplainKey = () => null,
): T | null {
  const value = valueOf(node)
  const result = schema.safeParse(value, { error: describeIssue })
  if (result.success) return result.data
  const told = new Set<string>()
  for (const { issue, path, known } of meant({ schema, value }, result.error.issues, [])) {
    if (issue.code === 'unrecognized_keys') {
      addUnknownKeys(known, node, at, { path, keys: issue.keys }, mistakes, explainKey)
      continue
    }
    // A number that is too small and not whole has two issues, and one message says both.
    const once = JSON.stringify([path, issue.message])
    if (told.has(once)) continue
    told.add(once)
    mistakes.add(nodeAt(node, path).offset, [...at, ...path], issue.message)
  }
  return null
}

/** One issue, where it is, and the keys that its place may have. */
interface MeantIssue {
  readonly issue: z.core.$ZodIssue
  readonly path: KeyPath
  readonly known: readonly string[]
}

interface Place {
  readonly schema: unknown
  readonly value: unknown
}

/** What fits none of several objects is told by the issues of the one that it was meant to be. */
function meant(whole: Place, issues: readonly z.core.$ZodIssue[], prefix: KeyPath): MeantIssue[] {
  return issues.flatMap((issue) => {
    const own = issue.path.filter((part) => typeof part !== 'symbol')
    const path = [...prefix, ...own]
    const place = placeAt(whole, own)
    const { schema: option, number } = optionOf(place)
    if (issue.code === 'invalid_union' && number !== null)
      return meant({ ...place, schema: option }, issue.errors[number] ?? [], path)
    return [{ issue, path, known: option instanceof z.ZodObject ? Object.keys(option.shape) : [] }]
  })
}

/** Of several objects the one that knows most of the keys, the first of these; anything else as it is, without a number. */
function optionOf({ schema, value }: Place): { readonly schema: unknown; readonly number: number | null } {
  if (!(schema instanceof z.ZodUnion)) return { schema, number: null }
  const options = schema.options.map(unwrap)
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const unknown = options.map((one) => (one instanceof z.ZodObject ? keys.filter((key) => !(key in one.shape)).length : null))
  if (unknown.includes(null)) return { schema, number: null }
  const number = unknown.indexOf(Math.min(...unknown.filter((count) => count !== null)))
  return { schema: options[number], number }
}

function addUnknownKeys(
  known: readonly string[],
  node: JsonNode,
  at: KeyPath,
  unknown: { readonly path: KeyPath; readonly keys: readonly string[] },
  mistakes: MistakeList,
  explainKey: ExplainKey,
): void {
  const parent = nodeAt(node, unknown.path)
  for (const key of unknown.keys.slice(0, MISTAKES_PER_FILE)) {
    const offset = parent.kind === 'object' ? (parent.members.get(key)?.keyOffset ?? parent.offset) : parent.offset
    mistakes.add(offset, [...at, ...unknown.path, key], () => explainKey(key, unknown.path) ?? unknownKey(key, known))
  }
  mistakes.addUncounted(Math.max(0, unknown.keys.length - MISTAKES_PER_FILE))
}

export function unknownKey(key: string, known: readonly string[]): string {
  const guess = didYouMean(key, known)
  if (guess !== '') return `unknown key${guess}`
  return known.length === 0 ? 'unknown key; none is allowed here' : `unknown key; allowed here: ${listText(known, 30)}`
}

/** The default message of an issue; schemas with a better one have their own. */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  const input: unknown = issue.input
  switch (issue.code) {
    case 'invalid_type':
      return wrong(input, TYPE_NAMES[issue.expected] ?? issue.expected)
    case 'invalid_value':
      return invalidValue(input, issue.values)
    case 'too_small':
      return `${sizeMessage(issue.origin, `at least ${String(issue.minimum)}`)}, not ${sizeOf(input)}`
    case 'too_big':
      return `${sizeMessage(issue.origin, `at most ${String(issue.maximum)}`)}, not ${sizeOf(input)}`
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'is not allowed as a key here'
    default:
      return issue.message ?? 'is not allowed'
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function invalidValue(input: unknown, values: readonly unknown[]): string {
  if (values.length === 1) return wrong(input, show(values[0]))
  const names = values.map(String)
  return wrong(input, `one of ${listText(names)}`, typeof input === 'string' ? didYouMean(input, names) : '')
}

function sizeMessage(origin: string, limit: string): string {
  if (origin === 'array' || origin === 'set') return `must have ${limit} item${limit.endsWith(' 1') ? '' : 's'}`
  if (origin === 'string') return `must have ${limit} characters`
  return `must be ${limit}`
}

function sizeOf(input: unknown): string {
  if (Array.isArray(input) || typeof input === 'string') return String(input.length)
  return show(input)
}

function placeAt({ schema, value }: Place, path: KeyPath): Place {
  let place: Place = { schema: unwrap(schema), value }
  for (const part of path) {
    const parent = optionOf(place).schema
    place = { schema: unwrap(childOf(parent, part)), value: Reflect.get(Object(place.value) as object, part) }
  }
  return place
}

function childOf(schema: unknown, part: string | number): unknown {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, part) ? schema.shape[part] : undefined
  if (schema instanceof z.ZodArray) return schema.element
  return schema instanceof z.ZodRecord ? schema.valueType : undefined
}

function unwrap(schema: unknown): unknown {
  let current = schema
  for (;;) {
    if (current instanceof z.ZodPipe) current = current.in
    else if (current instanceof z.ZodOptional || current instanceof z.ZodNullable || current instanceof z.ZodDefault)
      current = current.unwrap()
    else return current
  }
}
