import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../core/json.ts'
import { thresholdsOf } from './pattern-thresholds.ts'

const options: JsonObject = {
  thresholds: {
    errors: ['rate<0.01'],
    http_req_duration: [{ threshold: 'p(95)<500', abortOnFail: true, delayAbortEval: '10s' }, 'p(99)<1000'],
  },
}
const own = { thresholds: null }

describe('the limits of a pattern', () => {
  it("are the script's own", () => {
    expect(thresholdsOf(own, options, []).map(({ text, from }) => [text, from])).toEqual([
      ['errors: rate<0.01', 'script'],
      ['http_req_duration: p(95)<500', 'script'],
      ['http_req_duration: p(99)<1000', 'script'],
    ])
  })

  it("are the manifest's instead, where it has some", () => {
    expect(thresholdsOf({ thresholds: ['errors rate < 5 %'] }, options, []).map(({ text }) => text)).toEqual([
      'errors rate < 5 %',
    ])
  })

  it('say who gave them', () => {
    expect(thresholdsOf({ thresholds: ['errors rate < 5 %'] }, options, ['http_reqs count > 1']).map(({ from }) => from)).toEqual(
      ['manifest', 'input'],
    )
  })

  it("are the user's in place of those that limit the same, and beside the others", () => {
    const texts = thresholdsOf(own, options, ['http_req_duration p95 < 300 ms', 'http_reqs rate > 50/s']).map(({ text }) => text)
    expect(texts).toEqual([
      'errors: rate<0.01',
      'http_req_duration: p(99)<1000',
      'http_req_duration p95 < 300 ms',
      'http_reqs rate > 50/s',
    ])
  })

  it('are none of a script that has none', () => {
    expect(thresholdsOf(own, {}, [])).toEqual([])
    expect(thresholdsOf(own, { thresholds: null }, [])).toEqual([])
  })

  it.each([
    [{ thresholds: 'p(95)<5' }, [], /^the thresholds of the script cannot be read: they are no object$/],
    [{ thresholds: ['p(95)<5'] }, [], /they are no object/],
    [{ thresholds: { errors: 'rate<0.1' } }, [], /^the thresholds of the script cannot be read: those of errors are no list$/],
    [{ thresholds: { errors: [5] } }, [], /read: one of errors is neither an expression nor an object with one$/],
    [{ thresholds: { errors: [null] } }, [], /one of errors is neither/],
    [{ thresholds: { errors: [['rate<0.1']] } }, [], /one of errors is neither/],
    [{ thresholds: { errors: [{ threshold: 5 }] } }, [], /one of errors is neither/],
    [{ thresholds: { errors: ['rate<0.1', 'rate<0.2'] } }, [], /limits the same/],
    [{ thresholds: { errors: ['rate<<0.1'] } }, [], /errors|rate<<0.1/],
    [{}, ['errors rate < 1 %', 'errors rate < 2 %'], /limits the same/],
    [{}, ['errors rte < 1 %'], /did you mean "rate"/],
  ] as const)('are refused: %j %j', (script, input, message) => {
    expect(() => thresholdsOf(own, script as JsonObject, input)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringMatching(message) as string }) as Error,
    )
  })
})
