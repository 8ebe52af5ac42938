/** What the grammar of limits takes, what it refuses, and at which character. */
import { describe, expect, it } from 'vitest'
import { builtInMetric } from '../series/metrics.ts'
import { filterText, type MetricType } from '../series/questions.ts'
import { parseK6Threshold, parseThreshold } from './threshold-grammar.ts'
import { aggregateText, hasAggregate } from './threshold.ts'
import { OPERATORS, type Aggregate } from './shapes.ts'

const HINT = 'Write it as in "http_req_duration p95 < 500 ms", "errors rate < 1 %" or "http_reqs rate > 50/s".'
const AGGREGATES = 'avg, min, med, max, rate, count, value, p95 (or p(95), any percentage)'

/** The mistake that a limit is refused for, after `the threshold "…" cannot be used: `. */
function mistake(text: string): string {
  try {
    parseThreshold(text, 'input')
  } catch (error) {
    expect(error).toMatchObject({ code: 'BAD_INPUT', hint: HINT })
    const message = error instanceof Error ? error.message : ''
    const start = `the threshold "${text}" cannot be used: `
    expect(message.startsWith(start)).toBe(true)
    return message.slice(start.length)
  }
  throw new Error(`${text} was taken`)
}

describe("k6's own metrics", () => {
  it.each<[MetricType, string, string[]]>([
    ['counter', '/s', ['http_reqs', 'iterations', 'dropped_iterations', 'data_sent', 'data_received']],
    ['counter', '/s', ['ws_sessions', 'ws_msgs_sent', 'ws_msgs_received']],
    ['rate', 'share', ['http_req_failed', 'checks']],
    ['gauge', '', ['vus', 'vus_max']],
    ['trend', 'ms', ['http_req_duration', 'http_req_blocked', 'http_req_connecting', 'http_req_tls_handshaking']],
    ['trend', 'ms', ['http_req_sending', 'http_req_waiting', 'http_req_receiving', 'iteration_duration', 'group_duration']],
    ['trend', 'ms', ['ws_ping', 'ws_session_duration', 'ws_connecting', 'grpc_req_duration']],
    ['trend', '', ['in_flight']],
    ['counter', '/s', ['script_exceptions']],
    ['rate', 'share', ['ws_and_grpc']],
  ])('are each a %s, limited in %j: %j', (type, unit, names) => {
    const aggregate = type === 'trend' ? 'med' : type === 'gauge' ? 'value' : 'rate'
    for (const name of names) {
      expect([name, builtInMetric(name)]).toEqual([name, type])
      expect([name, parseThreshold(`${name} ${aggregate} < 1`, 'input').unit]).toEqual([name, unit])
    }
  })

  it.each(['my_metric', 'toString', 'constructor'])('are not those of a script: %s', (name) => {
    expect(builtInMetric(name)).toBeNull()
    expect(parseThreshold(`${name} med < 1`, 'input')).toMatchObject({ metric: name, unit: '' })
  })

  it.each<[string, string | null]>([
    ['http_req_duration2', 'http_req_duration'],
    ['http_req_duratino', 'http_req_duration'],
    ['http_req_dur', null],
    ['iteratoins', 'iterations'],
    // Too short to be sure of it.
    ['vus_mix', null],
    ['http_re', null],
  ])('are what is meant by %s: %j', (name, meant) => {
    if (meant === null) expect(parseThreshold(`${name} count > 1`, 'input').metric).toBe(name)
    else expect(mistake(`  ${name} count > 1`)).toBe(`at character 3: no metric is called "${name}"; did you mean "${meant}"?`)
  })

  it('are what is meant from eight letters on', () => {
    expect(mistake('http_rek count > 1')).toContain('did you mean')
    expect(parseThreshold('check_ count > 1', 'input').metric).toBe('check_')
  })
})

it.each(['avg', 'min', 'med', 'max', 'value', 'p95'])('a metric of a script may be below 0 at its %s', (aggregate) => {
  expect(parseThreshold(`x ${aggregate} > -1`, 'input').limit).toBe(-1)
})

const each = (['avg', 'min', 'med', 'max', 'rate', 'count', 'value'] as const).map((kind): Aggregate => ({ kind }))
const P95: Aggregate = { kind: 'percentile', percent: 95 }

it.each<[MetricType, string[]]>([
  ['trend', ['avg', 'min', 'med', 'max', 'count', 'p95']],
  ['rate', ['rate', 'count']],
  ['counter', ['rate', 'count']],
  ['gauge', ['value']],
])('a %s has %j', (type, names) => {
  expect([...each, P95].filter((aggregate) => hasAggregate(type, aggregate)).map(aggregateText)).toEqual(names)
})

it('a filter has its tags in the order of their names', () => {
  expect(filterText({})).toBe('')
  expect(filterText({ b: '2', a: '1', c: '3' })).toBe('{a:1,b:2,c:3}')
})

