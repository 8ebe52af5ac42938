import { wall } from '../../core/time/moment.fixture.ts'
import { expect, test } from 'vitest'
import { HOSTILE } from '../results.fixture.ts'
import { runLogLine } from './run-log.ts'

test('every line begins with the time', () => {
  const line = runLogLine({ type: 'phase-started', id: 'NF-001', phase: 'inject' }, wall(Date.UTC(2026, 2, 1, 10)))
  expect(line).toBe('2026-03-01T10:00:00.000Z NF-001: inject')
})

test('an event is one line, whatever its text', () => {
  const line = runLogLine({ type: 'log', level: 'warn', text: HOSTILE }, wall(0))
  expect(line).toMatch(/^1970-01-01T00:00:00\.000Z warn: /)
  expect(line).not.toMatch(/[\n\r\u001b\u0000]/)
})
