import { describe, expect, it } from 'vitest'
import { parseK6Threshold, parseThreshold } from './threshold-grammar.ts'
import { holds, refuseRepeats, thresholdKey } from './threshold.ts'

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
    }).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        message: 'the threshold "a{x:1,y:2} p95 < 1 s" limits the same as "a{x:1,y:2} p95 < 500 ms": keep one of them',
      }),
    )
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
  [0, '<', 1, true],
  [1, '<', 1, false],
  [1, '<=', 1, true],
  [2, '<=', 1, false],
  [2, '>', 1, true],
  [1, '>', 1, false],
  [1, '>=', 1, true],
  [2, '>=', 1, true],
  [0, '>=', 1, false],
  [1, '==', 1, true],
  [2, '==', 1, false],
  [1, '!=', 1, false],
  [2, '!=', 1, true],
  [Number.NaN, '<', 1, false],
  [Number.NaN, '!=', 1, false],
  [Number.NaN, '>=', 1, false],
] as const)('%d %s %d is %s', (observed, operator, limit, met) => {
  expect(holds(observed, operator, limit)).toBe(met)
})

describe('what k6 takes of a script is taken whole', () => {
  it.each([
    ['orders_placed', 'rate>3', { metric: 'orders_placed', limit: 3, unit: '/s' }],
    ['orders_placed', 'rate>0.5', { limit: 0.5, unit: 'share' }],
    ['orders_placed', 'rate>=1', { limit: 1, unit: 'share' }],
    ['clock_drift', 'min>-5', { aggregate: { kind: 'min' }, operator: '>', limit: -5, unit: '' }],
    ['clock_drift', 'value!=-.5', { limit: -0.5 }],
    ['http_req_duration', 'avg>-1', { limit: -1, unit: 'ms' }],
    ['http_req_durations', 'avg<5', { metric: 'http_req_durations', limit: 5, unit: '' }],
    ['http_req_duration{name:/posts/${id}}', 'avg<500', { filter: { name: '/posts/${id}' } }],
    ['http_req_duration{name:/a/${id}/b/${n},status:200}', 'avg<500', { filter: { name: '/a/${id}/b/${n}', status: '200' } }],
    ['http_req_duration{name:"{a}"}', 'avg<500', { filter: { name: '{a}' } }],
  ])('%s: %s', (key, expression, threshold) => {
    expect(parseK6Threshold(key, expression)).toMatchObject({ ...threshold, from: 'script' })
  })

  it('and limits of ours may be negative where values may', () => {
    expect(parseThreshold('clock_drift min > -5 ms', 'input')).toMatchObject({ limit: -5, unit: 'ms' })
    expect(parseThreshold('clock_drift p95 > -5', 'input')).toMatchObject({ limit: -5, unit: '' })
  })

  it.each(['avg', 'min', 'med', 'max', 'p95', 'value'])('as the %s of them may', (aggregate) => {
    expect(parseThreshold(`clock_drift ${aggregate} > -5`, 'input').limit).toBe(-5)
  })
})