describe('is taken', () => {
  it.each<[string, object]>([
    ...OPERATORS.map((operator): [string, object] => [`x max${operator}1`, { operator, limit: 1 }]),
    ...['avg', 'min', 'med', 'max', 'rate', 'count', 'value'].map((kind): [string, object] => [
      `x ${kind} < 1`,
      { aggregate: { kind } },
    ]),
    ['x p0 < 1', { aggregate: { kind: 'percentile', percent: 0 } }],
    ['x p100<1', { aggregate: { kind: 'percentile', percent: 100 } }],
    ['x p(99.999999) < 1', { aggregate: { kind: 'percentile', percent: 99.999999 } }],
    ['x max < 12.5 us', { limit: 0.0125, unit: 'ms', text: 'x max < 12.5 us' }],
    ['x max < 12.5µs', { limit: 0.0125, unit: 'ms', text: 'x max < 12.5 µs' }],
    ['x max < 2 m', { limit: 120_000, unit: 'ms' }],
    ['x max < 2 s', { limit: 2_000, unit: 'ms' }],
    ['x max < 2 ms', { limit: 2, unit: 'ms' }],
    ['x max < 2', { limit: 2, unit: '', text: 'x max < 2' }],
    ['x rate < 100 %', { limit: 1, unit: 'share', text: 'x rate < 100 %' }],
    ['x rate < 1', { limit: 1, unit: 'share' }],
    ['x rate > 5/s', { limit: 5, unit: '/s', text: 'x rate > 5/s' }],
    ['http_reqs rate > 5', { limit: 5, unit: '/s' }],
    ['x{a:1} count > 123456789012345', { limit: 123_456_789_012_345 }],
    ["x{a:'b c'} max < 1", { filter: { a: 'b c' } }],
    ['x{a:"b\'} max < 1', { filter: { a: '"b\'' } }],
    ['x{a:b"c"} max < 1', { filter: { a: 'b"c"' } }],
    ['x{a:"b"c} max < 1', { filter: { a: '"b"c' } }],
    ['x {a:1} max < .25 s', { filter: { a: '1' }, limit: 250, text: 'x{a:1} max < 0.25 s' }],
    ['x{ a : b } max < 1', { filter: { a: 'b' }, text: 'x{a:b} max < 1' }],
    [`x{a:${'v'.repeat(200)}} max < 1`, { filter: { a: 'v'.repeat(200) } }],
    [`x{${tags(10)}} max < 1`, { filter: Object.fromEntries(Array.from({ length: 10 }, (_, place) => [`t${place}`, '1'])) }],
    [`_${'a'.repeat(127)} max < 1`, { metric: `_${'a'.repeat(127)}` }],
  ])('%s', (text, threshold) => {
    expect(parseThreshold(text, 'manifest')).toMatchObject({ from: 'manifest', ...threshold })
  })
})

function tags(count: number): string {
  return Array.from({ length: count }, (_, place) => `t${place}:1`).join(',')
}

