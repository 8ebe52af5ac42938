import { expect, it } from 'vitest'
import { wall } from './moment.fixture.ts'
import { parseMoment } from './parse-moment.ts'

it('reads a time with its zone', () => {
  expect(parseMoment('2026-11-24T03:00:00Z')).toBe(wall(Date.UTC(2026, 10, 24, 3)))
  expect(parseMoment('2026-11-24T03:00+01:00')).toBe(wall(Date.UTC(2026, 10, 24, 2)))
  for (const text of ['2026-11-24T03:00:00', '2026-11-24', 'soon', '2026-13-24T03:00:00Z']) expect(parseMoment(text)).toBeNull()
})
