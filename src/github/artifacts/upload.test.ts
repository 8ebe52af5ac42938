import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startResultsDouble, type ResultsDouble } from '../../../test/support/results-double/results-double.ts'
import { unzipped } from '../../../test/support/zip.ts'
import { HOSTILE, runResult, scenarioResult } from '../../report/results.fixture.ts'
import { artifactPaths } from './files.ts'
import { artifactNames } from './names.ts'
import { uploadArtifacts, type UploadOutcome, type UploadRequest } from './upload.ts'

const RUN = 77
const NAMES = artifactNames({ base: 'chaos-results', matrix: '{"os":"ubuntu-latest"}', attempt: 2 })
const FILES: Readonly<Record<string, Buffer>> = {
  'result.json': Buffer.from('{"verdict":"passed"}\n'),
  'summary.md': Buffer.from('## ✅ passed\n'),
  'junit.xml': Buffer.from('<testsuites/>\n'),
  'run.log': Buffer.from('a line\n'.repeat(1_000)),
  'series/NF-002.jsonl': Buffer.from('{"atMs":0}\n'),
  'logs/NF-002/queen-rbee.log': Buffer.from([0, 1, 254, 255, 10]),
}
const RESULT = runResult([scenarioResult('passed')])
const REPORT = Buffer.from('<!doctype html><title>ä</title>\n')

