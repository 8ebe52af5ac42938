import { describe, expect, it } from 'vitest'
import { answered, countErrors, totals, weakBaseline } from './samples.ts'
import { failed, ok, times } from '../toxic/measures/samples.fixture.ts'

it('answers that have a status count, and times of whole answers only', () => {
  const cut = { ...failed('eof'), status: 200 }
  const samples = [ok(5), failed('timeout'), cut, ok(0)]
  expect([answered(samples), totals(samples)]).toEqual([3, [5, 0]])
})

describe('a baseline', () => {
  it.each([
    [10, 8],
    [5, 4],
    [1, 1],
  ])('is one with, of %d probes, %d answered', (sent, good) => {
    expect(weakBaseline(times(sent, (index) => (index < good ? ok(3) : failed('timeout'))))).toBeNull()
  })

  it.each([
    [10, 7],
    [12, 0],
    [0, 0],
  ])('is none with, of %d probes, %d answered', (sent, good) => {
    const samples = times(sent, (index) => (index < good ? ok(3) : failed('timeout')))
    expect(weakBaseline(samples)).toBe(`before the fault only ${good} of ${sent} probes were answered`)
  })
})

it.each([
  [[], 'none'],
  [[ok(3)], '1 × answered'],
  [[{ ...failed(''), error: null }], '1 × no answer'],
  [[ok(3), failed('timeout'), failed('eof'), failed('eof')], '2 × eof, 1 × answered, 1 × timeout'],
])('errors are counted, the most frequent first: %#', (samples, text) => {
  expect(countErrors(samples)).toBe(text)
})
