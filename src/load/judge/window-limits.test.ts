import { expect, it } from 'vitest'
import { parseThreshold } from '../plan/threshold-grammar.ts'
import { windowLimits } from './window-limits.ts'

const USUAL = { errorShare: 0.01, p95Ms: 500 }

it.each<[string, string[], Partial<typeof USUAL>]>([
  ['the usual ones where nobody limited anything', [], {}],
  ["the pattern's own", ['errors rate < 5 %', 'http_req_duration p95 < 2 s'], { errorShare: 0.05, p95Ms: 2_000 }],
  ['that of failed requests is one of errors', ['http_req_failed rate <= 20 %'], { errorShare: 0.2 }],
  ['of several the strictest', ['http_req_failed rate < 2 %', 'errors rate < 5 %', 'errors rate <= 3 %'], { errorShare: 0.02 }],
  ['none that speaks of a part', ['errors{outcome:served} rate < 5 %', 'http_req_duration{status:200} p95 < 2 s'], {}],
  [
    'none that demands slowness or errors',
    ['errors rate > 5 %', 'http_req_duration p95 >= 2 s', 'http_req_failed rate == 1'],
    {},
  ],
  ['no count of errors', ['errors count < 5', 'http_req_failed count < 1'], {}],
  ['no share of something else', ['checks rate < 50 %'], {}],
  ['no other percentile, and no mean', ['http_req_duration p99 < 2 s', 'http_req_duration avg < 100 ms'], {}],
  ['no p95 of something else', ['http_req_waiting p95 < 2 s', 'task_duration p95 < 2 s'], {}],
])('a window is bad by %s', (_what, texts, limits) => {
  expect(windowLimits(texts.map((text) => parseThreshold(text, 'input')))).toEqual({ ...USUAL, ...limits })
})
