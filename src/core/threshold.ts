/**
 * The grammar of limits: `METRIC{tag:value,…} AGGREGATE OPERATOR LIMIT UNIT`, for example
 *
 *     http_req_duration p95 < 500 ms
 *     http_req_duration{outcome:served} p99 < 1 s
 *     errors rate < 1 %
 *     http_reqs rate > 50/s
 *     http_reqs count > 0
 *
 * and k6's own form, whose metric is a key of `options.thresholds` and whose expression is `p(95)<500` (threshold grammar of
 * k6, metrics/thresholds_parser.go). What is not understood is refused: a limit with a typo must never hold by accident.
 */
import { ChaosError } from './errors.ts'
import { OPERATORS } from './load.ts'
import type { Aggregate, LimitUnit, Operator, TagFilter, Threshold } from './load.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}/
const PLAIN_AGGREGATES = ['avg', 'min', 'med', 'max', 'rate', 'count', 'value'] as const
const ALLOWED_AGGREGATES = `${PLAIN_AGGREGATES.join(', ')}, p95 (or p(95), any percentage)`
const MOST_TAGS = 10

/** k6's metrics of time, in ms. */
const TIMES =
  /^(?:http_req_(?:duration|blocked|connecting|tls_handshaking|sending|waiting|receiving)|iteration_duration|group_duration)$/
const COUNTERS = /^(?:http_reqs|iterations|dropped_iterations|data_sent|data_received)$/

interface Written {
  readonly number: number
  /** As written, without blanks; empty when there is none. */
  readonly unit: string
}

/** In the words of the grammar above. @throws ChaosError BAD_INPUT with the place and what is allowed there. */
export function parseThreshold(text: string, from: 'manifest' | 'input'): Threshold {
  const reader = new Reader(text)
  const metric = reader.name('the name of a metric')
  const filter = reader.filter()
  const aggregate = reader.aggregate()
  const operator = reader.operator()
  const written = reader.limit()
  reader.end()
  const { limit, unit } = inUnit(reader, metric, aggregate, written)
  return { metric, filter, aggregate, operator, limit, unit, from, text: textOf(metric, filter, aggregate, operator, written) }
}

/** `key` is that of `options.thresholds`, `expression` one of its strings. @throws ChaosError BAD_INPUT. */
export function parseK6Threshold(key: string, expression: string): Threshold {
  const keys = new Reader(key)
  const metric = keys.name('the name of a metric')
  const filter = keys.filter()
  keys.end()
  const reader = new Reader(expression)
  const aggregate = reader.aggregate()
  const operator = reader.operator()
  const written = reader.limit()
  reader.end()
  if (written.unit !== '') throw reader.mistake(`k6 knows no units, and this has "${written.unit}"`)
  const { limit, unit } = inUnit(reader, metric, aggregate, written)
  return { metric, filter, aggregate, operator, limit, unit, from: 'script', text: `${key}: ${expression.trim()}` }
}

/** Of the same samples: two of them, however they were written, are one limit said twice. */
export function thresholdKey({ metric, filter, aggregate, operator }: Threshold): string {
  return `${metric}${filterText(filter)} ${aggregateText(aggregate)} ${operator}`
}

/** @throws ChaosError BAD_INPUT naming one that is there twice. */
export function refuseRepeats(thresholds: readonly Threshold[]): void {
  const seen = new Map<string, string>()
  for (const threshold of thresholds) {
    const key = thresholdKey(threshold)
    const earlier = seen.get(key)
    if (earlier !== undefined)
      throw new ChaosError('BAD_INPUT', `the threshold "${threshold.text}" limits the same as "${earlier}": keep one of them`)
    seen.set(key, threshold.text)
  }
}

/** What is no number meets no limit, not even `!=`. */
export function holds(observed: number, operator: Operator, limit: number): boolean {
  if (Number.isNaN(observed)) return false
  switch (operator) {
    case '<':
      return observed < limit
    case '<=':
      return observed <= limit
    case '>':
      return observed > limit
    case '>=':
      return observed >= limit
    case '==':
      return observed === limit
    case '!=':
      return observed !== limit
  }
}

export function aggregateText(aggregate: Aggregate): string {
  return aggregate.kind === 'percentile' ? `p${String(aggregate.percent)}` : aggregate.kind
}

/** Empty without tags; tags in the order of their names, so that the same filter has the same text. */
export function filterText(filter: TagFilter): string {
  const tags = Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1))
  return tags.length === 0 ? '' : `{${tags.map(([tag, value]) => `${tag}:${value}`).join(',')}}`
}

function textOf(metric: string, filter: TagFilter, aggregate: Aggregate, operator: Operator, { number, unit }: Written): string {
  const limit = unit === '' ? String(number) : unit === '/s' ? `${String(number)}/s` : `${String(number)} ${unit}`
  return `${metric}${filterText(filter)} ${aggregateText(aggregate)} ${operator} ${limit}`
}

function inUnit(reader: Reader, metric: string, aggregate: Aggregate, written: Written): { limit: number; unit: LimitUnit } {
  const { number, unit } = written
  const name = aggregateText(aggregate)
  switch (aggregate.kind) {
    case 'rate':
      return rateLimit(reader, metric, written)
    case 'count':
    case 'value':
      if (unit !== '') throw reader.mistake(`${name} is a plain number, and "${unit}" is a unit`)
      return { limit: number, unit: '' }
    default: {
      const factor = { '': 1, us: 0.001, µs: 0.001, ms: 1, s: 1_000, m: 60_000 }[unit]
      if (factor === undefined) throw reader.mistake(`${name} takes us, ms, s or m, not "${unit}"`)
      const isTime = unit !== '' || TIMES.test(metric)
      return { limit: number * factor, unit: isTime ? 'ms' : '' }
    }
  }
}

