import { expect, test } from 'vitest'
import { urlPath } from './schema-kit.ts'

const path = urlPath('a path')

test.each(['/', '/health', '/a/b?c=${n}&d=http://e', '/a//b', '/${id}', '/@a:b'])('%s is a path', (text) => {
  expect(path.safeParse(text).success).toBe(true)
})

test.each([
  ...[
    '',
    'health',
    '//evil.example/',
    '///x',
    '/\\evil.example',
    '\\\\evil.example',
    '/a\\b',
    'http://evil.example/',
    '/a b',
    '/a#b',
  ],
  ...['/a\nb', '/\t/evil.example', '/a\u0000', '/a\u007f', '/a\u0085', `/${'a'.repeat(2_000)}`],
])('%j is none', (text) => {
  expect(path.safeParse(text).error?.issues[0]?.message).toContain('a path that begins with one /')
})