describe('is refused', () => {
  it.each<[string, string]>([
    ['', 'at character 1: expected the name of a metric, but it ends there'],
    ['  95 < 5', 'at character 3: expected the name of a metric, but found "95"'],
    ['x', `at character 2: expected one of ${AGGREGATES}, but it ends there`],
    ['errors rat < 1', `at character 8: expected one of ${AGGREGATES}, but found "rat"; did you mean "rate"?`],
    ['x mean < 1', `at character 3: expected one of ${AGGREGATES}, but found "mean"; did you mean "avg"?`],
    ['x Average < 1', `at character 3: expected one of ${AGGREGATES}, but found "Average"; did you mean "avg"?`],
    ['x median < 1', `at character 3: expected one of ${AGGREGATES}, but found "median"; did you mean "med"?`],
    ['x percentile < 1', `at character 3: expected one of ${AGGREGATES}, but found "percentile"; did you mean "p95"?`],
    ['x p95x < 1', `at character 3: expected one of ${AGGREGATES}, but found "p95x"`],
    ['x p95.5.5 < 1', `at character 3: expected one of ${AGGREGATES}, but found "p95.5.5"`],
    ['x p1234 < 1', `at character 3: expected one of ${AGGREGATES}, but found "p1234"`],
    ['x p95(5) < 1', `at character 3: expected one of ${AGGREGATES}, but found "p95(5)"`],
    ['x p(95 < 1', 'at character 3: a bracket is missing: write p95 or p(95)'],
    ['x p95) < 1', 'at character 3: a bracket is missing: write p95 or p(95)'],
    ['x p101 < 1', 'at character 3: a percentile is at most 100, not 101'],
    ['x p(100.5) < 1', 'at character 3: a percentile is at most 100, not 100.5'],
    ['x max', 'at character 6: expected one of < <= > >= == !=, but it ends there'],
    ['x max 5', 'at character 7: expected one of < <= > >= == !=, but found "5"'],
    ['x max = 5', 'at character 7: expected one of < <= > >= == !=, but found "="; did you mean "=="?'],
    ['x max =< 5', 'at character 7: expected one of < <= > >= == !=, but found "=<"; did you mean "<="?'],
    ['x max => 5', 'at character 7: expected one of < <= > >= == !=, but found "=>"; did you mean ">="?'],
    ['x max ≤ 5', 'at character 7: expected one of < <= > >= == !=, but found "≤"; did you mean "<="?'],
    ['x max ≥5', 'at character 7: expected one of < <= > >= == !=, but found "≥5"; did you mean ">="?'],
    ['x max <> 5', 'at character 7: expected one of < <= > >= == !=, but found "<>"; did you mean "!="?'],
    ['x max <== 5', 'at character 7: expected one of < <= > >= == !=, but found "<=="'],
    ['x max < -', 'at character 9: expected a number, but found "-"'],
    ['x max <', 'at character 8: expected a number, but it ends there'],
    ['http_req_duration max < -1 ms', 'at character 30: http_req_duration max is never negative, and -1 is'],
    ['x rate < -1 %', 'at character 14: x rate is never negative, and -1 is'],
    ['x count > -1', 'at character 13: x count is never negative, and -1 is'],
    ['x max < 1 ms x', 'at character 14: expected nothing more, but found "x"'],
    ['x max < 1e3', 'at character 11: expected nothing more, but found "3"'],
    ['x max < 1234567890123456', 'at character 24: expected nothing more, but found "6"'],
    ['x max < 1.', 'at character 11: max takes us, ms, s or m, not "."'],
    [`x max < 5 ${'h'.repeat(21)}`, 'at character 31: expected nothing more, but found "h"'],
    ['x max < 5 hours', 'at character 16: max takes us, ms, s or m, not "hours"'],
    ['x count > 5 %', 'at character 14: count is a plain number, and "%" is a unit'],
    ['vus value > 5 ms', 'at character 17: value is a plain number, and "ms" is a unit'],
    ['x rate < 5 ms', 'at character 14: rate takes % (of a rate) or /s (of a counter), not "ms"'],
    ['x rate < 100.5 %', 'at character 17: a share is at most 100 %, not 100.5 %'],
    ['x rate < 1.5', 'at character 13: a share is at most 1; say 1.5 % or 1.5/s'],
    ['http_reqs rate < 5 %', 'at character 21: http_reqs is counted: its rate takes /s, not "%"'],
    ['checks rate < 5/s', 'at character 18: checks is a share of the samples: it takes %, not "/s"'],
    ['checks p95 < 5', 'at character 15: checks is a rate, which has no p95'],
    ['http_req_duration value < 5', 'at character 28: http_req_duration is a trend, which has no value'],
    ['in_flight rate < 5', 'at character 19: in_flight is a trend, which has no rate'],
    ['x{b} max < 1', 'at character 4: expected ":" and the value of the tag b, but found "}"'],
    ['x{b', 'at character 4: expected ":" and the value of the tag b, but it ends there'],
    ['x{b: } max < 1', 'at character 5: the tag b has no value'],
    ['x{b:1,b:2} max < 1', 'at character 9: the tag b is there twice'],
    ['x{b:1 max < 1', 'at character 14: expected "," or "}", but it ends there'],
    ['x{b:1{ max < 1', 'at character 6: expected "," or "}", but found "{"'],
    ['x{:1} max < 1', 'at character 3: expected the name of a tag, but found ":1}"'],
    [`x{${tags(11)}} max < 1`, 'at character 58: at most 10 tags are compared'],
    [`x{a:${'v'.repeat(201)}} max < 1`, 'at character 5: the value of the tag a has over 200 characters'],
  ])('%s', (text, what) => {
    expect(mistake(text)).toBe(what)
  })

  it.each([
    [['sec', 'secs', 'second', 'seconds', 'SEC'], 'max', 's'],
    [['min', 'minutes'], 'max', 'm'],
    [['msec', 'msecs', 'milliseconds'], 'max', 'ms'],
    [['percent', 'pct'], 'rate', '%'],
    [['/sec', '/second', 'rps'], 'rate', '/s'],
  ])('with what its unit is called here: %j', (units, aggregate, meant) => {
    for (const unit of units) expect(mistake(`x ${aggregate} < 1 ${unit}`)).toContain(`, not "${unit}"; did you mean "${meant}"?`)
  })

  it('with no more of a long word than tells it', () => {
    expect(mistake(`x ${'y'.repeat(40)} < 1`)).toContain(`but found "${'y'.repeat(30)}"`)
  })
})

describe("is written in k6's words", () => {
  it.each([
    ['x', ' p(95)<5 ', 'x: p(95)<5'],
    ['x{a:1}', 'count===3', 'x{a:1}: count===3'],
  ])('%s: %s', (key, expression, text) => {
    expect(parseK6Threshold(key, expression)).toMatchObject({ from: 'script', text })
  })

  it.each([
    ['x y', 'p(95)<5', 'the threshold "x y" cannot be used: at character 3: expected nothing more, but found "y"'],
    ['x', 'p(95)<5 ms', 'the threshold "p(95)<5 ms" cannot be used: at character 11: k6 knows no units, and this has "ms"'],
    ['x', 'p(95)<5 6', 'the threshold "p(95)<5 6" cannot be used: at character 9: expected nothing more, but found "6"'],
  ])('and refused there: %s: %s', (key, expression, message) => {
    expect(() => parseK6Threshold(key, expression)).toThrow(message)
  })
})
