import { expect, test } from 'vitest'
import {
  consoleText,
  htmlBlock,
  htmlText,
  markdownBlock,
  markdownCode,
  markdownHtml,
  markdownText,
  truncate,
  visibleText,
  xmlAttribute,
  xmlText,
} from './escape.ts'
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

test('times, ports and names of images stay as they can be copied; the names of emoji do not', () => {
  for (const text of ['2026-03-01T10:00:05.112Z', 'db:5432: refused', 'shop/api:latest', 'a: b'])
    expect(markdownText(text)).toBe(text)
  expect(markdownText(':+1: x:tada: :100: ends :tada')).toBe(':\u200b+1: x:\u200btada: :\u200b100: ends :\u200btada')
})

test('a rule of dashes and a heading in capitals are text', () => {
  expect(markdownText('---')).toBe('\\---')
  expect(markdownText('- -')).toBe('\\- -')
  expect(markdownText('--flag')).toBe('--flag')
  expect(markdownText('WWW.X.Y')).toBe('WWW\u200b.X.Y')
})

test('within an element of ours text is escaped as HTML, and for GitHub besides', () => {
  expect(markdownHtml('a_b|c <i> @user #1 https://x :tada:')).toBe(
    'a_b|c &lt;i&gt; @\u200buser #\u200b1 https:\u200b//x :\u200btada:',
  )
})

test('a line for the console is no command for the runner', () => {
  expect(consoleText('::error::x ::b')).toBe(': :error::x ::b')
  expect(consoleText('a ##[group]b')).toBe('a # #[group]b')
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

test('HTML shows the text and holds no markup of it, also within quotes', () => {
  expect(htmlText(`<b a="1" c='2'>&amp;\n x`)).toBe('&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp; x')
  expect(htmlBlock('a\n\tb <')).toBe('a\n\tb &lt;')
  expect(htmlText('<<<<', 3)).toBe('&lt;&lt;…')
  for (const text of [htmlText(HOSTILE, 10_000), htmlBlock(HOSTILE)])
    expect(text).not.toMatch(/[<>"'\u001b\u202e\r\0]|&(?!amp;|lt;|gt;|quot;|#39;)/)
  expect(htmlText(HOSTILE)).not.toContain('\n')
})

test('a cut never splits a character and says that it cut', () => {
  expect(truncate('abc', 3)).toBe('abc')
  expect(truncate('abcd', 3)).toBe('ab…')
  expect(truncate('a😀b', 3)).toBe('a…')
  expect(visibleText('\ud800x')).toBe('\ufffdx')
})
