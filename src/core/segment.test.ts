import { expect, it } from 'vitest'
import { parseMoment, parseSegment } from './segment.ts'

it('reads a segment of up to a thousand', () => {
  expect(parseSegment('2/3')).toEqual({ index: 2, count: 3 })
  expect(parseSegment('1000/1000')).toEqual({ index: 1_000, count: 1_000 })
  for (const text of ['0/3', '4/3', '1/1001', '2', '2/', 'a/b', ' 1/2']) expect(parseSegment(text)).toBeNull()
})

it('reads a time with its zone', () => {
  expect(parseMoment('2026-11-24T03:00:00Z')).toBe(Date.UTC(2026, 10, 24, 3))
  expect(parseMoment('2026-11-24T03:00+01:00')).toBe(Date.UTC(2026, 10, 24, 2))
  for (const text of ['2026-11-24T03:00:00', '2026-11-24', 'soon', '2026-13-24T03:00:00Z']) expect(parseMoment(text)).toBeNull()
})
