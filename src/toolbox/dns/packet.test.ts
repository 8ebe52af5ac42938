import { describe, expect, it } from 'vitest'
import { answerWith, comparable, RCODES, readQuestion } from './packet.ts'
import { query } from './packet.fixture.ts'

describe('the question of a packet', () => {
  it.each<[string, string]>([
    ['web', 'web'],
    ['Api.Example.ORG', 'api.example.org'],
    ['', ''],
    ['a'.repeat(63), 'a'.repeat(63)],
  ])('is %j', (name, read) => {
    const packet = query(name)
    expect(readQuestion(packet)).toEqual({ name: read, end: packet.length })
    // What follows, as the options of EDNS, is no part of it.
    expect(readQuestion(Buffer.concat([packet, Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0])]))?.end).toBe(packet.length)
  })

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a header cut short', query('web').subarray(0, 11)],
    ['no question', query('web', { questions: 0 })],
    ['two questions', query('web', { questions: 2 })],
    ['an answer', query('web', { flags: 0x81_80 })],
    ['an update', query('web', { flags: 0x28_00 })],
    ['a name cut short', query('web').subarray(0, 14)],
    ['a name without its end', query('web').subarray(0, 16)],
    ['a question without its class', query('web').subarray(0, -1)],
    ['a pointer', Buffer.concat([query('web').subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])])],
    [
      'a label with a dot in it',
      Buffer.concat([query('').subarray(0, 12), Buffer.from('\u0003a.b\0\0\u0001\0\u0001', 'latin1')]),
    ],
    ['a name of 256 bytes', query(Array.from({ length: 4 }, () => 'a'.repeat(63)).join('.'))],
  ])('is not read from %s', (_what, packet) => {
    expect(readQuestion(packet)).toBeNull()
  })
})

it('an answer holds the question and a code, and nothing else', () => {
  const packet = Buffer.concat([query('web', { id: 0x12_34, additional: 1 }), Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0])])
  const question = readQuestion(packet)
  if (question === null) throw new Error('it has a question')
  const answer = answerWith(RCODES.nxdomain, packet, question)
  expect(answer).toEqual(query('web', { id: 0x12_34, flags: 0x81_83 }))
  expect(answerWith(RCODES.refused, query('web', { flags: 0 }), question)).toEqual(query('web', { flags: 0x80_85 }))
})

it.each([
  ['WEB.', 'web'],
  ['web', 'web'],
  ['É', 'É'],
  ['.', ''],
])('%j is compared as %j', (name, compared) => {
  expect(comparable(name)).toBe(compared)
})
