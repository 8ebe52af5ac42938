import { describe, expect, it } from 'vitest'
import { holds, parseK6Threshold, parseThreshold, refuseRepeats, thresholdKey } from './threshold.ts'

const p95 = { kind: 'percentile', percent: 95 }

describe('a limit in our words', () => {
  it.each([
    ['http_req_duration p95 < 500 ms', { metric: 'http_req_duration', aggregate: p95, operator: '<', limit: 500, unit: 'ms' }],
    ['http_req_duration p(99.9)<1s', { aggregate: { kind: 'percentile', percent: 99.9 }, limit: 1_000, unit: 'ms' }],
    ['http_req_duration p95 < 500', { limit: 500, unit: 'ms' }],
    ['queue_length p95 < 500', { limit: 500, unit: '' }],
    ['task_duration{outcome:served} med <= 250us', { filter: { outcome: 'served' }, limit: 0.25, unit: 'ms' }],
    ['errors rate < 1 %', { aggregate: { kind: 'rate' }, limit: 0.01, unit: 'share' }],
    ['errors rate<0.01', { limit: 0.01, unit: 'share' }],
    ['http_reqs rate > 50/s', { limit: 50, unit: '/s' }],
    ['http_reqs rate >= 50', { operator: '>=', limit: 50, unit: '/s' }],
    ['http_reqs count > 0', { aggregate: { kind: 'count' }, limit: 0, unit: '' }],
    ['vus value == 10', { operator: '==', limit: 10 }],
    ['a{ b : c d , e:"f" } max != 3 m', { filter: { b: 'c d', e: 'f' }, operator: '!=', limit: 180_000, unit: 'ms' }],
    ['  x   avg   >   .5   s  ', { metric: 'x', limit: 500, unit: 'ms' }],
  ])('%s', (text, threshold) => {
    expect(parseThreshold(text, 'input')).toMatchObject({ from: 'input', filter: {}, ...threshold })
  })

  it('has one text, however it was written', () => {
    expect(parseThreshold(' a{z:1,b:2}  p(95)<.5s ', 'manifest').text).toBe('a{b:2,z:1} p95 < 0.5 s')
    expect(parseThreshold('http_reqs rate>50/s', 'manifest').text).toBe('http_reqs rate > 50/s')
  })

  it.each([
    ['', /at character 1: expected the name of a metric, but it ends there/],
    ['95 < 5', /character 1: expected the name of a metric, but found "95"/],
    ['errors', /character 7: expected one of avg, .*p95.*, but it ends there/],
    ['errors rat < 1 %', /character 8: expected one of .*, but found "rat"/],
    ['errors rate = 1 %', /character 13: expected one of < <= > >= == !=, but found "="/],
    ['errors rate < 1 % x', /expected nothing more, but found "x"/],
    ['errors rate < -1 %', /expected a number that is not negative, but found "-1"/],
    ['errors rate < 1e3', /rate takes %.* not "e"|expected nothing more/],
    ['errors rate < 500 ms', /rate takes % \(of a rate\) or \/s \(of a counter\), not "ms"/],
    ['errors rate < 101 %', /at most 100 %, not 101 %/],
    ['errors rate < 5', /a share is at most 1; say 5 % or 5\/s/],
    ['http_reqs count > 5 %', /count is a plain number, and "%" is a unit/],
    ['http_req_duration p95 < 5 sec', /p95 takes us, ms, s or m, not "sec"/],
    ['http_req_duration p101 < 5 ms', /a percentile is at most 100, not 101/],
    ['http_req_duration p(95 < 5 ms', /a bracket is missing/],
    ['http_req_duration p9x < 5 ms', /expected one of .*but found "p9x"/],
    ['http_req_duration p95 <', /expected a number.*it ends there/],
    ['a{b} p95 < 1 ms', /expected ":" and the value of the tag b/],
    ['a{b:} p95 < 1 ms', /the tag b has no value/],
    ['a{b:1,b:2} p95 < 1 ms', /the tag b is there twice/],
    ['a{b:1 p95 < 1 ms', /expected "," or "}"/],
    ['a{:1} p95 < 1 ms', /expected the name of a tag/],
    [
      'http_req_duratoin p95 < 500 ms',
      /character 1: no metric is called "http_req_duratoin"; did you mean "http_req_duration"\?/,
    ],
    ['errors averge < 1 %', /expected one of .* but found "averge"/],
    ['errors rte < 1 %', /but found "rte"; did you mean "rate"\?/],
    ['x mean < 1 ms', /but found "mean"; did you mean "avg"\?/],
    ['x max =< 1 ms', /but found "=<"; did you mean "<="\?/],
    ['x max < 1 sec', /not "sec"; did you mean "s"\?/],
    ['errors rate < 1 percent', /not "percent"; did you mean "%"\?/],
    ['http_reqs rate > 50 rps', /not "rps"; did you mean "\/s"\?/],
    ['http_req_failed p95 < 5 ms', /http_req_failed is a rate, which has no p95/],
    ['http_req_duration rate < 5 %', /http_req_duration is a trend, which has no rate/],
    ['vus count > 5', /vus is a gauge, which has no count/],
    ['http_reqs rate < 5 %', /http_reqs is counted: its rate takes \/s, not "%"/],
    ['http_req_failed rate < 5/s', /http_req_failed is a share of the samples: it takes %, not "\/s"/],
  ])('is refused as %j', (text, message) => {
    expect(() => parseThreshold(text, 'input')).toThrow(message)
  })

  it('is refused as an error of the user, with an example', () => {
    expect(() => parseThreshold('nonsense', 'input')).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', hint: expect.stringContaining('errors rate < 1 %') as string }) as Error,
    )
  })
})

