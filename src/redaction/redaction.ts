/**
 * Secrets starred out of foreign text before it reaches the disk or a reader: values that are known, in the forms that texts
 * have them in, and whatever looks like one. docs/redaction.md says where that ends. Pure.
 */
import { redactShapes, STARS } from './secret-shapes.ts'
import { SHORTEST_SECRET } from './secret-names.ts'

const NAME = /^\w{1,40}$/
/** Below this a piece of base64 says too little to be told from any other. */
const SHORTEST_ENCODED = 8

/** Values become known as a run goes on: those of the compose file when it has been read. */
export class Redaction {
  private readonly values = new Set<string>()
  private needles: readonly string[] = []

  /** Values under six characters are left: they would blot out ordinary words. */
  constructor(values: Iterable<string> = []) {
    this.add(values)
  }

  add(values: Iterable<string>): void {
    for (const value of values) if (value.length >= SHORTEST_SECRET) this.values.add(value)
    const needles = new Set([...this.values].flatMap(formsOf))
    // The longest first: a form may hold another one.
    this.needles = [...needles].sort((a, b) => b.length - a.length)
  }

  /** Linear in the text's length. A function of its own, so that it can be handed on. */
  readonly text = (text: string): string => {
    let redacted = text
    for (const needle of this.needles) if (redacted.includes(needle)) redacted = redacted.replaceAll(needle, STARS)
    return redactShapes(redacted)
  }

  /**
   * The same with every string of an object redacted: log lines and bodies find their way into reasons. Keys that are names
   * stay; any other is a text like those.
   */
  object<T>(value: T): T {
    const walk = (part: unknown): unknown => {
      if (typeof part === 'string') return this.text(part)
      if (Array.isArray(part)) return part.map(walk)
      if (typeof part !== 'object' || part === null) return part
      return Object.fromEntries(Object.entries(part).map(([key, inner]) => [NAME.test(key) ? key : this.text(key), walk(inner)]))
    }
    return walk(value) as T
  }
}

/** A value as it is, line by line, and as JSON, URLs, forms and base64 have it. */
function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim())
  const plain = [...new Set([value, value.trim(), ...(lines.length > 1 ? lines : [])])]
  return plain.filter((one) => one.length >= SHORTEST_SECRET).flatMap((one) => [one, ...escapedForms(one), ...base64Forms(one)])
}

function escapedForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const percent = encodeURIComponent(value.toWellFormed())
  return [
    json,
    // Go's encoder escapes these as well.
    json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    // In JSON within JSON.
    JSON.stringify(json).slice(1, -1),
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    percent.replaceAll('%20', '+'),
  ].filter((form) => form !== value)
}

/**
 * Base64 of any text that the value stands in, such as `user:password`: which characters come of the value alone depends on
 * how many bytes stand before it, of three there are.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8')
  const forms = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  const whole = bytes.toString('base64')
  return [whole, ...forms]
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
    .filter((form) => form.length >= SHORTEST_ENCODED)
}
