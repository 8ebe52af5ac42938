import { expect, test } from 'vitest'
import type { ConfirmationResult } from '../../core/result/scenario.ts'
import { FAILED, loadResult, runResult, scenarioResult } from '../../report/results.fixture.ts'
import { artifactPaths, fitToLimits, type LogsPolicy } from './files.ts'

const ALWAYS = ['result.json', 'summary.md', 'junit.xml', 'run.log', 'series/NF-002.jsonl', 'load/LT-001/series.ndjson.gz']
const LOG = 'logs/NF-002/queen-rbee.log'
const passed = runResult([scenarioResult('passed')], { load: [loadResult('passed')] })
const failed = runResult([scenarioResult('passed'), FAILED], { load: [loadResult('passed')] })

test.each<[verdict: string, logs: LogsPolicy, goesUp: boolean]>([
  ['passed', 'on-failure', false],
  ['passed', 'always', true],
  ['passed', 'never', false],
  ['failed', 'on-failure', true],
  ['failed', 'always', true],
  ['failed', 'never', false],
])('of a run that %s, logs: %s', (verdict, logs, goesUp) => {
  const paths = artifactPaths(verdict === 'passed' ? passed : failed, logs)
  expect(paths.includes(LOG)).toBe(goesUp)
  expect(paths.filter((path) => path !== LOG)).toEqual([...ALWAYS, 'load/LT-001/k6.log'])
})

test.each<[LogsPolicy, string[]]>([
  ['never', ['series/NF-001-again.jsonl']],
  ['always', ['series/NF-001-again.jsonl', 'logs/NF-001-again/api.log']],
])('what was run once more has files of its own, logs: %s', (logs, files) => {
  const confirmation: ConfirmationResult = {
    ...{ verdict: 'passed', reasons: [], startedAt: 'now', durationMs: 1, after: [], beside: true },
    ...{ series: { file: 'series/NF-001-again.jsonl' }, logs: [{ service: 'api', file: 'logs/NF-001-again/api.log' }] },
  }
  const paths = artifactPaths(runResult([{ ...FAILED, confirmation }]), logs)
  expect(paths.filter((path) => path.includes('again'))).toEqual(files)
})

test('within the limits everything stays, in its order', () => {
  const files = [
    { path: 'b', bytes: 5 },
    { path: 'a', bytes: 5 },
  ]
  expect(fitToLimits(files, { files: 2, fileBytes: 5, totalBytes: 10 })).toEqual({ kept: files, warnings: [] })
})

test('the largest are left out first, the result itself last, and a warning names them', () => {
  const files = [
    { path: 'result.json', bytes: 40 },
    { path: 'series/a', bytes: 30 },
    { path: 'logs/big', bytes: 35 },
    { path: 'logs/small', bytes: 20 },
    { path: 'logs/huge', bytes: 101 },
  ]
  const limits = { files: 9, fileBytes: 100, totalBytes: 90 }
  const { kept, warnings } = fitToLimits(files, limits)
  expect(kept.map((file) => file.path)).toEqual(['result.json', 'series/a', 'logs/small'])
  expect(warnings).toEqual([
    'left out of the artifact, as a file may have 100 B at most: logs/huge (101 B)',
    'left out of the artifact, as all files together may have 90 B at most: logs/big (35 B)',
  ])
  expect(fitToLimits(files, { ...limits, totalBytes: 40 }).kept.map((file) => file.path)).toEqual(['result.json'])
  expect(fitToLimits(files, { ...limits, totalBytes: 39 }).kept).toEqual([])
})

test('of very many files the last are left out, and a warning stays short', () => {
  const files = Array.from({ length: 40 }, (_, index) => ({ path: `logs/${index}\n::error::x`, bytes: 1 }))
  const { kept, warnings } = fitToLimits(files, { files: 3, fileBytes: 9, totalBytes: 99 })
  expect(kept).toEqual(files.slice(0, 3))
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatch(
    /^left out of the artifact, as an artifact holds 3 files at most: logs\/3 ::error::x \(1 B\), .* and 27 more$/,
  )
  expect(warnings[0]).not.toContain('\n')
})
