import { expect, test } from 'vitest'
import { readingOf, stepBytes } from './memory-filling.ts'

const MIB = 1_048_576

test.each([
  ['a twentieth of a large limit', 2_000 * MIB, 100 * MIB],
  ['no less than a mebibyte', 8 * MIB, MIB],
  ['whole pages', 30_000_000, 1_503_232],
])('a step is %s', (_name, limitBytes, bytes) => {
  expect(stepBytes(limitBytes)).toBe(bytes)
  expect(stepBytes(limitBytes) % 4_096).toBe(0)
})

test('a cgroup without a limit gives no reading', () => {
  const facts = {
    ...({ version: 2, path: '/a', oomKills: 0, cpuUsageUs: 0, cpuQuotaUs: null, cpuPeriodUs: null } as const),
    ...{ throttledPeriods: null, throttledUs: null, memoryUsageBytes: 5 },
  }
  expect(readingOf({ ...facts, memoryLimitBytes: null })).toBeNull()
  expect(readingOf({ ...facts, memoryLimitBytes: 10 })).toEqual({ usageBytes: 5, limitBytes: 10 })
})
