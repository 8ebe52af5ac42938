import { expect, test } from 'vitest'
import { atLeast } from './version.ts'

test.each([
  ['2.24.0', true],
  ['v2.24.1', true],
  ['2.26.1-4', true],
  ['5.0.0', true],
  ['v5.1.3-desktop.1', true],
  ['2.23.3', false],
  ['1.29.2', false],
  ['dev', false],
  ['', false],
])('Compose %s: %s', (version, enough) => {
  expect(atLeast(version, 2, 24)).toBe(enough)
})
