/** A strict JSON parser that keeps the place of every value and refuses what a careless or hostile file may hold. */
import { keyPathText, printable, show } from '../kinds/display.ts'
import type { KeyPath } from '../kinds/display.ts'
import { JsonSyntaxError, jsonTokens } from './json-tokens.ts'
import type { JsonToken, JsonTokens } from './json-tokens.ts'
import type { MistakeList } from './mistakes.ts'

export type JsonNode = JsonObjectNode | JsonArrayNode | JsonScalarNode

export interface JsonObjectNode {
  readonly kind: 'object'
  readonly offset: number
  readonly members: Map<string, { readonly keyOffset: number; readonly value: JsonNode }>
}

interface JsonArrayNode {
  readonly kind: 'array'
  readonly offset: number
  readonly items: JsonNode[]
}

interface JsonScalarNode {
  readonly kind: 'scalar'
  readonly offset: number
  readonly value: string | number | boolean | null
}

export const JSON_LIMITS = { depth: 64, itemsEach: 1_000, values: 200_000 } as const

/** Keys that mean something to JavaScript itself and nothing to any of our files. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** A container that is being filled, and the key of the member at hand. */
interface ObjectFrame {
  readonly node: JsonObjectNode
  key: string | null
}
interface ArrayFrame {
  readonly node: JsonArrayNode
}
type Frame = ObjectFrame | ArrayFrame

/** What was parsed as far as it goes, or null when the text ends in nothing usable; mistakes go to the list. */
export function parseJsonTree(text: string, mistakes: MistakeList): JsonNode | null {
  const parser = new TreeBuilder(text, mistakes)
  try {
    return parser.parse()
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    mistakes.add(error.offset, parser.path(), printable(error.message, 300))
    return null
  }
}

/** Iterative, so that no depth of nesting can exhaust the stack. */
class TreeBuilder {
  private readonly tokens: JsonTokens
  private readonly mistakes: MistakeList
  private readonly stack: Frame[] = []
  private values = 0

  constructor(text: string, mistakes: MistakeList) {
    this.mistakes = mistakes
    this.tokens = jsonTokens(text, (problem) => {
      mistakes.add(problem.offset, this.path(), problem.message)
    })
  }

  path(): KeyPath {
    return this.stack.flatMap((frame, index): KeyPath => {
      if ('key' in frame) return frame.key === null ? [] : [frame.key]
      // An item is pushed when it begins, so below the top of the stack the current item is the last one.
      return [index === this.stack.length - 1 ? frame.node.items.length : frame.node.items.length - 1]
    })
  }

  parse(): JsonNode {
    const first = this.tokens.next()
    if (first.kind === 'end') throw new JsonSyntaxError(0, 'the file is empty: it must hold one JSON object')
    const root = this.open(first)
    while (this.stack.length > 0) this.step()
    const after = this.tokens.next()
    if (after.kind !== 'end') throw new JsonSyntaxError(after.offset, 'there is more after the end of the JSON value')
    return root
  }

  /** Takes one member, one item or the closing bracket of the innermost container. */
  private step(): void {
    const frame = this.stack.at(-1)
    if (frame === undefined) return
    if ('key' in frame) this.stepObject(frame)
    else this.stepArray(frame)
  }

  private stepObject(frame: ObjectFrame): void {
    const { node } = frame
    const token = this.nextOrClose(node, frame.key === null, '}', () => `a comma or } after the value of ${show(frame.key)}`)
    if (token === null) return
    if (token.kind !== 'string') throw unexpected(token, 'a key in double quotes', node.offset)
    const key = token.value
    frame.key = key
    const colon = this.tokens.next()
    if (colon.kind !== ':') throw unexpected(colon, `a colon after the key ${show(key)}`, node.offset)
    this.limitItems(node.members.size, token.offset)
    this.checkKey(node, key, token.offset)
    const value = this.open(this.tokens.next())
    if (!FORBIDDEN_KEYS.has(key) && !node.members.has(key)) node.members.set(key, { keyOffset: token.offset, value })
  }

