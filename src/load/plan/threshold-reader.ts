/** The words of a limit, one after the other: see threshold-grammar.ts. Pure. */
import { ChaosError } from '../../core/errors.ts'
import { didYouMean, editDistance } from '../../core/suggest.ts'
import { BUILT_IN, builtIn } from '../series/metrics.ts'
import type { TagFilter } from '../series/questions.ts'
import { OPERATORS, PLAIN_AGGREGATES, type Aggregate, type Operator } from './shapes.ts'

// Sticky, as all patterns of the reader are: each is looked for at one place.
const NAME = /[A-Za-z_][A-Za-z0-9_]{0,127}/y
const PERCENTILE = /p\(?\d{1,3}(?:\.\d{1,6})?\)?(?![\w.(])/y
const NUMBER = /-?(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})/y
const ALLOWED_AGGREGATES = `${PLAIN_AGGREGATES.join(', ')}, p95 (or p(95), any percentage)`
const MOST_TAGS = 10
const LONGEST_VALUE = 200
/** A script may call its own metrics as it likes; a name this long that is all but one of k6's is a typo. */
const SHORTEST_TYPO = 8
const TYPO_EDITS = 2

/** What people write who know other tools, and what it is called here. */
const OTHER_AGGREGATES: Readonly<Record<string, string>> = { mean: 'avg', average: 'avg', median: 'med', percentile: 'p95' }
const OTHER_OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '==',
  '=<': '<=',
  '=>': '>=',
  '<>': '!=',
  '≤': '<=',
  '≥': '>=',
}

export interface Written {
  readonly number: number
  /** The unit as written, without blanks; empty when there is none. */
  readonly unit: string
}

/** `; did you mean "ms"?` or nothing. */
export function meant(word: string, others: Readonly<Record<string, string>>): string {
  const other = Object.hasOwn(others, word.toLowerCase()) ? others[word.toLowerCase()] : undefined
  return other === undefined ? '' : `; did you mean "${other}"?`
}

/** Reads a limit from its first character to its last. Each part that is not as it must be is a mistake that names its place. */
export class ThresholdReader {
  private readonly text: string
  private readonly isScript: boolean
  private at = 0

  /** `isScript`: k6 has taken it already, which knows what the script declares. */
  constructor(text: string, isScript = false) {
    this.text = text
    this.isScript = isScript
  }

  mistake(what: string): ChaosError {
    const place = `at character ${this.at + 1}`
    return new ChaosError('BAD_INPUT', `the threshold "${this.text}" cannot be used: ${place}: ${what}`, {
      hint: 'Write it as in "http_req_duration p95 < 500 ms", "errors rate < 1 %" or "http_reqs rate > 50/s".',
    })
  }

  name(what: string): string {
    this.skipBlanks()
    const found = this.ahead(NAME)
    if (found === '') throw this.mistake(`expected ${what}${this.butFound()}`)
    this.at += found.length
    return found
  }

  metric(): string {
    this.skipBlanks()
    const start = this.at
    const metric = this.name('the name of a metric')
    if (this.isScript || builtIn(metric) !== undefined || metric.length < SHORTEST_TYPO) return metric
    const guess = Object.keys(BUILT_IN).find((name) => editDistance(metric, name) <= TYPO_EDITS)
    if (guess === undefined) return metric
    this.at = start
    throw this.mistake(`no metric is called "${metric}"; did you mean "${guess}"?`)
  }

  filter(): TagFilter {
    this.skipBlanks()
    const filter: Record<string, string> = {}
    if (!this.take('{')) return filter
    do {
      const tag = this.name('the name of a tag')
      this.skipBlanks()
      if (!this.take(':')) throw this.mistake(`expected ":" and the value of the tag ${tag}${this.butFound()}`)
      // A name of grouped addresses may hold braces: /posts/${id}.
      const written = this.ahead(/(?:[^,{}]|\{[^{}]*\})*/y)
      const value = written.trim()
      if (value === '') throw this.mistake(`the tag ${tag} has no value`)
      if (value.length > LONGEST_VALUE) throw this.mistake(`the value of the tag ${tag} has over ${LONGEST_VALUE} characters`)
      if (Object.hasOwn(filter, tag)) throw this.mistake(`the tag ${tag} is there twice`)
      filter[tag] = value.replace(/^(["'])(.*)\1$/, '$2')
      this.at += written.length
      if (Object.keys(filter).length > MOST_TAGS) throw this.mistake(`at most ${MOST_TAGS} tags are compared`)
    } while (this.take(','))
    if (!this.take('}')) throw this.mistake(`expected "," or "}"${this.butFound()}`)
    return filter
  }

  aggregate(): Aggregate {
    this.skipBlanks()
    const percentile = this.ahead(PERCENTILE)
    if (percentile !== '') {
      const digits = percentile.replaceAll(/[p()]/g, '')
      const percent = Number(digits)
      if (percentile.includes('(') !== percentile.includes(')')) throw this.mistake('a bracket is missing: write p95 or p(95)')
      if (percent > 100) throw this.mistake(`a percentile is at most 100, not ${digits}`)
      this.at += percentile.length
      return { kind: 'percentile', percent }
    }
    const word = this.ahead(NAME)
    const kind = PLAIN_AGGREGATES.find((name) => name === word)
    if (kind === undefined) {
      const guess = meant(word, OTHER_AGGREGATES) || didYouMean(word, PLAIN_AGGREGATES)
      throw this.mistake(`expected one of ${ALLOWED_AGGREGATES}${this.butFound()}${guess}`)
    }
    this.at += word.length
    return { kind }
  }

  operator(): Operator {
    this.skipBlanks()
    const written = this.ahead(/[<>=!≤≥]+/y)
    // `===` is k6's other way to write `==`.
    const operator = written === '===' ? '==' : OPERATORS.find((known) => known === written)
    if (operator === undefined)
      throw this.mistake(`expected one of ${OPERATORS.join(' ')}${this.butFound()}${meant(written, OTHER_OPERATORS)}`)
    this.at += written.length
    return operator
  }

  limit(): Written {
    this.skipBlanks()
    const digits = this.ahead(NUMBER)
    if (digits === '') throw this.mistake(`expected a number${this.butFound()}`)
    this.at += digits.length
    this.skipBlanks()
    const unit = this.ahead(/[^\s\d]{0,20}/uy)
    this.at += unit.length
    return { number: Number(digits), unit }
  }

  end(): void {
    this.skipBlanks()
    if (this.at < this.text.length) throw this.mistake(`expected nothing more${this.butFound()}`)
  }

  /** What is of the pattern, a sticky one, from this place on; empty where nothing is. */
  private ahead(pattern: RegExp): string {
    pattern.lastIndex = this.at
    return pattern.exec(this.text)?.[0] ?? ''
  }

  private butFound(): string {
    const found = this.ahead(/\S{1,30}/y)
    return found === '' ? ', but it ends there' : `, but found "${found}"`
  }

  private skipBlanks(): void {
    this.at += this.ahead(/\s*/y).length
  }

  private take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false
    this.at += expected.length
    return true
  }
}
