/** What a request was answered when it was sent first, for later answers to be held against. */
import { createHash } from 'node:crypto'

/** Of one entry and one turn; whatever comes beyond it is compared with nothing. */
const MOST_KEPT = 1_000
/** Longer ones are kept as a hash alone, so that where they differ is not told. */
const MOST_TEXT = 64 * 1_024

interface Kept {
  readonly length: number
  readonly hash: string
  readonly text: string | null
}

export class FirstAnswers {
  private readonly kept = new Map<string, Kept>()

  /** The first of a key is kept. @returns null when the answer is the same, else how it differs. */
  differs(key: string, part: unknown): string | null {
    const text = typeof part === 'string' ? part : JSON.stringify(part ?? null)
    const seen: Kept = {
      length: text.length,
      hash: createHash('sha256').update(text).digest('hex'),
      text: text.length > MOST_TEXT ? null : text,
    }
    const first = this.kept.get(key)
    if (first === undefined) {
      if (this.kept.size < MOST_KEPT) this.kept.set(key, seen)
      return null
    }
    return first.hash === seen.hash ? null : difference(first, seen)
  }
}

function difference(first: Kept, seen: Kept): string {
  const lengths = `${seen.length} characters in place of ${first.length}`
  if (first.text === null || seen.text === null) return lengths
  const { text } = first
  const other = seen.text
  let at = 0
  while (at < text.length && text[at] === other[at]) at += 1
  return `${lengths}, another one from character ${at + 1} on`
}