/** Of a rate the share that is true, of a counter so many a second: the number alone does not always tell. */
function rateLimit(reader: Reader, metric: string, { number, unit }: Written): { limit: number; unit: LimitUnit } {
  if (unit === '/s') return { limit: number, unit: '/s' }
  if (unit === '%') {
    if (number > 100) throw reader.mistake(`a share is at most 100 %, not ${String(number)} %`)
    return { limit: number / 100, unit: 'share' }
  }
  if (unit !== '') throw reader.mistake(`rate takes % (of a rate) or /s (of a counter), not "${unit}"`)
  if (COUNTERS.test(metric)) return { limit: number, unit: '/s' }
  if (number > 1) throw reader.mistake(`a share is at most 1; say ${String(number)} % or ${String(number)}/s`)
  return { limit: number, unit: 'share' }
}

class Reader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  mistake(what: string): ChaosError {
    const place = `at character ${String(this.at + 1)}`
    return new ChaosError('BAD_INPUT', `the threshold "${this.text}" cannot be used: ${place}: ${what}`, {
      hint: 'Write it as in "http_req_duration p95 < 500 ms", "errors rate < 1 %" or "http_reqs rate > 50/s".',
    })
  }

  name(what: string): string {
    this.skipBlanks()
    const found = NAME.exec(this.rest())?.[0]
    if (found === undefined) throw this.mistake(`expected ${what}${this.butFound()}`)
    this.at += found.length
    return found
  }

  filter(): TagFilter {
    this.skipBlanks()
    const filter: Record<string, string> = {}
    if (!this.take('{')) return filter
    do {
      const tag = this.name('the name of a tag')
      this.skipBlanks()
      if (!this.take(':')) throw this.mistake(`expected ":" and the value of the tag ${tag}${this.butFound()}`)
      const value = /^[^,{}]{1,200}/.exec(this.rest())?.[0].trim() ?? ''
      if (value === '') throw this.mistake(`the tag ${tag} has no value`)
      if (Object.hasOwn(filter, tag)) throw this.mistake(`the tag ${tag} is there twice`)
      filter[tag] = value.replace(/^(["'])(.*)\1$/, '$2')
      this.at += /^[^,{}]*/.exec(this.rest())?.[0].length ?? 0
      if (Object.keys(filter).length > MOST_TAGS) throw this.mistake(`at most ${String(MOST_TAGS)} tags are compared`)
    } while (this.take(','))
    if (!this.take('}')) throw this.mistake(`expected "," or "}"${this.butFound()}`)
    return filter
  }

  aggregate(): Aggregate {
    this.skipBlanks()
    const percentile = /^p\(?(\d{1,3}(?:\.\d{1,6})?)\)?(?![\w.(])/.exec(this.rest())
    if (percentile !== null) {
      const [all, digits = ''] = percentile
      const percent = Number(digits)
      if (all.includes('(') !== all.includes(')')) throw this.mistake('a bracket is missing: write p95 or p(95)')
      if (percent > 100) throw this.mistake(`a percentile is at most 100, not ${digits}`)
      this.at += all.length
      return { kind: 'percentile', percent }
    }
    const word = NAME.exec(this.rest())?.[0] ?? ''
    const kind = PLAIN_AGGREGATES.find((name) => name === word)
    if (kind === undefined) throw this.mistake(`expected one of ${ALLOWED_AGGREGATES}${this.butFound()}`)
    this.at += word.length
    return { kind }
  }

  operator(): Operator {
    this.skipBlanks()
    // The longer ones first; `===` is k6's other way to write `==`.
    for (const written of ['===', ...OPERATORS.toSorted((a, b) => b.length - a.length)] as const) {
      if (this.take(written)) return written === '===' ? '==' : written
    }
    throw this.mistake(`expected one of ${OPERATORS.join(' ')}${this.butFound()}`)
  }

  limit(): Written {
    this.skipBlanks()
    const digits = /^(?:\d{1,15}(?:\.\d{1,15})?|\.\d{1,15})/.exec(this.rest())?.[0]
    if (digits === undefined) throw this.mistake(`expected a number that is not negative${this.butFound()}`)
    this.at += digits.length
    this.skipBlanks()
    const unit = /^[^\s\d]{0,10}/u.exec(this.rest())?.[0] ?? ''
    this.at += unit.length
    return { number: Number(digits), unit }
  }

  end(): void {
    this.skipBlanks()
    if (this.rest() !== '') throw this.mistake(`expected nothing more${this.butFound()}`)
  }

  private rest(): string {
    return this.text.slice(this.at)
  }

  private butFound(): string {
    const found = /^\S{1,30}/.exec(this.rest())?.[0]
    return found === undefined ? ', but it ends there' : `, but found "${found}"`
  }

  private skipBlanks(): void {
    this.at += /^\s*/.exec(this.rest())?.[0].length ?? 0
  }

  private take(expected: string): boolean {
    if (!this.rest().startsWith(expected)) return false
    this.at += expected.length
    return true
  }
}
