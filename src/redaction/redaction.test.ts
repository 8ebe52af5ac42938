import { expect, test } from 'vitest'
import { Redaction } from './redaction.ts'

const SECRET = 'p@ss "w<rd>\\ ü&1'

test('known values go, the longest first, and short ones stay', () => {
  const { text } = new Redaction(['secret-a', 'secret-a-and-b', 'abcde', ''])
  expect(text('secret-a-and-b secret-a abcde')).toBe('*** *** abcde')
})

test.each<[form: string, written: string]>([
  ['JSON', JSON.stringify({ a: SECRET })],
  ['JSON in JSON', JSON.stringify(JSON.stringify({ a: SECRET }))],
  ['JSON as Go writes it', '"p@ss \\"w\\u003crd\\u003e\\\\ ü\\u00261"'],
  ['a URL', `http://x/?a=${encodeURIComponent(SECRET)}`],
  ['a URL with small hexadecimal digits', 'p%40ss%20%22w%3crd%3e%5c%20%c3%bc%261'],
  ['a form', new URLSearchParams({ a: SECRET }).toString()],
  ['base64', Buffer.from(SECRET).toString('base64')],
  ['base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ['base64 behind one byte', Buffer.from(`:${SECRET}`).toString('base64')],
  ['base64 behind a user', Buffer.from(`user:${SECRET}`).toString('base64')],
  ['base64 in the middle of a text', Buffer.from(`{"password":"${SECRET}","more":true}`).toString('base64')],
])('a known value is found in %s', (_form, written) => {
  const redacted = new Redaction([SECRET]).text(written)
  expect(redacted).toContain('***')
  for (const piece of ['ss', 'rd', 'c3Mg', 'PHJk', 'cmQ+']) expect(redacted).not.toContain(piece)
})

test('a secret of several lines is found line by line too, as logs have it', () => {
  const { text } = new Redaction(['first-line-of-it\r\n  second-line-of-it\nend'])
  expect(text('t1 first-line-of-it\nt2 second-line-of-it\nt3 end')).toBe('t1 ***\nt2 ***\nt3 end')
})

test('values that become known later are found from then on', () => {
  const redaction = new Redaction()
  const { text } = redaction
  expect(text('later-secret')).toBe('later-secret')
  redaction.add(['later-secret'])
  expect(text('later-secret')).toBe('***')
})

test('what looks like a secret goes as well', () => {
  expect(new Redaction().text('Authorization: Bearer abc')).toBe('Authorization: Bearer ***')
})

test('an object keeps its names, numbers and shape, and loses secrets from keys that are no names', () => {
  const redaction = new Redaction(['secret-a', 'reasons'])
  const value: unknown = JSON.parse(
    '{"reasons": ["secret-a", 1, true, null, {"__proto__": "x secret-a"}], "with secret-a": 123456}',
  )
  expect(JSON.stringify(redaction.object(value))).toBe('{"reasons":["***",1,true,null,{"__proto__":"x ***"}],"with ***":123456}')
})

test('a value that is a pattern or a replacement elsewhere is neither here', () => {
  expect(new Redaction(['.*.*.*', '$&$&$&']).text('abcdef .*.*.* $&$&$&')).toBe('abcdef *** ***')
})
