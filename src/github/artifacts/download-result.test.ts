import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseResult } from '../../../test/support/result-parser.ts'
import { startResultsDouble, type ResultsDouble } from '../../../test/support/results-double/results-double.ts'
import { zipOf } from '../../../test/support/zip.ts'
import { renderResultJson } from '../../report/result-json.ts'
import { FAILED, runResult, scenarioResult } from '../../report/results.fixture.ts'
import { artifactPaths } from './files.ts'
import { artifactNames, matrixSlug } from './names.ts'
import { DOWNLOAD_LIMITS, downloadResults, type DownloadedResults, type DownloadLimits } from './download-result.ts'
import { createGithub, type Github } from '../client/octokit.ts'
import { uploadArtifacts } from './upload.ts'

const RUN = 4_711
const SOURCE = { owner: 'octo', repo: 'shop', runId: RUN, base: 'chaos-results' }
const PASSED = runResult([scenarioResult('passed')])
const signal = new AbortController().signal

let folder = ''
let double: ResultsDouble
let github: Github

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'download-'))
  double = await startResultsDouble()
  const log = { log: () => undefined }
  github = await createGithub({ token: 't0ken', apiUrl: double.apiUrl, signal, log, limits: { secondMs: 1, paced: false } })
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await double[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function put(name: string, content: Buffer, isExpired = false): void {
  double.put({ runId: RUN, name, content, isExpired })
}

function putResult(name: string, json: string): void {
  put(name, zipOf([{ name: 'result.json', content: Buffer.from(json) }]))
}

function download(limits: Partial<DownloadLimits> = {}, inner = signal): Promise<DownloadedResults> {
  return downloadResults(github, SOURCE, {
    parse: parseResult,
    tempDir: join(folder, 'temp'),
    limits: { pauseMs: 1, ...limits },
    signal: inner,
  })
}

/** The message of the one job, which must have an error. */
async function refusal(limits: Partial<DownloadLimits> = {}): Promise<string> {
  const { jobs } = await download(limits)
  expect(jobs).toHaveLength(1)
  const [job] = jobs
  expect(readdirSync(join(folder, 'temp'))).toEqual([])
  return job !== undefined && 'error' in job ? job.error.message : 'it was taken'
}

test('what one run uploads another one reads', async () => {
  const names = artifactNames({ base: 'chaos-results', matrix: '{"os":"a"}', attempt: 1 })
  const environment = { ...double.environment(RUN), GITHUB_SERVER_URL: 'https://github.com' }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const outDir = join(folder, 'results')
  mkdirSync(outDir)
  for (const name of ['summary.md', 'junit.xml', 'report.html']) writeFileSync(join(outDir, name), 'text')
  writeFileSync(join(outDir, 'result.json'), renderResultJson(PASSED))
  const paths = artifactPaths(PASSED, 'never')
  const request = { outDir, paths, hasReport: true, names, retentionDays: null, tempDir: folder }
  const { results } = await uploadArtifacts(request, signal)
  expect(results).not.toBeNull()
  expect(await download()).toEqual({
    jobs: [{ artifact: names.results, slug: matrixSlug('{"os":"a"}'), attempt: 1, result: PASSED }],
    leftOut: [],
  })
  expect(readdirSync(join(folder, 'temp'))).toEqual([])
})

test('each job gives the result of its latest attempt; other artifacts are not looked at', async () => {
  const failed = runResult([FAILED])
  const name = (matrix: string, attempt: number): string => artifactNames({ base: 'chaos-results', matrix, attempt }).results
  for (const attempt of [2, 10, 9]) putResult(name('"b"', attempt), renderResultJson(attempt === 10 ? failed : PASSED))
  putResult(name('"a"', 1), renderResultJson(PASSED))
  for (const other of ['coverage', 'chaos-results', 'chaos-report-1.html', 'chaos-results-x-1']) put(other, Buffer.from('x'))
  // More than one page.
  for (let index = 0; index < 120; index += 1) put(`shard-${index}`, Buffer.from('x'))
  const { jobs } = await download()
  expect(jobs.map((job) => [job.artifact, 'result' in job ? job.result.verdict : job.error])).toEqual([
    [name('"a"', 1), 'passed'],
    [name('"b"', 10), 'failed'],
  ])
  expect(double.operations.filter((operation) => operation === 'zip')).toHaveLength(2)
})

test('a job that is refused takes nothing from the others, and the rest of too many is named', async () => {
  put('chaos-results-aaaaaaaa-1', Buffer.from('no zip'))
  putResult('chaos-results-bbbbbbbb-1', renderResultJson(PASSED))
  putResult('chaos-results-cccccccc-1', renderResultJson(PASSED))
  const { jobs, leftOut } = await download({ jobs: 2 })
  expect(jobs.map((job) => ('error' in job ? job.error.message : job.result.verdict))).toEqual([
    'the artifact chaos-results-aaaaaaaa-1 was not used: it is no zip file',
    'passed',
  ])
  expect(leftOut).toEqual(['chaos-results-cccccccc-1'])
})

test('a run without an artifact of the name has no jobs', async () => {
  put('coverage', Buffer.from('x'))
  expect(await download()).toEqual({ jobs: [], leftOut: [] })
})

const scenarios = (count: number): string =>
  renderResultJson(runResult(Array.from({ length: count }, () => scenarioResult('passed'))))
const megabytes = (count: number): string => `{"a": "${' '.repeat(count * 1024 ** 2)}"}`

test.each<[title: string, json: string, why: RegExp]>([
  ['no JSON', 'hello', /is no usable result file: it is no JSON/],
  [
    'another schema',
    '{"schemaVersion": 1, "verdict": "passed"}',
    /is no usable result file: tool: is missing: it must be an object/,
  ],
  ['a later version', '{"schemaVersion": 99}', /it has schemaVersion 99; this program knows 1$/],
  [
    'a path out of the folder',
    renderResultJson(PASSED).replace('series/NF-002.jsonl', '../../x'),
    /must be a path below the folder/,
  ],
  ['deep nesting', '['.repeat(1_000_000), /nested deeper than 100 levels/],
  ['very much text', megabytes(17), /result\.json has 17825801 bytes; at most 16777216 are read/],
  ['200 MB of text', megabytes(200), /result\.json has 209715209 bytes; at most 16777216 are read/],
  ['too many scenarios', scenarios(1_001), /it has 1001 scenarios and load patterns; at most 1000 are shown/],
])('a result.json with %s is refused', async (_title, json, why) => {
  putResult('chaos-results-1', json)
  expect(await refusal()).toMatch(why)
})

test.each<[title: string, zip: Buffer, why: string]>([
  [
    'a bomb',
    zipOf([{ name: 'result.json', content: Buffer.alloc(200_000_000), claimedBytes: 100 }]),
    'result.json is not what the archive says of it',
  ],
  [
    'a link',
    zipOf([{ name: 'result.json', content: Buffer.from('/etc/passwd'), mode: 0o120777 }]),
    'the entry "result.json" is a link or a device',
  ],
  [
    '../../',
    zipOf([{ name: '../result.json', content: Buffer.from('{}') }]),
    'the entry "../result.json" leads out of its folder',
  ],
  ['an unzipped file', Buffer.from(renderResultJson(PASSED)), 'it is no zip file'],
  [
    'bytes that are no text',
    zipOf([{ name: 'result.json', content: Buffer.from([0x22, 0xff, 0x22]) }]),
    'result.json is no UTF-8 text',
  ],
])('an artifact with %s is refused', async (_title, zip, why) => {
  put('chaos-results-1', zip)
  expect(await refusal()).toBe(`the artifact chaos-results-1 was not used: ${why}`)
})

test('an artifact that says it is too large is not downloaded', async () => {
  put('chaos-results-1', randomBytes(2_000))
  expect(await refusal({ archiveBytes: 1_999 })).toMatch(/it has 2000 bytes; at most 1999 are downloaded$/)
  expect(double.operations).toEqual(['list'])
})

test('a download ends at the limit, whatever size was stated', async () => {
  put('chaos-results-1', randomBytes(2_000))
  const artifact = double.store.find(String(RUN), 'chaos-results-1')
  const { archiveBytes } = DOWNLOAD_LIMITS
  // Listed with its old size and digest.
  const list = github.rest.actions.listWorkflowRunArtifacts({ ...SOURCE, run_id: RUN })
  expect((await list).data.artifacts[0]?.size_in_bytes).toBeLessThan(archiveBytes)
  double.onRead = () => {
    if (artifact !== undefined) artifact.blob.content = randomBytes(10_000)
  }
  expect(await refusal({ archiveBytes: 5_000 })).toMatch(/it has more than 5000 bytes$/)
  expect(await refusal({ archiveBytes: 20_000 })).toMatch(/its digest is sha256:\w+, not sha256:\w+$/)
})

test('an artifact that has expired, or that is gone, is an error of that job', async () => {
  put('chaos-results-1', Buffer.from('x'), true)
  expect(await refusal()).toMatch(/it has expired$/)
  expect(double.operations).toEqual(['list'])
  double.fail('zip', { status: 403, body: { message: 'Resource not accessible by integration' } })
  put('chaos-results-2', Buffer.from('x'))
  expect(await refusal()).toMatch(/Resource not accessible by integration/)
})

test('a connection that breaks is tried again, and not for ever', async () => {
  putResult('chaos-results-1', renderResultJson(PASSED))
  double.fail('blob-read', 'cut', 1)
  double.fail('blob-read', { status: 503, body: {} }, 1)
  expect((await download()).jobs[0]).toMatchObject({ result: { verdict: 'passed' } })
  double.fail('blob-read', 'reset', 9)
  expect(await refusal()).toMatch(/was not used: fetch failed/)
  expect(double.operations.filter((operation) => operation === 'blob-read')).toHaveLength(6)
})

test('a storage that hangs holds nobody beyond the limit, and a cancelled run is no refusal', async () => {
  putResult('chaos-results-1', renderResultJson(PASSED))
  double.fail('blob-read', 'hang', 2)
  expect(await refusal({ limitMs: 1_000 })).toMatch(/reading the artifact chaos-results-1 took longer than 1000 ms$/)
  const cancel = new AbortController()
  const downloaded = download({}, cancel.signal)
  await vi.waitUntil(() => double.hanging() > 0, { timeout: 15_000 })
  cancel.abort()
  await expect(downloaded).rejects.toMatchObject({ code: 'ABORTED' })
  expect(readdirSync(join(folder, 'temp'))).toEqual([])
})

test('the token does not go to where the archive lies', async () => {
  putResult('chaos-results-1', renderResultJson(PASSED))
  await download()
  expect(double.tokensSeen).toEqual({ list: ['token t0ken'], zip: ['token t0ken'], 'blob-read': [''] })
})
