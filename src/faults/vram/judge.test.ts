import { expect, test } from 'vitest'
import { shareOf } from './judge.ts'

test.each([
  [1, 3, 33.33],
  [0, 3, 0],
  [3, 3, 100],
  [5, 0, null],
  [5, -1, null],
])('%d of %d is a share of %j', (bytes, totalBytes, share) => {
  expect(shareOf(bytes, totalBytes)).toBe(share)
})
