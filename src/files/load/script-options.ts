/**
 * The options of a k6 script where they stand in it word for word, as most people write them. k6 tells them of any script,
 * but must be there and run it: what is read here is for the time that is planned before, and for nothing else.
 */
import type { Json, JsonObject } from '../../core/json.ts'

const DECLARED = /\bexport\s+(?:const|let|var)\s+options\b[^=\n{]*=\s*(?=\{)|\bexports\.options\s*=\s*(?=\{)/g
/** Something is put into them later, or they are put together. */
const CHANGED = /\boptions\s*[.[][^=;<>!\n]*=(?![=>])/
const BLANK = /\s*/y
const TEXT = /'([^'\\\n]*)'|"([^"\\\n]*)"|`([^`\\$]*)`/y
const NUMBER = /-?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?(?![\w.])/iy
const NAME = /[A-Za-z_$][\w$]*/y
const WORDS = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const DEEPEST = 20

/** Pure. `source`: without its comments. null for options that are not written down there, or not all of them. */
export function literalOptions(source: string): JsonObject | null {
  const [declared, another] = [...source.matchAll(DECLARED)]
  if (declared === undefined || another !== undefined) return null
  const at = declared.index + declared[0].length
  if (CHANGED.test(source.slice(0, declared.index)) || CHANGED.test(source.slice(at))) return null
  try {
    return new Literal(source, at).object(0)
  } catch (error) {
    if (error instanceof NoLiteral) return null
    throw error
  }
}

/** What stands there is to be worked out. */
class NoLiteral extends Error {}

class Literal {
  private at: number
  private readonly source: string

  constructor(source: string, at: number) {
    this.source = source
    this.at = at
  }

  object(depth: number): JsonObject {
    const entries = this.list('{', '}', (): [string, Json] => {
      const key = this.text() ?? this.take(NAME)?.[0] ?? this.number()?.toString()
      if (key === undefined || !this.mark(':')) throw new NoLiteral()
      return [key, this.value(depth + 1)]
    })
    return Object.fromEntries(entries)
  }

  private value(depth: number): Json {
    if (depth > DEEPEST) throw new NoLiteral()
    if (this.sees('{')) return this.object(depth)
    if (this.sees('[')) return this.list('[', ']', () => this.value(depth + 1))
    const plain = this.text() ?? this.number() ?? WORDS.get(this.take(NAME)?.[0] ?? '')
    if (plain === undefined) throw new NoLiteral()
    return plain
  }

  /** What follows an item is a comma or the end: an item that goes on, as a sum does, is none. */
  private list<Item>(open: string, close: string, item: () => Item): Item[] {
    if (!this.mark(open)) throw new NoLiteral()
    const items: Item[] = []
    while (!this.mark(close)) {
      items.push(item())
      if (!this.mark(',') && !this.sees(close)) throw new NoLiteral()
    }
    return items
  }

  private text(): string | undefined {
    const found = this.take(TEXT)
    return found === null ? undefined : (found[1] ?? found[2] ?? found[3])
  }

  private number(): number | undefined {
    const found = this.take(NUMBER)
    return found === null ? undefined : Number(found[0].replaceAll('_', ''))
  }

  private sees(mark: string): boolean {
    this.skipBlank()
    return this.source.startsWith(mark, this.at)
  }

  private mark(mark: string): boolean {
    const isThere = this.sees(mark)
    if (isThere) this.at += mark.length
    return isThere
  }

  private take(token: RegExp): RegExpExecArray | null {
    this.skipBlank()
    token.lastIndex = this.at
    const found = token.exec(this.source)
    if (found !== null) this.at += found[0].length
    return found
  }

  private skipBlank(): void {
    BLANK.lastIndex = this.at
    this.at += BLANK.exec(this.source)?.[0].length ?? 0
  }
}
