import { expect, test } from 'vitest'
import { consoleText, markdownBlock, markdownCode, markdownText, truncate, visibleText, xmlAttribute, xmlText } from './escape.ts'
import { HOSTILE } from './results.fixture.ts'

test('a terminal gets one line without control characters or escape sequences', () => {
  expect(consoleText('\u001b[31mred\u001b[0m\r\n::error::x\u009b2J\u001b]0;t\u0007!\u202e')).toBe('red ::error::x2J!')
  expect(consoleText(HOSTILE, 10_000)).not.toMatch(/[^\P{C}\u{fffd}]/u)
})

test('Markdown shows the text and does nothing else', () => {
  expect(markdownText('a|b *c* _d_ `e` [f](g)')).toBe('a\\|b \\*c\\* \\_d\\_ \\`e\\` \\[f\\](g)')
  expect(markdownText('<!-- x --><b>&amp;')).toBe('&lt;!-- x --&gt;&lt;b&gt;&amp;amp;')
  expect(markdownText('@user #12 GH-7')).toBe('@\u200buser #\u200b12 GH\u200b-7')
  expect(markdownText('https://x www.y.z')).toBe('https:\u200b//x www\u200b.y.z')
  expect(markdownText('- item\n- two')).toBe('\\- item - two')
  expect(markdownText('+997 ms, 1.5 s')).toBe('+997 ms, 1.5 s')
  expect(markdownCode('`a`')).toBe('`` `a` ``')
  expect(markdownText('1. item')).toBe('1\\. item')
  expect(markdownText('# title')).toBe('\\# title')
})

test('hostile text breaks out of no Markdown form', () => {
  const text = markdownText(HOSTILE, 10_000)
  expect(text).not.toMatch(/[<>\n\r\u001b\u202e]|(?<!\\)[|`]|@\w|#\d|:\/\//)
  const code = markdownCode(HOSTILE, 10_000)
  expect(code).toMatch(/^(`{4})[^\n\r\u001b]*[^`]\1$/)
  expect(code.match(/`{4}/g)).toHaveLength(2)
  const block = markdownBlock(HOSTILE, 10_000)
  const [fence = ''] = /^`+/.exec(block) ?? []
  expect(fence).toHaveLength(4)
  expect(block.split('\n').filter((line) => line.startsWith(fence))).toHaveLength(2)
})

test('XML holds no character that XML 1.0 forbids, and no markup of the text', () => {
  for (const text of [xmlText(HOSTILE), xmlAttribute(HOSTILE)]) {
    expect(text).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
    expect(text).not.toMatch(/<|>|&(?!amp;|lt;|gt;|quot;|#10;|#9;)/)
  }
  expect(xmlAttribute('a"b\nc')).toBe('a&quot;b&#10;c')
})

test('a cut never splits a character and says that it cut', () => {
  expect(truncate('abc', 3)).toBe('abc')
  expect(truncate('abcd', 3)).toBe('ab…')
  expect(truncate('a😀b', 3)).toBe('a…')
  expect(visibleText('\ud800x')).toBe('\ufffdx')
})
