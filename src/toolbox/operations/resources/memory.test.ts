import { describe, expect, it } from 'vitest'
import { chunkBytes, missingBytes } from './memory.ts'

const MIB = 1024 * 1024
const LIMIT = 128 * MIB

describe('a chunk', () => {
  it.each([
    ['the largest where much is missing', 100 * MIB, false, 16 * MIB],
    ['all that is missing', 5 * MIB, false, 5 * MIB],
    ['whole pages only', 5 * MIB + 100, false, 5 * MIB],
    ['three quarters on the way to a percentage', 8 * MIB, true, 6 * MIB],
    ['the largest there as well', 100 * MIB, true, 16 * MIB],
    ['the rest where that is small', 1 * MIB, true, 1 * MIB],
    ['never less than a page', 100, true, 4_096],
  ])('is %s', (_what, missing, towardsPercent, bytes) => {
    expect(chunkBytes(missing, towardsPercent)).toBe(bytes)
  })

  it.each([1, 50, 90, 95, 99.9, 100])('by chunk leads to %d %% of the limit, never beyond it', (percent) => {
    let usageBytes = Math.floor((LIMIT * Math.min(percent, 31)) / 100)
    let steps = 0
    for (; missingBytes({ usageBytes, limitBytes: LIMIT }, percent) >= 4_096; steps += 1) {
      usageBytes += chunkBytes(missingBytes({ usageBytes, limitBytes: LIMIT }, percent), true)
    }
    expect(usageBytes).toBeLessThanOrEqual((LIMIT * percent) / 100)
    expect(usageBytes).toBeGreaterThan((LIMIT * percent) / 100 - 4_096)
    expect(steps).toBeLessThan(20)
  })

  it('is not wanted when more than that is in use already', () => {
    expect(missingBytes({ usageBytes: 100 * MIB, limitBytes: LIMIT }, 50)).toBeLessThan(0)
  })
})
