/** What is wrong with a file of the user's, and where. */
import { ChaosError } from '../core/errors.ts'
import { keyPathText, printable, type KeyPath } from '../kinds/display.ts'

export interface Mistake {
  /** As the user named it. */
  readonly file: string
  /** 1-based; columns count UTF-16 units, as editors do. */
  readonly line: number
  readonly column: number
  /** Key path such as `scenarios[0].attributes.latency`; empty for the file as a whole. */
  readonly key: string
  readonly message: string
  /** This is the last one of the file and stands for so many that are not told. */
  readonly more?: number
}

export const MISTAKES_PER_FILE = 100

/** `file:line:column: key: message` on one line, whatever the file holds. */
export function formatMistake(mistake: Mistake): string {
  const where = `${printable(mistake.file)}:${mistake.line}:${mistake.column}`
  return mistake.key === '' ? `${where}: ${mistake.message}` : `${where}: ${mistake.key}: ${mistake.message}`
}

export type Locate = (offset: number) => { line: number; column: number }

/** Collects the mistakes of one file: the first 100 of them, and how many more there were. */
export class MistakeList {
  readonly file: string
  private readonly locate: Locate
  private readonly found: { readonly offset: number; readonly key: string; readonly message: string }[] = []
  private dropped = 0

  constructor(file: string, locate: Locate = () => ({ line: 1, column: 1 })) {
    this.file = file
    this.locate = locate
  }

  get count(): number {
    return this.found.length + this.dropped
  }

  /** The message may be a function, so that it is made only when it is kept. */
  add(offset: number, path: KeyPath, message: string | (() => string)): void {
    if (this.found.length >= MISTAKES_PER_FILE) {
      this.dropped += 1
      return
    }
    this.found.push({ offset, key: keyPathText(path), message: typeof message === 'string' ? message : message() })
  }

  /** Counts mistakes that were not looked at one by one. */
  addUncounted(count: number): void {
    this.dropped += count
  }

  /** In the order of the file; one line for all that is beyond the limit. */
  toArray(): Mistake[] {
    const sorted = [...this.found].sort((a, b) => a.offset - b.offset)
    const mistakes = sorted.map(({ offset, key, message }): Mistake => ({
      file: this.file,
      ...this.locate(offset),
      key,
      message,
    }))
    const last = mistakes.at(-1)
    if (this.dropped > 0 && last !== undefined) {
      mistakes.push({ ...last, key: '', message: `and ${this.dropped} more mistakes in this file`, more: this.dropped })
    }
    return mistakes
  }
}

/** BAD_INPUT whose message lists all mistakes, one a line. */
export function mistakesError(what: string, mistakes: readonly Mistake[]): ChaosError {
  return new ChaosError('BAD_INPUT', `${what} cannot be used:\n${mistakes.map(formatMistake).join('\n')}`, {
    hint: 'correct the places named above; `chaos-action validate FILE` checks a file without running anything',
  })
}
