import { expect, test } from 'vitest'
import { entryUrl } from './entry-url.ts'

const BASE = 'http://127.0.0.1:8000'

test.each([
  '/',
  '/a/b?c=d',
  '/a//b',
  '/%2F%2Fevil.example/',
  '/@evil.example/',
  '/.//evil.example',
  '/:80/',
  '/a?b=http://evil.example',
])('%s stays at the entry', (path) => {
  expect(entryUrl(path, BASE).origin).toBe(BASE)
})

test.each([
  ...['//evil.example/', '///evil.example/', '/\\evil.example/', '\\\\evil.example', '/\t/evil.example', '\t//evil.example'],
  ...['http://evil.example/', 'https://127.0.0.1:8000/', '//127.0.0.1/', '//[', '@evil.example/', 'file:///etc/passwd', ''],
])('%j does not', (path) => {
  expect(() => entryUrl(path, BASE)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }) as Error)
})
