/**
 * The grammar of limits: `METRIC{tag:value,…} AGGREGATE OPERATOR LIMIT UNIT`, for example
 *
 *     http_req_duration p95 < 500 ms
 *     http_req_duration{outcome:served} p99 < 1 s
 *     errors rate < 1 %
 *     http_reqs rate > 50/s
 *     http_reqs count > 0
 *     in_flight med >= 1000
 *
 * and k6's own form, whose metric is a key of `options.thresholds` and whose expression is `p(95)<500` (threshold grammar of
 * k6, metrics/thresholds_parser.go). What is not understood is refused: a limit with a typo must never hold by accident.
 */
import { ChaosError } from './errors.ts'
import { OPERATORS } from './load.ts'
import type { Aggregate, LimitUnit, MetricType, Operator, TagFilter, Threshold } from './load.ts'
import { didYouMean, editDistance } from './suggest.ts'

// Sticky, as all patterns of the reader are: each is looked for at one place.
const NAME = /[A-Za-z_][A-Za-z0-9_]{0,127}/y
const PERCENTILE = /p\(?\d{1,3}(?:\.\d{1,6})?\)?(?![\w.(])/y
const NUMBER = /\d{1,15}(?:\.\d{1,15})?|\.\d{1,15}/y
const PLAIN_AGGREGATES = ['avg', 'min', 'med', 'max', 'rate', 'count', 'value'] as const
const ALLOWED_AGGREGATES = `${PLAIN_AGGREGATES.join(', ')}, p95 (or p(95), any percentage)`
const MOST_TAGS = 10
const LONGEST_VALUE = 200
/** Requests under way, as a metric. */
export const IN_FLIGHT = 'in_flight'

/** k6's own metrics (metrics/builtin.go). `time` is a trend in ms. */
const BUILT_IN: Readonly<Record<string, MetricType | 'time'>> = {
  ...ofType('counter', ['http_reqs', 'iterations', 'dropped_iterations', 'data_sent', 'data_received']),
  ...ofType('counter', ['ws_sessions', 'ws_msgs_sent', 'ws_msgs_received']),
  ...ofType('rate', ['http_req_failed', 'checks']),
  ...ofType('gauge', ['vus', 'vus_max']),
  ...ofType('time', ['http_req_duration', 'http_req_blocked', 'http_req_connecting', 'http_req_tls_handshaking']),
  ...ofType('time', ['http_req_sending', 'http_req_waiting', 'http_req_receiving', 'iteration_duration', 'group_duration']),
  // Ours: requests under way, a sample for each second.
  ...ofType('trend', [IN_FLIGHT]),
  ...ofType('time', ['ws_ping', 'ws_session_duration', 'ws_connecting', 'grpc_req_duration']),
}
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
const OTHER_UNITS: Readonly<Record<string, string>> = {
  ...{ sec: 's', secs: 's', second: 's', seconds: 's', min: 'm', minutes: 'm', msec: 'ms', msecs: 'ms', milliseconds: 'ms' },
  ...{ percent: '%', pct: '%', '/sec': '/s', '/second': '/s', rps: '/s' },
}

interface Written {
  readonly number: number
  /** As written, without blanks; empty when there is none. */
  readonly unit: string
}

/** In the words of the grammar above. @throws ChaosError BAD_INPUT with the place and what is allowed there. */
export function parseThreshold(text: string, from: Exclude<Threshold['from'], 'script'>): Threshold {
  const reader = new Reader(text)
  const metric = reader.metric()
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
  const metric = keys.metric()
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
  const tags = Object.keys(filter).sort()
  return tags.length === 0 ? '' : `{${tags.map((tag) => `${tag}:${String(filter[tag])}`).join(',')}}`
}

function textOf(metric: string, filter: TagFilter, aggregate: Aggregate, operator: Operator, { number, unit }: Written): string {
  const limit = unit === '' ? String(number) : unit === '/s' ? `${String(number)}/s` : `${String(number)} ${unit}`
  return `${metric}${filterText(filter)} ${aggregateText(aggregate)} ${operator} ${limit}`
}

/** Which aggregates a type of metric has. */
export function hasAggregate(type: MetricType, { kind }: Aggregate): boolean {
  switch (type) {
    case 'trend':
      return kind !== 'rate' && kind !== 'value'
    case 'rate':
    case 'counter':
      return kind === 'rate' || kind === 'count'
    case 'gauge':
      return kind === 'value'
  }
}

function ofType(type: MetricType | 'time', names: readonly string[]): Record<string, MetricType | 'time'> {
  return Object.fromEntries(names.map((name) => [name, type]))
}

/** Of k6's own metrics; null of a script's. */
export function builtInMetric(metric: string): MetricType | null {
  const known = builtIn(metric)
  return known === 'time' ? 'trend' : (known ?? null)
}

function builtIn(metric: string): MetricType | 'time' | undefined {
  return Object.hasOwn(BUILT_IN, metric) ? BUILT_IN[metric] : undefined
}

function inUnit(reader: Reader, metric: string, aggregate: Aggregate, written: Written): { limit: number; unit: LimitUnit } {
  const { number, unit } = written
  const name = aggregateText(aggregate)
  const known = builtIn(metric)
  const type = known === 'time' ? 'trend' : known
  if (type !== undefined && !hasAggregate(type, aggregate)) throw reader.mistake(`${metric} is a ${type}, which has no ${name}`)
  switch (aggregate.kind) {
    case 'rate':
      return rateLimit(reader, metric, written)
    case 'count':
    case 'value':
      if (unit !== '') throw reader.mistake(`${name} is a plain number, and "${unit}" is a unit`)
      return { limit: number, unit: '' }
    default: {
      const factor = { '': 1, us: 0.001, µs: 0.001, ms: 1, s: 1_000, m: 60_000 }[unit]
      if (factor === undefined) throw reader.mistake(`${name} takes us, ms, s or m, not "${unit}"${meant(unit, OTHER_UNITS)}`)
      const isTime = unit !== '' || known === 'time'
      return { limit: number * factor, unit: isTime ? 'ms' : '' }
    }
  }
}

/** Of a rate the share that is true, of a counter so many a second: the number alone does not always tell. */
function rateLimit(reader: Reader, metric: string, { number, unit }: Written): { limit: number; unit: LimitUnit } {
  const isShare = builtIn(metric) === 'rate'
  if (unit === '/s') {
    if (isShare) throw reader.mistake(`${metric} is a share of the samples: it takes %, not "/s"`)
    return { limit: number, unit: '/s' }
  }
  if (unit === '%') {
    if (builtIn(metric) === 'counter') throw reader.mistake(`${metric} is counted: its rate takes /s, not "%"`)
    if (number > 100) throw reader.mistake(`a share is at most 100 %, not ${String(number)} %`)
    return { limit: number / 100, unit: 'share' }
  }
  if (unit !== '') throw reader.mistake(`rate takes % (of a rate) or /s (of a counter), not "${unit}"${meant(unit, OTHER_UNITS)}`)
  if (builtIn(metric) === 'counter') return { limit: number, unit: '/s' }
  if (number > 1) throw reader.mistake(`a share is at most 1; say ${String(number)} % or ${String(number)}/s`)
  return { limit: number, unit: 'share' }
}

/** `; did you mean "ms"?` or nothing. */
function meant(word: string, others: Readonly<Record<string, string>>): string {
  const other = Object.hasOwn(others, word.toLowerCase()) ? others[word.toLowerCase()] : undefined
  return other === undefined ? '' : `; did you mean "${other}"?`
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
    const found = this.ahead(NAME)
    if (found === '') throw this.mistake(`expected ${what}${this.butFound()}`)
    this.at += found.length
    return found
  }

  metric(): string {
    this.skipBlanks()
    const start = this.at
    const metric = this.name('the name of a metric')
    if (builtIn(metric) !== undefined || metric.length < SHORTEST_TYPO) return metric
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
      const written = this.ahead(/[^,{}]*/y)
      const value = written.trim()
      if (value === '') throw this.mistake(`the tag ${tag} has no value`)
      if (value.length > LONGEST_VALUE)
        throw this.mistake(`the value of the tag ${tag} has over ${String(LONGEST_VALUE)} characters`)
      if (Object.hasOwn(filter, tag)) throw this.mistake(`the tag ${tag} is there twice`)
      filter[tag] = value.replace(/^(["'])(.*)\1$/, '$2')
      this.at += written.length
      if (Object.keys(filter).length > MOST_TAGS) throw this.mistake(`at most ${String(MOST_TAGS)} tags are compared`)
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
    if (digits === '') throw this.mistake(`expected a number that is not negative${this.butFound()}`)
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
