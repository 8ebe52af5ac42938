/** What a release has published is pulled by its content, and built where it cannot be had. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ImageDeps } from '../../src/stack/images/images.ts'
import { contentTag, ensurePublished } from '../../src/stack/images/published.ts'
import { docker, exec, signal } from './stack-fixture.ts'
import { registryWith, type Registry } from './support/registry.ts'

const run = promisify(execFile)
const PLACE = 'rbee/toolbox'
/** Port 9 of this machine: nobody listens. */
const NOBODY = `127.0.0.1:9/${PLACE}`
let context = ''
let repository = ''
let lines: string[] = []

beforeEach(async () => {
  context = await mkdtemp(join(tmpdir(), 'chaos-published-'))
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nCOPY hello /hello\n')
  repository = `chaos-test-${randomBytes(4).toString('hex')}`
  await writeFile(join(context, 'hello'), repository)
  lines = []
})

afterEach(async () => {
  for (const name of await names(repository)) await docker.getImage(name).remove({ force: true })
  await rm(context, { recursive: true })
})

async function names(of: string): Promise<string[]> {
  const images = await docker.listImages({ filters: JSON.stringify({ reference: [of] }) })
  return images.flatMap(({ RepoTags }) => RepoTags ?? []).sort()
}

/** As release.yml builds it; it is not on this machine afterwards. `content` is what its label says. */
async function released(content?: string): Promise<Registry> {
  const tag = await contentTag(context)
  const labels = [`chaos-action.image=${repository}`, `chaos-action.content=${content ?? tag}`]
  const name = `${repository}-release:1`
  await run('docker', ['build', '--quiet', '--tag', name, ...labels.flatMap((label) => ['--label', label]), context])
  const registry = await registryWith(name, PLACE, tag)
  await docker.getImage(name).remove({ force: true })
  return registry
}

function deps(abort = signal()): ImageDeps {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
  const log = { log: (level: string, text: string) => void lines.push(`${level} ${text}`) }
  return { exec, docker, env, signal: abort, pruneOlderThanMs: 0, log }
}

const want = (published: string): Parameters<typeof ensurePublished>[0] => ({ repository, published, context })
const builds = (): number => lines.filter((line) => line.startsWith('info building ')).length

test('is pulled once, has a name of ours and none of the registry’s, and is replaced by the next one', async () => {
  await using registry = await released()
  const published = `${registry.host}/${PLACE}`
  const first = await ensurePublished(want(published), deps())
  expect(first.image).toBe(`${repository}:${await contentTag(context)}`)
  expect(builds()).toBe(0)
  expect(await names(published)).toEqual([])
  const requests = registry.asked.length
  expect(requests).toBeGreaterThan(2)
  expect(await ensurePublished(want(published), deps())).toEqual(first)
  expect(registry.asked.length).toBe(requests)

  // Other content, which nobody has published: it is built, and takes the place of what was pulled.
  await appendFile(join(context, 'hello'), '!')
  const second = await ensurePublished(want(published), deps())
  expect(builds()).toBe(1)
  expect(await names(repository)).toEqual([second.image])
  // What was built here is there, and nobody is asked again.
  const afterwards = registry.asked.length
  expect(await ensurePublished(want(published), deps())).toEqual(second)
  expect([builds(), registry.asked.length]).toEqual([1, afterwards])
})

test('is not used when it does not say that it is of this content', async () => {
  await using registry = await released('content-000000000000')
  const published = `${registry.host}/${PLACE}`
  const { image } = await ensurePublished(want(published), deps())
  expect(builds()).toBe(1)
  expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
    expect.stringMatching(/does not say that it is content-[0-9a-f]{12}: it is not used, and built here instead$/),
  ])
  expect(await names(repository)).toEqual([image])
  expect(await names(published)).toEqual([])
})

test('is built where no registry answers, which is said and is no warning', async () => {
  const { image, id } = await ensurePublished(want(NOBODY), deps())
  expect(builds()).toBe(1)
  expect(lines[0]).toMatch(/^info 127\.0\.0\.1:9\/rbee\/toolbox:content-\w+ was not pulled, so it is built: .*refused/)
  expect((await docker.getImage(image).inspect()).Id).toBe(id)
})

test('is not built when the run was aborted while a registry kept silent', async () => {
  const server = createServer(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const abort = new AbortController()
    server.once('connection', () => {
      abort.abort(new Error('interrupted'))
    })
    const silent = `127.0.0.1:${(server.address() as AddressInfo).port}/${PLACE}`
    await expect(ensurePublished(want(silent), deps(abort.signal))).rejects.toMatchObject({ code: 'ABORTED' })
    expect(builds()).toBe(0)
    expect(await names(repository)).toEqual([])
  } finally {
    server.close()
  }
})
