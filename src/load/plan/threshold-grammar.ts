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
import { builtIn } from '../series/metrics.ts'
import { filterText, type TagFilter } from '../series/questions.ts'
import { meant, ThresholdReader, type Written } from './threshold-reader.ts'
import { aggregateText, hasAggregate } from './threshold.ts'
import type { Aggregate, Operator, Threshold } from './shapes.ts'

/** What people write who know other tools, and what it is called here. */
const OTHER_UNITS: Readonly<Record<string, string>> = {
  ...{ sec: 's', secs: 's', second: 's', seconds: 's', min: 'm', minutes: 'm', msec: 'ms', msecs: 'ms', milliseconds: 'ms' },
  ...{ percent: '%', pct: '%', '/sec': '/s', '/second': '/s', rps: '/s' },
}

/** Never negative. All others are of the values themselves: those of a script's own metric may be. */
const COUNTED: readonly Aggregate['kind'][] = ['rate', 'count']

/** Reads a limit in the words of the grammar above. @throws ChaosError BAD_INPUT with the place and what is allowed there. */
export function parseThreshold(text: string, from: Exclude<Threshold['from'], 'script'>): Threshold {
  const reader = new ThresholdReader(text)
  const metric = reader.metric()
  const filter = reader.filter()
  const aggregate = reader.aggregate()
  const operator = reader.operator()
  const written = reader.limit()
  reader.end()
  if (written.number < 0 && (builtIn(metric) !== undefined || COUNTED.includes(aggregate.kind)))
    throw reader.mistake(`${metric} ${aggregateText(aggregate)} is never negative, and ${written.number} is`)
  const limit = inUnit(reader, metric, aggregate, written)
  return { metric, filter, aggregate, operator, ...limit, from, text: textOf(metric, filter, aggregate, operator, written) }
}

/** `key` is that of `options.thresholds`, `expression` one of its strings. @throws ChaosError BAD_INPUT. */
export function parseK6Threshold(key: string, expression: string): Threshold {
  const keys = new ThresholdReader(key, true)
  const metric = keys.metric()
  const filter = keys.filter()
  keys.end()
  const reader = new ThresholdReader(expression)
  const aggregate = reader.aggregate()
  const operator = reader.operator()
  const written = reader.limit()
  reader.end()
  if (written.unit !== '') throw reader.mistake(`k6 knows no units, and this has "${written.unit}"`)
  const text = `${key}: ${expression.trim()}`
  // Its type is known to k6 alone: a share is at most 1, so that more can only be so many a second.
  const isPerSecond = aggregate.kind === 'rate' && builtIn(metric) === undefined && Math.abs(written.number) > 1
  const limit: Limit = isPerSecond ? { limit: written.number, unit: '/s' } : inUnit(reader, metric, aggregate, written)
  return { metric, filter, aggregate, operator, ...limit, from: 'script', text }
}

function textOf(metric: string, filter: TagFilter, aggregate: Aggregate, operator: Operator, { number, unit }: Written): string {
  const limit = unit === '' ? String(number) : unit === '/s' ? `${number}/s` : `${number} ${unit}`
  return `${metric}${filterText(filter)} ${aggregateText(aggregate)} ${operator} ${limit}`
}

type Limit = Pick<Threshold, 'limit' | 'unit'>

function inUnit(reader: ThresholdReader, metric: string, aggregate: Aggregate, written: Written): Limit {
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
function rateLimit(reader: ThresholdReader, metric: string, { number, unit }: Written): Limit {
  const isShare = builtIn(metric) === 'rate'
  if (unit === '/s') {
    if (isShare) throw reader.mistake(`${metric} is a share of the samples: it takes %, not "/s"`)
    return { limit: number, unit: '/s' }
  }
  if (unit === '%') {
    if (builtIn(metric) === 'counter') throw reader.mistake(`${metric} is counted: its rate takes /s, not "%"`)
    if (number > 100) throw reader.mistake(`a share is at most 100 %, not ${number} %`)
    return { limit: number / 100, unit: 'share' }
  }
  if (unit !== '') throw reader.mistake(`rate takes % (of a rate) or /s (of a counter), not "${unit}"${meant(unit, OTHER_UNITS)}`)
  if (builtIn(metric) === 'counter') return { limit: number, unit: '/s' }
  if (number > 1) throw reader.mistake(`a share is at most 1; say ${number} % or ${number}/s`)
  return { limit: number, unit: 'share' }
}
