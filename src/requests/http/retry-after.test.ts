import { expect, it } from 'vitest'
import { retryAfterSeconds } from './retry-after.ts'

const NOW_MS = Date.parse('2026-11-30T12:00:00Z')

it.each<[string | undefined, number | null]>([
  ['1', 1],
  [' 120 ', 120],
  ['0', 0],
  ['Mon, 30 Nov 2026 12:00:30 GMT', 30],
  ['Mon, 30 Nov 2026 11:59:00 GMT', 0],
  ['soon', null],
  ['-1', null],
  ['1.5', null],
  ['2030-12', null],
  ['1234567890', null],
  ['', null],
  [undefined, null],
])('Retry-After: %s', (header, seconds) => {
  expect(retryAfterSeconds(header, NOW_MS)).toBe(seconds)
})
