import { expect, it } from 'vitest'
import { firstFrame } from './tcp-relay.ts'

it('a packet is there when all of its bytes are', () => {
  const bytes = Buffer.from([0, 3, 1, 2, 3, 0, 1])
  expect(firstFrame(bytes)).toEqual(Buffer.from([0, 3, 1, 2, 3]))
  for (const length of [0, 1, 2, 4]) expect(firstFrame(bytes.subarray(0, length))).toBeNull()
  expect(firstFrame(Buffer.from([0, 0, 7]))).toEqual(Buffer.from([0, 0]))
})
