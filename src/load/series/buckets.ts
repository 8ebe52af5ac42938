/**
 * The buckets of an HDR histogram of three significant digits (HdrHistogram: 2048 sub-buckets): exact below 2048, then 1024
 * to each doubling, so that a value is known to 0.05 %. Only those that hold something are kept: a second of a load has a
 * few hundred different latencies, where the whole array would take 140 KB. Pure.
 */

const SUB = 2_048
const HALF = SUB / 2

/** Finds the bucket of a whole number of 0 or more. */
export function bucketOf(value: number): number {
  if (value < SUB) return value
  const exponent = Math.floor(Math.log2(value)) - 10
  // 2^10 … 2^11 - 1 of them.
  const mantissa = Math.floor(value / 2 ** exponent)
  return exponent * HALF + mantissa
}

/** Gives the middle of the bucket. */
export function valueOf(bucket: number): number {
  if (bucket < SUB) return bucket
  const exponent = Math.floor(bucket / HALF) - 1
  const mantissa = bucket - exponent * HALF
  return (mantissa + 0.5) * 2 ** exponent - 0.5
}

/** How many values each bucket holds. */
export type Buckets = Map<number, number>

export function addTo(buckets: Buckets, bucket: number, count = 1): void {
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + count)
}

/** Writes steps between the buckets, and their counts, as base64 of LEB128 numbers: some 2 bytes for each bucket. */
export function encodeBuckets(buckets: Buckets): string {
  const bytes: number[] = []
  let before = 0
  for (const [bucket, count] of sortBuckets(buckets)) {
    pushNumber(bytes, bucket - before)
    pushNumber(bytes, count)
    before = bucket
  }
  return Buffer.from(bytes).toString('base64')
}

/** @throws RangeError for text that encodeBuckets did not write. */
export function decodeBuckets(text: string, into: Buckets): void {
  const bytes = Buffer.from(text, 'base64')
  let at = 0
  const next = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at]
      if (byte === undefined || factor > 2 ** 42) throw new RangeError('a histogram is cut off or damaged')
      at += 1
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  let bucket = 0
  while (at < bytes.length) {
    bucket += next()
    addTo(into, bucket, next())
  }
}

/** Pairs of a bucket and its count, from the lowest bucket to the highest. */
export type SortedBuckets = readonly (readonly [number, number])[]

export function sortBuckets(buckets: Buckets): SortedBuckets {
  return [...buckets].sort(([a], [b]) => a - b)
}

/**
 * Takes what lies between the two values nearest to the rank, as k6 does it (metrics/sink.go). NaN of nothing.
 * `lowest` and `highest` are the exact ends.
 */
export function percentileOf(sorted: SortedBuckets, percent: number, lowest: number, highest: number): number {
  let total = 0
  for (const [, count] of sorted) total += count
  if (total === 0) return Number.NaN
  const rank = (percent / 100) * (total - 1)
  const under = Math.floor(rank)
  const low = nth(sorted, under)
  const high = nth(sorted, Math.min(total - 1, under + 1))
  const value = low + (high - low) * (rank - under)
  return Math.min(highest, Math.max(lowest, value))
}

function nth(sorted: SortedBuckets, index: number): number {
  let seen = 0
  for (const [bucket, count] of sorted) {
    seen += count
    if (seen > index) return valueOf(bucket)
  }
  return Number.NaN
}

function pushNumber(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}
