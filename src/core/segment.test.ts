import { expect, it } from 'vitest'
import { parseSegment } from './segment.ts'

it('reads a segment of up to a thousand', () => {
  expect(parseSegment('2/3')).toEqual({ index: 2, count: 3 })
  expect(parseSegment('1000/1000')).toEqual({ index: 1_000, count: 1_000 })
  for (const text of ['0/3', '4/3', '1/1001', '2', '2/', 'a/b', ' 1/2']) expect(parseSegment(text)).toBeNull()
})
