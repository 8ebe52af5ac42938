import { expect, test } from 'vitest'
import { renderResultJson } from './result-json.ts'
import { runResult, scenarioResult } from './results.fixture.ts'

test('survives a round trip', () => {
  const result = runResult([scenarioResult('passed')])
  const text = renderResultJson(result)
  expect(JSON.parse(text)).toEqual(result)
  expect(text.endsWith('}\n')).toBe(true)
})

test('a number that JSON would silently turn into null is refused', () => {
  expect(() => renderResultJson(runResult([scenarioResult('passed', { durationMs: Number.NaN })]))).toThrow(
    'NaN under "durationMs"',
  )
})
