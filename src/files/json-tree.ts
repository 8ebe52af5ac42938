/** Strict JSON with the place of every value. What a careless or hostile file may hold is refused, in words for its author. */
import { printParseErrorCode, visit, type JSONVisitor, type ParseErrorCode } from 'jsonc-parser'
import { keyPathText, printable, show, type KeyPath } from '../kinds/display.ts'
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
const KEY = 'a key in double quotes'

/** A container that is being filled, and the key of the member at hand. */
interface Frame {
  readonly node: JsonObjectNode | JsonArrayNode
  key: { readonly name: string; readonly offset: number } | null
}

/** There is no sensible way to go on after it. */
class JsonSyntaxError extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

/** What was parsed as far as it goes, or null when the text ends in nothing usable; mistakes go to the list. */
export function parseJsonTree(text: string, mistakes: MistakeList): JsonNode | null {
  const builder = new TreeBuilder(text, mistakes)
  try {
    visit(text, builder, { disallowComments: true, allowTrailingComma: true })
    return builder.root
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    mistakes.add(error.offset, builder.path(), printable(error.message, 300))
    return null
  }
}

/** The limit of depth ends the parser, which is recursive, before it can exhaust the stack. */
class TreeBuilder implements JSONVisitor {
  root: JsonNode | null = null
  private readonly text: string
  private readonly mistakes: MistakeList
  private readonly stack: Frame[] = []
  private values = 0
  /** Where a comma is that nothing has followed yet. */
  private comma: number | null = null

  constructor(text: string, mistakes: MistakeList) {
    this.text = text
    this.mistakes = mistakes
  }

  path(): KeyPath {
    return this.stack.flatMap(({ node, key }, index): KeyPath => {
      if (node.kind === 'object') return key === null ? [] : [key.name]
      // An item is pushed when it begins, so below the top of the stack the current item is the last one.
      return [index === this.stack.length - 1 ? node.items.length : node.items.length - 1]
    })
  }

  readonly onObjectBegin = (offset: number): void => {
    this.open({ kind: 'object', offset, members: new Map() })
  }

  readonly onArrayBegin = (offset: number): void => {
    this.open({ kind: 'array', offset, items: [] })
  }

  readonly onObjectProperty = (name: string, offset: number): void => {
    const frame = this.stack.at(-1)
    if (frame?.node.kind !== 'object') return
    this.comma = null
    frame.key = { name, offset }
    this.limitItems(frame.node.members.size, offset)
  }

  readonly onLiteralValue = (value: JsonScalarNode['value'], offset: number, length: number): void => {
    if (this.isCutShort(offset, length)) throw notJson(this.text, offset)
    this.add({ kind: 'scalar', offset, value })
  }

  readonly onSeparator = (character: string, offset: number): void => {
    if (character === ',') this.comma = offset
    else this.checkKey()
  }

  /** Told at the end of the text as well. */
  readonly onObjectEnd = (offset: number): void => {
    if (offset === this.text.length) throw this.unexpected(offset, 0, this.wanted())
    const closing = this.text.charAt(offset)
    if (this.comma !== null) this.mistakes.add(this.comma, this.path(), `JSON has no comma before ${closing}: remove it`)
    this.comma = null
    this.stack.pop()
  }

  readonly onArrayEnd = this.onObjectEnd

  readonly onError = (code: ParseErrorCode, offset: number, length: number): void => {
    if (this.isCutShort(offset, length)) throw notJson(this.text, offset)
    const frame = this.stack.at(-1)
    switch (printParseErrorCode(code)) {
      case 'InvalidCommentToken':
        this.mistakes.add(offset, this.path(), 'JSON has no comments: remove it, or say it in "description"')
        return
      case 'InvalidSymbol':
      case 'UnexpectedEndOfNumber':
        throw notJson(this.text, offset)
      case 'UnexpectedEndOfString':
        throw wrongString(this.text, offset, offset + length + 1)
      case 'InvalidCharacter':
      case 'InvalidUnicode':
      case 'InvalidEscapeCharacter':
        throw wrongString(this.text, offset, offset + length)
      case 'EndOfFileExpected':
        throw new JsonSyntaxError(offset, 'there is more after the end of the JSON value')
      case 'ColonExpected':
        throw this.unexpected(offset, length, `a colon after the key ${show(frame?.key?.name)}`)
      case 'ValueExpected':
        throw this.unexpected(offset, length, frame?.node.kind === 'object' && frame.key === null ? KEY : 'a value')
      case 'PropertyNameExpected':
        throw this.unexpected(offset, length, KEY)
      default:
        throw this.unexpected(offset, length, this.wanted())
    }
  }

  /** What may follow in the innermost container, behind what it has. */
  private wanted(): string {
    const frame = this.stack.at(-1)
    if (frame?.node.kind === 'object') return frame.key === null ? KEY : `a comma or } after the value of ${show(frame.key.name)}`
    return frame === undefined || frame.node.items.length === 0 ? 'a value' : 'a comma or ] after an item of the list'
  }

