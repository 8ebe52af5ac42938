import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../core/random.ts'
import { addTo, bucketOf, decodeBuckets, encodeBuckets, percentileOf, sortBuckets, valueOf, type Buckets } from './buckets.ts'

function filled(values: readonly number[]): Buckets {
  const buckets: Buckets = new Map()
  for (const value of values) addTo(buckets, bucketOf(value))
  return buckets
}

/** As k6 does it: on a line between the two nearest. */
function exact(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = (percent / 100) * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(rank)] ?? NaN, sorted[Math.ceil(rank)] ?? NaN]
  return low + (high - low) * (rank - Math.floor(rank))
}

describe('a bucket', () => {
  it.each([0, 1, 2_047, 2_048, 2_049, 4_095, 4_096, 123_456, 2 ** 31, 2 ** 40 - 1, 2 ** 40])('knows %i to 0.05 %%', (value) => {
    expect(Math.abs(valueOf(bucketOf(value)) - value)).toBeLessThanOrEqual(value * 0.0005)
  })

  it('is never before that of a smaller value', () => {
    let before = -1
    for (let value = 0; value < 300_000; value += 1) {
      const bucket = bucketOf(value)
      if (bucket !== before && bucket !== before + 1) expect.fail(`${value} is in bucket ${bucket} after ${before}`)
      before = bucket
    }
  })
})

describe('buckets as text', () => {
  it('come back as they were', () => {
    const buckets = filled([0, 0, 5, 3_000_000, 60_000_000, 3_600_000_000])
    addTo(buckets, 77, 1_000_000)
    const back: Buckets = new Map()
    decodeBuckets(encodeBuckets(buckets), back)
    expect(new Map([...back].sort())).toEqual(new Map([...buckets].sort()))
    decodeBuckets(encodeBuckets(new Map()), back)
    expect(back.size).toBe(buckets.size)
  })

  it('are refused when they are cut off', () => {
    expect(() => {
      decodeBuckets(Buffer.from([5]).toString('base64'), new Map())
    }).toThrow(RangeError)
    expect(() => {
      decodeBuckets(Buffer.from(Array.from({ length: 20 }, () => 255)).toString('base64'), new Map())
    }).toThrow(RangeError)
  })
})

describe('a percentile', () => {
  it.each([1, 2, 3, 59, 60, 1_000, 20_000])('of %i samples is the exact one to 0.1 %%', (count) => {
    const random = seededRandom(count)
    const values = Array.from({ length: count }, () => Math.round(Math.exp(random.next() * 12)) + 1_000)
    const buckets = filled(values)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    for (const percent of [0, 1, 50, 90, 95, 99, 99.9, 100]) {
      const wanted = exact(values, percent)
      expect(Math.abs(percentileOf(sortBuckets(buckets), percent, low, high) - wanted) / wanted).toBeLessThan(0.001)
    }
  })

  it('of nothing is none', () => {
    expect(percentileOf([], 95, 0, 0)).toBeNaN()
  })
})
