import { expect, it } from 'vitest'
import type { Json } from '../../core/json.ts'
import { planOf } from '../plan/stages.ts'
import { abortedBy, cutShort } from './abort-on-fail.ts'
import type { K6Facts } from './generator-facts.ts'

const PLAN = planOf(
  [
    { durationMs: 0, target: 2 },
    { durationMs: 30_000, target: 2 },
  ],
  'users',
)
const k6 = (exitCode: number, summary: Json): K6Facts => ({ exitCode, stopped: false, summary, log: '' })
const CROSSED: Json = {
  metrics: { http_req_failed: { thresholds: { ' rate<0.1 ': true, 'rate<1': false } }, vus: { value: 1 }, odd: 7 },
}

it.each([
  [27, null],
  [26, '26 s of 30 s were measured'],
  [4, '4 s of 30 s were measured'],
])('of 30 s that were planned and %d that were measured', (seconds, text) => {
  expect(cutShort(PLAN, seconds)).toBe(text)
})

it('a twentieth of a long load is no matter', () => {
  const long = planOf([{ durationMs: 600_000, target: 2 }], 'users')
  expect([cutShort(long, 570), cutShort(long, 569)]).toEqual([null, '569 s of 600 s were measured'])
})

it('one that ends with its iterations is never cut short', () => {
  expect(cutShort({ ...PLAN, hasFixedLength: false }, 1)).toBeNull()
})

it('the limits that were crossed have ended it, each told once', () => {
  const both = [k6(99, CROSSED), k6(99, CROSSED)]
  expect(abortedBy(both, PLAN, 4)).toEqual([
    'http_req_failed: rate<0.1 was crossed, and the script ends its load then (abortOnFail): 4 s of 30 s were measured',
  ])
})

it.each<[string, K6Facts, number]>([
  ['it ran to its end', k6(99, CROSSED), 30],
  ['k6 saw nothing crossed', k6(0, CROSSED), 4],
  ['it was interrupted', k6(105, CROSSED), 4],
  ['nobody knows which', k6(99, null), 4],
  ['no metric has limits', k6(99, { metrics: { vus: null } }), 4],
])('they have not, when %s', (_why, facts, seconds) => {
  expect(abortedBy([facts], PLAN, seconds)).toEqual([])
})
