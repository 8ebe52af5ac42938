/** The double is believed by other tests only as far as the library, which knows the real service, gets along with it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DefaultArtifactClient } from '@actions/artifact'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startResultsDouble, type ResultsDouble } from '../../test/support/results-double/results-double.ts'
import { withTamedOutput } from './step/library-output.ts'

const RUN = 5
const SERVICE = 'twirp/github.actions.results.api.v1.ArtifactService'

let folder = ''
let double: ResultsDouble

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'double-'))
  double = await startResultsDouble()
  for (const [name, value] of Object.entries(double.environment(RUN))) vi.stubEnv(name, value)
  vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await double[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function call(method: string, body: unknown, token = double.environment(RUN).ACTIONS_RUNTIME_TOKEN): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const response = await fetch(`${double.url}${SERVICE}/${method}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, ...((await response.json()) as object) }
}

const NAMED = { workflow_run_backend_id: '5', workflow_job_run_backend_id: 'job', name: 'a' }
const CREATE = { ...NAMED, version: 7, mime_type: 'application/zip' }

test('the library uploads, lists, finds, downloads and deletes', async () => {
  writeFileSync(join(folder, 'a.txt'), 'hello\n')
  const client = new DefaultArtifactClient()
  await withTamedOutput(async () => {
    const { id = 0 } = await client.uploadArtifact('mine', [join(folder, 'a.txt')], folder)
    await client.uploadArtifact('', [join(folder, 'a.txt')], folder, { skipArchive: true })
    const { artifacts } = await client.listArtifacts()
    expect(artifacts.map((one) => one.name)).toEqual(['a.txt', 'mine'])
    expect((await client.getArtifact('mine')).artifact.id).toBe(id)
    await client.downloadArtifact(id, { path: join(folder, 'zipped') })
    expect(readFileSync(join(folder, 'zipped/a.txt'), 'utf8')).toBe('hello\n')
    await client.downloadArtifact(artifacts[0]?.id ?? 0, { path: join(folder, 'plain') })
    expect(readFileSync(join(folder, 'plain/a.txt'), 'utf8')).toBe('hello\n')
    expect(await client.deleteArtifact('mine')).toEqual({ id })
    expect((await client.listArtifacts()).artifacts).toHaveLength(1)
  })
})

test.each<[title: string, body: object, expected: object]>([
  [
    'an unknown field',
    { ...CREATE, mimetype: 'x' },
    { status: 400, code: 'malformed', msg: 'the json request could not be decoded: unknown field "mimetype"' },
  ],
  ['a field of another type', { ...CREATE, version: '7' }, { status: 400, code: 'malformed' }],
  ['a name with a slash', { ...CREATE, name: 'a/b' }, { status: 400, code: 'invalid_argument' }],
  ['the run of somebody else', { ...CREATE, workflow_run_backend_id: '6' }, { status: 403, code: 'permission_denied' }],
])('refuses %s', async (_title, body, expected) => {
  expect(await call('CreateArtifact', body)).toMatchObject(expected)
  expect(double.store.find('5', 'a')).toBeUndefined()
})

test('an artifact is there when it is finalized with what was uploaded, and not before', async () => {
  expect(await call('CreateArtifact', CREATE, 'x')).toMatchObject({ status: 401 })
  const { signed_upload_url: url = '' } = (await call('CreateArtifact', CREATE)) as { signed_upload_url?: string }
  expect(await call('CreateArtifact', CREATE)).toMatchObject({ status: 409, code: 'already_exists' })
  expect(await call('FinalizeArtifact', { ...NAMED, size: '2' })).toMatchObject({ status: 400 })
  expect((await fetch(url.replace(/sig=./, 'sig=!'), { method: 'PUT', body: 'hi' })).status).toBe(403)
  expect((await fetch(url, { method: 'PUT', body: 'hi', headers: { 'x-ms-blob-type': 'BlockBlob' } })).status).toBe(201)
  expect(await call('FinalizeArtifact', { ...NAMED, size: '3' })).toMatchObject({ status: 400 })
  expect(await call('FinalizeArtifact', { ...NAMED, size: '2', hash: 'sha256:0' })).toMatchObject({ status: 400 })
  expect(await call('ListArtifacts', { workflow_run_backend_id: '5', workflow_job_run_backend_id: 'job' })).toMatchObject({
    artifacts: [],
  })
  expect(await call('FinalizeArtifact', { ...NAMED, size: '2' })).toMatchObject({ status: 200, ok: true })
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '2'])
})
