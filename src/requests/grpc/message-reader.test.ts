import { expect, it } from 'vitest'
import { framed, MessageReader } from './message-reader.ts'

const HELLO = framed(Buffer.from('hello'))

it('puts a message together from its pieces, and has none before the last', () => {
  const reader = new MessageReader(5)
  for (const byte of HELLO) {
    expect(reader.message()).toBeNull()
    expect(reader.add(Buffer.from([byte]))).toBeNull()
  }
  expect(reader.message()?.toString()).toBe('hello')
})

it('takes as many bytes as it may, and no more', () => {
  expect(new MessageReader(5).add(HELLO)).toBeNull()
  // The prefix says so, whatever comes of it.
  expect(new MessageReader(4).add(HELLO.subarray(0, 5))).toBe('body too large')
  expect(new MessageReader(0).add(framed(Buffer.alloc(0)))).toBeNull()
})

it('takes an empty message for a message', () => {
  const reader = new MessageReader(5)
  expect(reader.add(framed(Buffer.alloc(0)))).toBeNull()
  expect(reader.message()).toEqual(Buffer.alloc(0))
})

it.each([
  ['two messages', Buffer.concat([HELLO, HELLO]), 'more than one message'],
  ['one byte too many', Buffer.concat([HELLO, Buffer.alloc(1)]), 'more than one message'],
  ['a compressed one', Buffer.from([1, 0, 0, 0, 0]), 'a compressed message'],
  ['another flag', Buffer.from([2, 0, 0, 0, 0]), 'no gRPC message'],
])('%s is none', (_what, bytes, why) => {
  const reader = new MessageReader(100)
  expect(reader.add(bytes)).toBe(why)
  expect(reader.message()).toBeNull()
})
