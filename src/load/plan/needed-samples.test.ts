import { expect, it } from 'vitest'
import { neededSamples } from './threshold.ts'
import { parseThreshold } from './threshold-grammar.ts'

it.each([
  ['a p95 < 1 ms', 59],
  ['a p99 < 1 ms', 299],
  ['a p50 < 1 ms', 5],
  ['a med < 1 ms', 5],
  ['a p100 < 1 ms', 1],
  ['a p0 < 1 ms', 1],
  ['a p99.9 < 1 ms', 2_995],
  ['a p1 < 1 ms', 1],
  ['a avg < 1 ms', 1],
  ['a max < 1 ms', 1],
  ['a count < 1', 1],
  ['a rate < 1 %', 1],
])('%s needs %i', (text, needed) => {
  expect(neededSamples(parseThreshold(text, 'input'))).toBe(needed)
})