  private open(node: JsonObjectNode | JsonArrayNode): void {
    if (this.stack.length >= JSON_LIMITS.depth)
      throw new JsonSyntaxError(node.offset, `nested deeper than ${JSON_LIMITS.depth} levels`)
    this.add(node)
    this.stack.push({ node, key: null })
  }

  private add(node: JsonNode): void {
    const frame = this.stack.at(-1)
    if (frame?.node.kind === 'array') this.limitItems(frame.node.items.length, node.offset)
    this.comma = null
    this.values += 1
    if (this.values > JSON_LIMITS.values)
      throw new JsonSyntaxError(node.offset, `the file holds more than ${JSON_LIMITS.values} values: split it`)
    if (frame === undefined) this.root = node
    else if (frame.node.kind === 'array') frame.node.items.push(node)
    else if (frame.key !== null && !FORBIDDEN_KEYS.has(frame.key.name) && !frame.node.members.has(frame.key.name))
      frame.node.members.set(frame.key.name, { keyOffset: frame.key.offset, value: node })
  }

  private checkKey(): void {
    const frame = this.stack.at(-1)
    if (frame?.node.kind !== 'object' || frame.key === null) return
    const { name, offset } = frame.key
    if (FORBIDDEN_KEYS.has(name)) this.mistakes.add(offset, this.path(), `the key "${name}" is refused everywhere: remove it`)
    if (frame.node.members.has(name))
      this.mistakes.add(offset, this.path(), () => `the key ${show(name)} is there twice in the same object: keep one`)
  }

  /** `01` and `1x` would be a number, and something after it. */
  private isCutShort(offset: number, length: number): boolean {
    return /[-\d]/.test(this.text.charAt(offset)) && WORD_CHARACTER.test(this.text.charAt(offset + length))
  }

  private limitItems(count: number, offset: number): void {
    if (count < JSON_LIMITS.itemsEach) return
    const where = keyPathText(this.path().slice(0, -1)) || 'the file'
    const most = String(JSON_LIMITS.itemsEach)
    throw new JsonSyntaxError(offset, `${where} has more than ${most} items: split it over several files`)
  }

  private unexpected(offset: number, length: number, wanted: string): JsonSyntaxError {
    const opened = this.stack.at(-1)?.node.offset
    const found = this.text.slice(offset, offset + length)
    if (found !== '') {
      const shown = '{}[],:'.includes(found) ? found : show(JSON.parse(found))
      return new JsonSyntaxError(offset, `expected ${wanted}, found ${shown}`)
    }
    if (opened === undefined) return new JsonSyntaxError(0, 'the file is empty: it must hold one JSON object')
    return new JsonSyntaxError(opened, `the file ends before the bracket of this object or list is closed; expected ${wanted}`)
  }
}

const WORD_CHARACTER = /[\p{L}\p{N}_$.+-]/u
const WORD = /[\p{L}\p{N}_$.+-]{1,40}/uy

function notJson(text: string, at: number): JsonSyntaxError {
  WORD.lastIndex = at
  const word = WORD.exec(text)?.[0] ?? ''
  // `null#`: what is wrong comes after it.
  if (/^(?:true|false|null)$/.test(word)) return notJson(text, at + word.length)
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  const told = (message: string): JsonSyntaxError => new JsonSyntaxError(at, message)
  if (character === "'") return told("text stands in double quotes in JSON, not in '")
  if (/^(?:true|false|null)$/i.test(word)) return told(`${word} is written ${word.toLowerCase()} in JSON`)
  if (/^[-+.\d]/.test(word)) return told(`${JSON.stringify(word)} is no number in JSON`)
  if (word !== '') return told(`${JSON.stringify(word)} is not JSON: text and keys stand in double quotes`)
  return told(`unexpected character ${JSON.stringify(character)}`)
}

/** `to`: where the text was found to be wrong, or ends. */
function wrongString(text: string, from: number, to: number): JsonSyntaxError {
  const token = text.slice(from, to)
  const control = token.search(/[\u0000-\u001f]/)
  if (control !== -1) {
    const what = /[\r\n]/.test(token.charAt(control)) ? 'a line break' : 'a control character'
    return new JsonSyntaxError(from + control, `text cannot hold ${what}: write it as an escape, such as \\n`)
  }
  if (to > text.length) return new JsonSyntaxError(from, 'the text that begins here has no closing quote')
  return new JsonSyntaxError(
    from,
    'text with an unknown escape: JSON has \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits',
  )
}

/** The node at a path, or the deepest one on the way there. */
export function nodeAt(root: JsonNode, path: KeyPath): JsonNode {
  let node = root
  for (const part of path) {
    const next: JsonNode | undefined = childOf(node, part)
    if (next === undefined) return node
    node = next
  }
  return node
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
