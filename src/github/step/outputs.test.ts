import { expect, test } from 'vitest'
import { runResult, scenarioResult, SKIPPED } from '../../report/results.fixture.ts'
import { OUTPUT_NAMES, setArtifactOutputs, setResultOutputs, setSafeOutputs } from './outputs.ts'

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
    'p95-ms': '',
    'p99-ms': '',
    'error-rate': '',
    'effects-confirmed': '1',
    'slowest-recovery-ms': '420',
    'longest-outage-ms': '1204',
    results: '/w/results',
    'result-json': '/w/results/result.json',
    summary: '/w/results/summary.md',
    junit: '/w/results/junit.xml',
    report: '/w/results/report.html',
  })
})

test('of the artifact they hold id and addresses, or nothing', () => {
  const seen = new Map<string, string>()
  const set = (name: string, value: string): unknown => seen.set(name, value)
  const uploaded = {
    name: 'chaos-results-1',
    id: 7,
    bytes: 10,
    digest: null,
    url: 'https://github.com/o/r/actions/runs/1/artifacts/7',
  }
  setArtifactOutputs({ results: uploaded, report: null, warnings: [], isAbandoned: false }, set)
  expect(Object.fromEntries(seen)).toEqual({ 'artifact-id': '7', 'artifact-url': uploaded.url, 'report-url': '' })
})
