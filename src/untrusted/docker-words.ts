/** Words and variables of a Dockerfile, with all that they may come to. Pure. */

export type Candidates = ReadonlyMap<string, readonly string[]>

const BLANKS = /[\s\u0085]+/
/** By names that BuildKit fills in itself, with one word each. */
const BUILT_IN = /^(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT|STAGE)$/
const MOST_EXPANSIONS = 64
const DEEPEST = 8
const MOST_STEPS = 500

/** As Docker takes a line apart, but for blanks between quotes: these, the quotes and backslashes are gone. */
export function wordsOf(text: string): string[] {
  return text
    .replaceAll(/["'\\`]/g, '')
    .split(BLANKS)
    .filter((word) => word !== '')
}

/** Of `ARG` and `ENV`: `NAME=value`, several of them, or the one `NAME value`. */
export function assigned(text: string): [name: string, value: string][] {
  const words = wordsOf(text)
  const [name = '', ...others] = words
  const isOld = !name.includes('=') && others.length > 0
  const pairs = words.map((word): [string, string] => {
    const at = word.indexOf('=')
    return at === -1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
  })
  // What stands between quotes may hold blanks, and with them more than one word.
  const isQuoted = holdsBlank(text)
  return [
    ...pairs,
    ...(isOld ? [[name, others.join(' ')] as [string, string]] : []),
    ...(isQuoted ? pairs.map(([key]): [string, string] => [key, text]) : []),
  ]
}

/** Between quotes or behind a backslash; of quotes that are not closed nobody knows. */
function holdsBlank(text: string): boolean {
  const quoted = text.match(/"[^"]*"|'[^']*'/g) ?? []
  const isOdd = (text.match(/["']/g) ?? []).length % 2 === 1
  return isOdd || /\\[\s\u0085]/.test(text) || quoted.some((part) => BLANKS.test(part))
}

/**
 * All that a text may come to when its variables have any of their values, or none. Which of them holds at which line is not
 * asked: how stages hand them on can be used to look like another. null for a text that is put together in a way that is not
 * known here, or in too many.
 */
export function expansions(text: string, values: Candidates): string[] | null {
  return expanded(text, values, { depth: DEEPEST, steps: { left: MOST_STEPS } })
}

interface Bounds {
  readonly depth: number
  /** Shared by all that one text leads to: a value may name itself, more than once. */
  readonly steps: { left: number }
}

function expanded(text: string, values: Candidates, { depth, steps }: Bounds): string[] | null {
  const variable = /\$(?:\{([^{}$]*)\}|(\w+))|\$/.exec(text)
  if (variable === null) return [text]
  const [all, braced, plain] = variable
  const parts = /^(\w+)(?:(:?[-+])(.*))?$/.exec(braced ?? plain ?? '')
  steps.left -= 1
  if (parts === null || depth === 0 || steps.left <= 0) return null
  const [, name = '', how, word = ''] = parts
  const own = ['', ...(values.get(name) ?? (BUILT_IN.test(name) ? ['linux'] : []))]
  const heads: string[] = []
  for (const value of new Set(how === undefined ? own : [...own, word])) {
    const found = expanded(value, values, { depth: depth - 1, steps })
    if (found === null || heads.length + found.length > MOST_EXPANSIONS) return null
    heads.push(...found)
  }
  const tails = expanded(text.slice(variable.index + all.length), values, { depth, steps })
  if (tails === null || heads.length * tails.length > MOST_EXPANSIONS) return null
  const before = text.slice(0, variable.index)
  return [...new Set(heads.flatMap((head) => tails.map((tail) => `${before}${head}${tail}`)))]
}
