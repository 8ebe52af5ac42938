import { expect, test } from 'vitest'
import { lineSplitter, outputTail } from './output-tail.ts'

test('keeps everything that fits, and the newest bytes of the rest', () => {
  const tail = outputTail(10)
  tail.push(Buffer.from('01234'))
  tail.push(Buffer.from('56789'))
  expect(tail.text()).toBe('0123456789')
  tail.push(Buffer.from('ab'))
  expect(tail.text()).toBe('…23456789ab')
  tail.push(Buffer.alloc(100, 'x'))
  expect(tail.text()).toBe(`…${'x'.repeat(10)}`)
})

test('joins characters and lines that chunks cut apart, and ends with what has no line end', () => {
  const lines: string[] = []
  const splitter = lineSplitter((line) => lines.push(line))
  for (const byte of Buffer.from('grün\r\nzwei\n\nrest')) splitter.push(Buffer.from([byte]))
  expect(lines).toEqual(['grün', 'zwei', ''])
  splitter.end()
  expect(lines).toEqual(['grün', 'zwei', '', 'rest'])
})

test('hands an endless line on in pieces', () => {
  const lines: string[] = []
  const splitter = lineSplitter((line) => lines.push(line))
  for (let index = 0; index < 200; index += 1) splitter.push(Buffer.alloc(1_000, 'x'))
  splitter.end()
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.join('')).toHaveLength(200_000)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(66_536)
})
