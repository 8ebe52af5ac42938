import { expect, it } from 'vitest'
import { interquartileRange, median, percentile, roundOrNull } from './statistics.ts'

/** 1…20, out of order; as texts, 10 would come before 2. */
const TWENTY = Array.from({ length: 20 }, (_, index) => ((index * 7) % 20) + 1)

it.each([
  [0, 1],
  [5, 1],
  [5.01, 2],
  [50, 10],
  [75, 15],
  [95, 19],
  [95.01, 20],
  [100, 20],
])('p%d is the value that so many percent are not above', (percent, value) => {
  expect(percentile(TWENTY, percent)).toBe(value)
})

it('leaves the values in their order', () => {
  const values = [3, 1, 2]
  percentile(values, 50)
  expect(values).toEqual([3, 1, 2])
})

it('is the one value there is, and none where there is none', () => {
  expect([percentile([7], 1), percentile([7], 99), median([7])]).toEqual([7, 7, 7])
  expect([percentile([], 95), median([])]).toEqual([Number.NaN, Number.NaN])
})

it('takes the lower of two middle values for the median', () => {
  expect([median([4, 1, 3, 2]), median([9, 1, 5])]).toEqual([2, 5])
})

it('rounds for reports, and has null for what JSON cannot say', () => {
  expect([roundOrNull(12.5), roundOrNull(12.4), roundOrNull(-0.26, 1), roundOrNull(0.125, 2)]).toEqual([13, 12, -0.3, 0.13])
  expect([Number.NaN, Infinity, -Infinity].map((value) => roundOrNull(value))).toEqual([null, null, null])
})

it('the spread of the middle half leaves out what is far off', () => {
  expect(interquartileRange([100, 1, 4, 2, 3, 8, 7, 5])).toBe(5)
})
