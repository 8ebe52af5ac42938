import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/json.ts'
import { parseK6Threshold, parseThreshold } from '../plan/threshold-grammar.ts'
import type { Threshold } from '../plan/shapes.ts'
import type { K6Facts } from './generator-facts.ts'
import { disagreements } from './k6-agreement.ts'
import { seriesOf, traffic } from './series.fixture.ts'

/** 200 requests in 4 s: half of them take 100 ms, half of them 300 ms. */
const SERIES = seriesOf(traffic({ fromMs: 0, toMs: 4_000, perSecond: 50, latencyMs: (index) => (index % 2 === 0 ? 100 : 300) }))
const AVERAGE = parseK6Threshold('http_req_duration', 'avg<150')

function k6(summary: Json): K6Facts {
  return { exitCode: 0, stopped: false, summary, log: '' }
}

function found(summaries: readonly Json[], thresholds: readonly Threshold[] = []): string[] {
  return disagreements(summaries.map(k6), thresholds, SERIES)()
}

describe("k6's count of requests", () => {
  it.each<[string, Json[], string[]]>([
    ['is ours', [{ metrics: { http_reqs: { count: 200 } } }], []],
    ['is more', [{ metrics: { http_reqs: { count: 201 } } }], ['k6 counted 201 requests, and samples of 200 arrived']],
    ['is less', [{ metrics: { http_reqs: { count: 199 } } }], ['k6 counted 199 requests, and samples of 200 arrived']],
    ['is that of all generators', [{ metrics: { http_reqs: { count: 150 } } }, { metrics: { http_reqs: { count: 50 } } }], []],
    [
      'is not that of one of them',
      [{ metrics: { http_reqs: { count: 200 } } }, { metrics: { http_reqs: { count: 50 } } }],
      ['k6 counted 250 requests, and samples of 200 arrived'],
    ],
    // Its own reason is in the end of the program.
    ['is not known of one of them', [{ metrics: { http_reqs: { count: 150 } } }, null], []],
    ['is no number', [{ metrics: { http_reqs: { count: '5' } } }], []],
    ['is not there', [{ metrics: { http_reqs: {} } }], []],
    ['is of no such metric', [{ metrics: {} }], []],
    ['is in no summary', ['text', 5, null, ['metrics'], {}, { metrics: null }, { metrics: ['http_reqs'] }], []],
    ['is in no object', [{ metrics: { http_reqs: null } }, { metrics: { http_reqs: [1] } }], []],
  ])('%s', (_what, summaries, expected) => {
    for (const one of summaries.length > 2 ? summaries.map((summary) => [summary]) : [summaries])
      expect(found(one)).toEqual(expected)
  })

  it('is one of something where nothing arrived', () => {
    expect(disagreements([k6({ metrics: { http_reqs: { count: 3 } } })], [], seriesOf([]))()).toEqual([
      'k6 counted 3 requests, and samples of 0 arrived',
    ])
    expect(disagreements([k6({ metrics: { http_reqs: { count: 0 } } })], [], seriesOf([]))()).toEqual([])
  })
})

describe("k6's word on a limit", () => {
  const said = (verdicts: Json, threshold = AVERAGE, more: Json[] = []): string[] =>
    found([{ metrics: { [threshold.metric]: { thresholds: verdicts } } }, ...more], [threshold])

  it('is true for one that was crossed', () => {
    expect(said({ 'avg<150': true })).toEqual([])
    expect(said({ 'avg<150': false })).toEqual(['http_req_duration: avg<150: k6 says kept, and we see 200'])
    const kept = parseK6Threshold('http_req_duration', 'avg<250')
    expect(said({ 'avg<250': false }, kept)).toEqual([])
    expect(said({ 'avg<250': true }, kept)).toEqual(['http_req_duration: avg<250: k6 says crossed, and we see 200'])
  })

  it('is found however k6 wrote it, under the name that the script has for the metric', () => {
    expect(said({ ' avg<150 ': false, 'avg<1': true })).toHaveLength(1)
    expect(found([{ metrics: { other: { thresholds: { 'avg<150': false } } } }], [AVERAGE])).toEqual([])
    const tagged = parseK6Threshold('http_req_duration{scenario: a}', 'avg<150')
    const of = seriesOf(traffic({ fromMs: 0, toMs: 4_000, perSecond: 50, latencyMs: 200, tags: { scenario: 'a' } }))
    const summary = { metrics: { 'http_req_duration{scenario: a}': { thresholds: { 'avg<150': false } } } }
    expect(disagreements([k6(summary)], [tagged], of)()).toEqual([
      'http_req_duration{scenario: a}: avg<150: k6 says kept, and we see 200',
    ])
  })

  it.each<[string, Json]>([
    ['none of this limit', { 'avg<1': false }],
    ['no yes or no', { 'avg<150': 'kept' }],
    ['none at all', null],
    ['a list', ['avg<150']],
  ])('is not compared where there is %s', (_what, verdicts) => {
    expect(said(verdicts)).toEqual([])
  })

  it('is not compared of several generators, of which each sees its own part, nor of none', () => {
    expect(said({ 'avg<150': false }, AVERAGE, [null])).toEqual([])
    expect(found([], [AVERAGE])).toEqual(['k6 counted 0 requests, and samples of 200 arrived'])
  })

  it('is not compared with limits that are not in the script', () => {
    const ours = parseThreshold('http_req_duration avg < 150 ms', 'input')
    expect(found([{ metrics: { 'http_req_duration avg < 150 ms': { thresholds: { '': false } } } }], [ours])).toEqual([])
    const metrics = { http_req_duration: { thresholds: { 'avg<150': false } } }
    expect(found([{ metrics }], [{ ...AVERAGE, from: 'manifest' }])).toEqual([])
  })

  it('is not compared where nobody measured', () => {
    expect(said({ 'avg<150': false }, parseK6Threshold('nonsense', 'avg<150'))).toEqual([])
  })

  it('may be the other one within two thousandths of the limit, where a histogram decides', () => {
    // We see exactly 200.
    const near = (limit: number): string[] =>
      said({ [`avg<${limit}`]: false }, parseK6Threshold('http_req_duration', `avg<${limit}`))
    expect(near(199.7)).toEqual([])
    expect(near(199.5)).toHaveLength(1)
    const above = parseK6Threshold('http_req_duration', 'avg<200.3')
    expect(said({ 'avg<200.3': true }, above)).toEqual([])
    const wellAbove = parseK6Threshold('http_req_duration', 'avg<200.5')
    expect(said({ 'avg<200.5': true }, wellAbove)).toHaveLength(1)
  })

  it('is never the other one at a limit of 0: an error that k6 saw and we did not is no matter of a histogram', () => {
    const none = parseK6Threshold('http_req_failed', 'rate<=0')
    expect(said({ 'rate<=0': false }, none)).toEqual([])
    expect(said({ 'rate<=0': true }, none)).toEqual(['http_req_failed: rate<=0: k6 says crossed, and we see 0'])
  })

  it("is not compared of a counter's rate, whose time k6 counts to the millisecond", () => {
    expect(said({ 'rate>10': true }, parseK6Threshold('http_reqs', 'rate>10'))).toEqual([])
    expect(said({ 'count>10': true }, parseK6Threshold('http_reqs', 'count>10'))).toEqual([
      'http_reqs: count>10: k6 says crossed, and we see 200',
    ])
  })
})
