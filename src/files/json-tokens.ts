/** The words of strict JSON with their places. JSON.parse would do, but it tells no places and keeps the last of two equal keys. */

type Punctuation = '{' | '}' | '[' | ']' | ',' | ':'

export type JsonToken =
  | { readonly kind: Punctuation | 'end'; readonly offset: number }
  | { readonly kind: 'string'; readonly offset: number; readonly value: string }
  | { readonly kind: 'literal'; readonly offset: number; readonly value: number | boolean | null }

export interface TokenProblem {
  readonly offset: number
  readonly message: string
}

/** Thrown by `next`: there is no sensible way to go on after it. */
export class JsonSyntaxError extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.name = 'JsonSyntaxError'
    this.offset = offset
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[\p{L}\p{N}_$.+-]{1,40}/uy

export interface JsonTokens {
  /** @throws JsonSyntaxError */
  next(): JsonToken
}

/** Comments are reported through `onProblem` and passed over, so that what follows them is still checked. */
export function jsonTokens(text: string, onProblem: (problem: TokenProblem) => void): JsonTokens {
  let at = 0
  const next = (): JsonToken => {
    at = skipBlank(text, at, onProblem)
    const offset = at
    const character = text[at]
    if (character === undefined) return { kind: 'end', offset }
    if (isPunctuation(character)) {
      at += 1
      return { kind: character, offset }
    }
    if (character === '"') {
      at = endOfString(text, at)
      return { kind: 'string', offset, value: stringValue(text, offset, at) }
    }
    const literal = literalAt(text, at)
    at = literal.end
    return { kind: 'literal', offset, value: literal.value }
  }
  return { next }
}

function isPunctuation(character: string): character is Punctuation {
  return '{}[],:'.includes(character)
}

function skipBlank(text: string, from: number, onProblem: (problem: TokenProblem) => void): number {
  let at = from
  for (;;) {
    const character = text[at]
    if (character === ' ' || character === '\n' || character === '\r' || character === '\t') {
      at += 1
    } else if (character === '/' && (text[at + 1] === '/' || text[at + 1] === '*')) {
      onProblem({ offset: at, message: 'JSON has no comments: remove it, or say it in "description"' })
      at = endOfComment(text, at)
    } else {
      return at
    }
  }
}

function endOfComment(text: string, from: number): number {
  const closing = text[from + 1] === '/' ? '\n' : '*/'
  const end = text.indexOf(closing, from + 2)
  return end === -1 ? text.length : end + closing.length
}

/** A loop and no regular expression: those run out of stack on strings of megabytes. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at + 1
    if (code === 0x5c) at += 1
    else if (code < 0x20) {
      const what = code === 0x0a || code === 0x0d ? 'a line break' : 'a control character'
      throw new JsonSyntaxError(at, `text cannot hold ${what}: write it as an escape, such as \\n`)
    }
  }
  throw new JsonSyntaxError(from, 'the text that begins here has no closing quote')
}

function stringValue(text: string, from: number, to: number): string {
  try {
    return JSON.parse(text.slice(from, to)) as string
  } catch {
    throw new JsonSyntaxError(
      from,
      'text with an unknown escape: JSON has \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits',
    )
  }
}

function literalAt(text: string, at: number): { value: number | boolean | null; end: number } {
  WORD.lastIndex = at
  const word = WORD.exec(text)?.[0] ?? ''
  if (word === 'true' || word === 'false') return { value: word === 'true', end: at + word.length }
  if (word === 'null') return { value: null, end: at + word.length }
  NUMBER.lastIndex = at
  const number = NUMBER.exec(text)?.[0] ?? ''
  if (number !== '' && !/[\p{L}\p{N}_$.+-]/u.test(text[at + number.length] ?? '')) {
    return { value: Number(number), end: at + number.length }
  }
  throw new JsonSyntaxError(at, notJson(text, at, word))
}

function notJson(text: string, at: number, word: string): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (character === "'") return "text stands in double quotes in JSON, not in '"
  if (/^(?:true|false|null)$/i.test(word)) return `${word} is written ${word.toLowerCase()} in JSON`
  if (/^[-+.\d]/.test(word)) return `${JSON.stringify(word)} is no number in JSON`
  if (word !== '') return `${JSON.stringify(word)} is not JSON: text and keys stand in double quotes`
  return `unexpected character ${JSON.stringify(character)}`
}