  private stepArray({ node }: ArrayFrame): void {
    const token = this.nextOrClose(node, node.items.length === 0, ']', () => 'a comma or ] after an item of the list')
    if (token === null) return
    this.limitItems(node.items.length, token.offset)
    node.items.push(this.open(token))
  }

  /** The first token of the next member or item; null when the container ends here. */
  private nextOrClose(node: JsonNode, isFirst: boolean, closing: '}' | ']', wanted: () => string): JsonToken | null {
    let token = this.tokens.next()
    if (!isFirst && token.kind !== closing) {
      const comma = token
      if (comma.kind !== ',') throw unexpected(comma, wanted(), node.offset)
      token = this.tokens.next()
      if (token.kind === closing) this.mistakes.add(comma.offset, this.path(), `JSON has no comma before ${closing}: remove it`)
    }
    if (token.kind !== closing) return token
    this.stack.pop()
    return null
  }

  private checkKey(node: JsonObjectNode, key: string, offset: number): void {
    if (FORBIDDEN_KEYS.has(key)) this.mistakes.add(offset, this.path(), `the key "${key}" is refused everywhere: remove it`)
    if (node.members.has(key)) {
      this.mistakes.add(offset, this.path(), () => `the key ${show(key)} is there twice in the same object: keep one`)
    }
  }

  /** A value begins: scalars are whole, containers are filled by later steps. */
  private open(token: JsonToken): JsonNode {
    this.values += 1
    if (this.values > JSON_LIMITS.values) {
      throw new JsonSyntaxError(token.offset, `the file holds more than ${String(JSON_LIMITS.values)} values: split it`)
    }
    const offset = token.offset
    if (token.kind === 'string' || token.kind === 'literal') return { kind: 'scalar', offset, value: token.value }
    if (token.kind !== '{' && token.kind !== '[') throw unexpected(token, 'a value', this.stack.at(-1)?.node.offset ?? null)
    if (this.stack.length >= JSON_LIMITS.depth) {
      throw new JsonSyntaxError(offset, `nested deeper than ${String(JSON_LIMITS.depth)} levels`)
    }
    const node: JsonObjectNode | JsonArrayNode =
      token.kind === '{' ? { kind: 'object', offset, members: new Map() } : { kind: 'array', offset, items: [] }
    this.stack.push(node.kind === 'object' ? { node, key: null } : { node })
    return node
  }

  private limitItems(count: number, offset: number): void {
    if (count < JSON_LIMITS.itemsEach) return
    const where = keyPathText(this.path().slice(0, -1)) || 'the file'
    throw new JsonSyntaxError(
      offset,
      `${where} has more than ${String(JSON_LIMITS.itemsEach)} items: split it over several files`,
    )
  }
}

function unexpected(token: JsonToken, wanted: string, openedAt: number | null): JsonSyntaxError {
  if (token.kind === 'end') {
    const what = openedAt === null ? 'the file ends' : 'the file ends before the bracket of this object or list is closed'
    return new JsonSyntaxError(openedAt ?? token.offset, `${what}; expected ${wanted}`)
  }
  const found = token.kind === 'string' || token.kind === 'literal' ? show(token.value) : token.kind
  return new JsonSyntaxError(token.offset, `expected ${wanted}, found ${found}`)
}

/** The node at a path, or the deepest one on the way there; `missing` tells which. */
export function nodeAt(root: JsonNode, path: KeyPath): { node: JsonNode; missing: boolean } {
  let node = root
  for (const part of path) {
    const next: JsonNode | undefined = childOf(node, part)
    if (next === undefined) return { node, missing: true }
    node = next
  }
  return { node, missing: false }
}

export function childOf(node: JsonNode, part: string | number): JsonNode | undefined {
  if (node.kind === 'object' && typeof part === 'string') return node.members.get(part)?.value
  if (node.kind === 'array' && typeof part === 'number') return node.items[part]
  return undefined
}

/** A plain value of the tree; its depth is limited already. */
export function valueOf(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'array') return node.items.map(valueOf)
  return Object.fromEntries([...node.members].map(([key, member]) => [key, valueOf(member.value)]))
}
