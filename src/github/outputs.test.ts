import { expect, test } from 'vitest'
import { runResult, scenarioResult, SKIPPED } from '../report/results.fixture.ts'
import { OUTPUT_NAMES, setResultOutputs, setSafeOutputs } from './outputs.ts'

test('before the run every output is set, and the verdict is error', () => {
  const seen = new Map<string, string>()
  setSafeOutputs((name, value) => seen.set(name, value))
  expect([...seen.keys()]).toEqual([...OUTPUT_NAMES])
  expect(seen.get('verdict')).toBe('error')
})

test('after the run they hold the result', () => {
  const seen = new Map<string, string>()
  setResultOutputs(runResult([scenarioResult('passed'), SKIPPED]), '/w/results', (name, value) => seen.set(name, value))
  expect(Object.fromEntries(seen)).toEqual({
    verdict: 'passed',
    'run-id': '1f2e3d4c',
    passed: '1',
    failed: '0',
    inconclusive: '0',
    error: '0',
    skipped: '1',
    results: '/w/results',
    'result-json': '/w/results/result.json',
    summary: '/w/results/summary.md',
    junit: '/w/results/junit.xml',
  })
})