let folder = ''
let double: ResultsDouble

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'upload-'))
  for (const [path, content] of Object.entries({ ...FILES, 'report.html': REPORT, 'stale.log': Buffer.from('of another run') })) {
    mkdirSync(join(folder, 'results', path, '..'), { recursive: true })
    writeFileSync(join(folder, 'results', path), content)
  }
  double = await startResultsDouble()
  for (const [name, value] of Object.entries({
    ...double.environment(RUN),
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'octo/shop',
    GITHUB_RUN_ID: String(RUN),
  }))
    vi.stubEnv(name, value)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await double[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function upload(change: Partial<UploadRequest> = {}, signal = new AbortController().signal): Promise<UploadOutcome> {
  return uploadArtifacts(
    {
      outDir: join(folder, 'results'),
      paths: artifactPaths(RESULT, 'always'),
      hasReport: true,
      names: NAMES,
      retentionDays: 7,
      tempDir: join(folder, 'temp'),
      ...change,
    },
    signal,
  )
}

function stored(name: string): Buffer {
  return double.store.find(String(RUN), name)?.blob.content ?? Buffer.alloc(0)
}

test('files go up zipped with their bytes, the report as it is, and both links are known', async () => {
  const outcome = await upload()
  expect(outcome).toMatchObject({ warnings: [], isAbandoned: false })
  const zip = stored(NAMES.results)
  expect(unzipped(zip)).toEqual(new Map(Object.entries(FILES)))
  expect(stored(NAMES.report)).toEqual(REPORT)
  expect(double.store.find(String(RUN), NAMES.report)?.blob.contentType).toBe('text/html')
  for (const [artifact, content] of [
    [outcome.results, zip],
    [outcome.report, REPORT],
  ] as const) {
    expect(artifact).toMatchObject({
      digest: createHash('sha256').update(content).digest('hex'),
      bytes: content.length,
      url: `https://github.com/octo/shop/actions/runs/77/artifacts/${String(artifact?.id)}`,
    })
  }
  expect(readdirSync(join(folder, 'temp'))).toEqual([])
})

test('a run that passed has no container logs by default, and what is too large is named', async () => {
  const limits = { files: 100, fileBytes: 5_000, totalBytes: 1_000_000 }
  const outcome = await upload({ paths: artifactPaths(RESULT, 'on-failure'), limits })
  const absent = ['run.log', 'logs/NF-002/queen-rbee.log']
  // The library packs files in the order in which they happen to be read.
  const names = [...unzipped(stored(NAMES.results)).keys()].toSorted()
  expect(names).toEqual(
    Object.keys(FILES)
      .filter((path) => !absent.includes(path))
      .toSorted(),
  )
  expect(outcome.warnings).toEqual(['left out of the artifact, as a file may have 4.9 KiB at most: run.log (6.8 KiB)'])
})

test('artifacts are kept for as many days as were asked for', async () => {
  await upload()
  const { createdAt, expiresAt } = double.store.find(String(RUN), NAMES.results) ?? {}
  expect(Math.round(((expiresAt?.getTime() ?? 0) - (createdAt?.getTime() ?? 0)) / 86_400_000)).toBe(7)
})

test('a second upload of the same names is a warning', async () => {
  await upload()
  const outcome = await upload()
  expect(outcome).toMatchObject({ results: null, report: null, isAbandoned: false })
  const why = 'the run has an artifact of this name already: give each use of the action in a workflow its own artifact-name'
  expect(outcome.warnings.toSorted()).toEqual([
    `the artifact ${NAMES.report} was not uploaded: ${why}`,
    `the artifact ${NAMES.results} was not uploaded: ${why}`,
  ])
})

test('what the service refuses is told on one line without a command in it', async () => {
  double.fail('CreateArtifact', { status: 403, body: { code: 'permission_denied', msg: `no: ${HOSTILE}` } }, 2)
  const outcome = await upload()
  expect(outcome.warnings).toHaveLength(2)
  for (const warning of outcome.warnings) {
    expect(warning).toContain('(403)')
    expect(warning).not.toMatch(/[\n\r\u001b]/)
  }
})

test('without a report the results go up all the same', async () => {
  rmSync(join(folder, 'results/report.html'))
  const outcome = await upload()
  expect(outcome.results).not.toBeNull()
  expect(outcome).toMatchObject({ report: null, warnings: ['not uploaded: report.html: it is not there'] })
})

test('a segment of a load has its series and no report', async () => {
  const outcome = await upload({ paths: ['series/NF-002.jsonl'], hasReport: false })
  expect([...unzipped(stored(NAMES.results)).keys()]).toEqual(['series/NF-002.jsonl'])
  expect(outcome).toMatchObject({ report: null, warnings: [], isAbandoned: false })
  expect(double.operations.filter((operation) => operation === 'CreateArtifact')).toHaveLength(1)
})

test('a results folder that is not there is a warning', async () => {
  const outcome = await upload({ outDir: join(folder, 'nowhere') })
  expect(outcome).toMatchObject({ results: null, report: null, isAbandoned: false })
  expect(outcome.warnings[0]).toContain('ENOENT')
})

test.each([
  [
    'ACTIONS_RUNTIME_TOKEN',
    '',
    'the results were not uploaded: there is no ACTIONS_RUNTIME_TOKEN, which GitHub gives to the steps of a workflow',
  ],
  ['ACTIONS_RUNTIME_TOKEN', 'no.token', /^the artifact chaos-re\S+ was not uploaded: Invalid token/],
  ['GITHUB_SERVER_URL', 'https://github.example', /was not uploaded: this GitHub Enterprise Server has no service/],
])('%s "%s" is a warning', async (name, value, warning) => {
  vi.stubEnv(name, value)
  const outcome = await upload()
  expect(outcome).toMatchObject({ results: null, report: null, isAbandoned: false })
  expect(outcome.warnings[0]).toMatch(warning)
  expect(double.operations).toEqual([])
})

test.each(['CreateArtifact', 'block'] as const)('a service that hangs at %s holds nobody beyond the limit', async (operation) => {
  double.fail(operation, 'hang', 2)
  // One second, so that even on a slow machine the service is asked before it ends.
  const outcome = await upload({ limitMs: 1_000 })
  expect(outcome).toMatchObject({ results: null, report: null, isAbandoned: true })
  expect(outcome.warnings.toSorted()).toEqual([
    `the artifact ${NAMES.report} was not uploaded: the upload of ${NAMES.report} took longer than 1000 ms`,
    `the artifact ${NAMES.results} was not uploaded: the upload of ${NAMES.results} took longer than 1000 ms`,
  ])
})

test('a cancelled job waits for no upload', async () => {
  const cancel = new AbortController()
  double.fail('CreateArtifact', 'hang', 2)
  const outcome = upload({}, cancel.signal)
  await vi.waitUntil(() => double.hanging() === 2, { timeout: 15_000 })
  cancel.abort()
  expect(await outcome).toMatchObject({ results: null, report: null, isAbandoned: true })
  expect((await upload({}, cancel.signal)).warnings[0]).toMatch(/was not uploaded: the upload of \S+ was cancelled$/)
})
