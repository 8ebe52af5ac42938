/** How large the next requests are that take up simulated GPU memory, and how many. Pure. */

/** What one container says of its memory. */
export interface MemoryOfOne {
  readonly usedBytes: number
  readonly totalBytes: number
}

export interface Batch {
  readonly size: number
  readonly count: number
}

export interface FillingState {
  readonly containers: readonly MemoryOfOne[]
  readonly percent: number
  /** Memory that one unit of size takes; null before that is known. */
  readonly bytesPerUnit: number | null
  readonly largest: number
  readonly smallest: number
  /** Sizes of which lately not one was taken. */
  readonly givenUp: ReadonlySet<number>
}

/** How many are sent at once; what they took is read before there are more. */
const MOST_AT_ONCE = 32

export function sumOf(containers: readonly MemoryOfOne[]): MemoryOfOne {
  return {
    usedBytes: containers.reduce((sum, { usedBytes }) => sum + usedBytes, 0),
    totalBytes: containers.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
  }
}

/** Lists the sizes from the largest down, each half of the one before, to the smallest. */
export function sizesOf({ largest, smallest }: Pick<FillingState, 'largest' | 'smallest'>): number[] {
  const sizes: number[] = []
  for (let size = largest; size > smallest; size = Math.floor(size / 2)) sizes.push(size)
  return [...sizes, smallest]
}

/** null when the share is reached, or not even the smallest would be taken any more. */
export function nextBatch(state: FillingState): Batch | null {
  const { containers, percent, bytesPerUnit, largest, givenUp } = state
  const { usedBytes, totalBytes } = sumOf(containers)
  const missingBytes = (totalBytes * percent) / 100 - usedBytes
  if (missingBytes <= 0) return null
  // The first one alone tells how much a unit takes.
  if (bytesPerUnit === null) return givenUp.has(largest) ? smallerUnknown(state) : { size: largest, count: 1 }
  for (const size of sizesOf(state)) {
    if (givenUp.has(size)) continue
    const each = size * bytesPerUnit
    const fitting = containers.reduce((sum, one) => sum + Math.max(0, Math.floor((one.totalBytes - one.usedBytes) / each)), 0)
    // Below the whole of it, the last one may go a little over the share, and it is the smallest.
    const wanted = size === state.smallest ? Math.ceil(missingBytes / each) : Math.floor(missingBytes / each)
    const count = Math.min(fitting, wanted, MOST_AT_ONCE)
    if (count > 0) return { size, count }
  }
  return null
}

function smallerUnknown(state: FillingState): Batch | null {
  const size = sizesOf(state).find((candidate) => !state.givenUp.has(candidate))
  return size === undefined ? null : { size, count: 1 }
}

/** Bytes that a unit of size takes, by all that is under way; null as long as nothing is, or nothing was taken. */
export function bytesPerUnit(usedBefore: number, usedNow: number, unitsUnderWay: number): number | null {
  const grown = usedNow - usedBefore
  return unitsUnderWay <= 0 || grown <= 0 ? null : grown / unitsUnderWay
}