describe("a limit in k6's words", () => {
  it.each([
    ['http_req_duration', 'p(95)<500', { aggregate: p95, operator: '<', limit: 500, unit: 'ms' }],
    ['http_req_duration{expected_response:true}', 'avg <= 200', { filter: { expected_response: 'true' }, limit: 200 }],
    ['http_req_failed', 'rate<0.01', { limit: 0.01, unit: 'share' }],
    ['http_reqs', 'rate>100', { limit: 100, unit: '/s' }],
    ['checks', 'rate===1', { operator: '==', limit: 1, unit: 'share' }],
    ['iterations', 'count>0', { limit: 0, unit: '' }],
  ])('%s: %s', (key, expression, threshold) => {
    expect(parseK6Threshold(key, expression)).toMatchObject({ from: 'script', text: `${key}: ${expression}`, ...threshold })
  })

  it.each([
    ['http_req_duration', 'p(95)<500ms', /k6 knows no units/],
    ['http_req_duration', 'p(95)<', /expected a number/],
    ['task duration', 'p(95)<5', /expected nothing more, but found "duration"/],
    ['checks', 'rate>99', /a share is at most 1/],
    ['checks', 'value>0.9', /checks is a rate, which has no value/],
    ['http_reqz', 'count>0', /no metric is called "http_reqz"; did you mean "http_reqs"/],
  ])('is refused: %s: %s', (key, expression, message) => {
    expect(() => parseK6Threshold(key, expression)).toThrow(message)
  })
})

it.each(['a{x:1} p99.9 <= 0.25 ms', 'errors rate < 1 %', 'http_reqs rate > 50/s', 'x count != 3'])(
  '%s is read as it was written',
  (text) => {
    const threshold = parseThreshold(text, 'input')
    expect(threshold.text).toBe(text)
    expect(parseThreshold(threshold.text, 'input')).toEqual(threshold)
  },
)

describe('two limits', () => {
  const one = parseThreshold('a{x:1,y:2} p95 < 500 ms', 'input')

  it('of the same are told, whatever their numbers', () => {
    const other = parseThreshold('a{y:2,x:1} p(95)<1s', 'input')
    expect(thresholdKey(other)).toBe(thresholdKey(one))
    expect(() => {
      refuseRepeats([one, other])
    }).toThrow('"a{x:1,y:2} p95 < 1 s" limits the same as "a{x:1,y:2} p95 < 500 ms"')
  })

  it('of different things, or to both sides, stand beside each other', () => {
    const others = ['a p95 < 500 ms', 'a{x:1,y:2} p99 < 500 ms', 'a{x:1,y:2} p95 > 5 ms'].map((text) =>
      parseThreshold(text, 'input'),
    )
    expect(() => {
      refuseRepeats([one, ...others])
    }).not.toThrow()
  })
})

it.each([
  [1, '<', 1, false],
  [1, '<=', 1, true],
  [1, '>', 1, false],
  [1, '>=', 1, true],
  [1, '==', 1, true],
  [1, '!=', 1, false],
  [2, '!=', 1, true],
  [Number.NaN, '<', 1, false],
  [Number.NaN, '!=', 1, false],
  [Number.NaN, '>=', 1, false],
] as const)('%d %s %d is %s', (observed, operator, limit, met) => {
  expect(holds(observed, operator, limit)).toBe(met)
})
