import { expect, test } from 'vitest'
import { artifactNames, isArtifactName, matrixSlug, parseArtifactName } from './names.ts'

const UBUNTU = '{"os":"ubuntu-latest","suite":"chaos"}'

test.each<[title: string, base: string, matrix: string, attempt: number, results: string, report: string]>([
  ['no matrix', 'chaos-results', '', 1, 'chaos-results-1', 'chaos-report-1.html'],
  ['toJSON(matrix) of a job without one', 'chaos-results', 'null', 2, 'chaos-results-2', 'chaos-report-2.html'],
  [
    'a job',
    'chaos-results',
    UBUNTU,
    3,
    'chaos-results-ubuntu-latest-chaos-70145b32-3',
    'chaos-report-ubuntu-latest-chaos-70145b32-3.html',
  ],
  ['a name of the user', 'nightly', '{}', 1, 'nightly-1', 'nightly-report-1.html'],
])('%s', (_title, base, matrix, attempt, results, report) => {
  expect(artifactNames({ base, matrix, attempt })).toEqual({ results, report })
})

test('jobs that differ in anything have different names, in letters that every file system takes', () => {
  const matrices = [
    UBUNTU,
    '{"os":"Ubuntu-latest","suite":"chaos"}',
    '{"os":"ubuntu","latest":"chaos"}',
    '{"os":"ubuntu-latest","suite":"chaos","n":1}',
    '{"os":"ubuntu-latest","suite":"chaos","n":"1"}',
    '{"shard":["a","b"]}',
    '{"shard":["b","a"]}',
    '{"shard":"a/b:c*?\\"<>|\\r\\n"}',
    '{"shard":"../../etc"}',
    '{"shard":"日本"}',
    `{"shard":"${'x'.repeat(500)}"}`,
    `{"shard":"${'x'.repeat(501)}"}`,
    'by hand',
    'by-hand',
  ]
  const names = matrices.map((matrix) => artifactNames({ base: 'b', matrix, attempt: 1 }))
  expect(new Set(names.map((one) => one.results)).size).toBe(matrices.length)
  expect(new Set(names.map((one) => one.report)).size).toBe(matrices.length)
  for (const { results, report } of names) {
    expect(results).toMatch(/^b-[A-Za-z0-9_][A-Za-z0-9._-]{0,60}$/)
    expect(report).toMatch(/^b-report-[A-Za-z0-9_][A-Za-z0-9._-]{0,60}\.html$/)
    expect(results).not.toContain('..')
  }
})

test('a job has one name however its JSON is laid out', () => {
  const pretty = '{\n  "suite": "chaos",\n  "os": "ubuntu-latest"\n}\n'
  expect(matrixSlug(pretty)).toBe(matrixSlug(UBUNTU))
})

test('every name is read back, and names of others are not', () => {
  for (const matrix of ['', UBUNTU, '{"shard":"日本"}', '{"a":"1-2"}', `{"shard":"${'x'.repeat(500)}"}`, '{"a":"_"}']) {
    for (const attempt of [1, 12]) {
      const { results, report } = artifactNames({ base: 'chaos-results', matrix, attempt })
      expect(parseArtifactName(results, 'chaos-results')).toEqual({ slug: matrixSlug(matrix), attempt })
      expect(parseArtifactName(report, 'chaos-results')).toBeNull()
      expect(parseArtifactName(report, 'chaos-report')).toBeNull()
    }
  }
  const others = [
    'chaos-results',
    'chaos-results-',
    'chaos-results-0',
    'chaos-results-load-1',
    'chaos-results-1-',
    'xchaos-results-1',
  ]
  for (const name of [...others, 'chaos-results-1\n', 'chaos-results-1e3'])
    expect(parseArtifactName(name, 'chaos-results'), name).toBeNull()
})

test('a name that goes into paths and patterns has harmless characters only', () => {
  for (const name of ['chaos-results', 'a', 'A.b_c-1', 'x'.repeat(64)]) expect(isArtifactName(name), name).toBe(true)
  for (const name of ['', '.hidden', '-x', 'a/b', 'a b', 'a:b', 'ä', 'x'.repeat(65), 'a\n'])
    expect(isArtifactName(name), name).toBe(false)
})
