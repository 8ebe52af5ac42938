import { randomBytes } from 'node:crypto'
import { appendFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureImages, type ImageDeps } from '../../src/stack/images/images.ts'
import { bringUp } from '../../src/stack/stack.ts'
import { descriptorOf, docker, exec, signal, STACKS, testRun } from './stack-fixture.ts'

let context = ''
let repository = ''
const lines: string[] = []

beforeEach(async () => {
  context = await mkdtemp(join(tmpdir(), 'chaos-image-'))
  await cp(join(STACKS, 'image'), context, { recursive: true })
  await cp(join(STACKS, 'server.mjs'), join(context, 'server.mjs'))
  repository = `chaos-test-${randomBytes(4).toString('hex')}`
  lines.length = 0
})

afterEach(async () => {
  for (const tag of await tags()) await docker.getImage(tag).remove({ force: true })
  await rm(context, { recursive: true, force: true })
})

async function tags(): Promise<string[]> {
  const images = await docker.listImages({ filters: JSON.stringify({ reference: [repository] }) })
  return images.flatMap(({ RepoTags }) => RepoTags ?? []).sort()
}

function deps(changes: Partial<ImageDeps> = {}): ImageDeps {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' }
  return {
    exec,
    docker,
    env,
    signal: signal(),
    pruneOlderThanMs: 0,
    log: { log: (_level, text) => void lines.push(text) },
    ...changes,
  }
}

const image = (): { variable: string; service: string; repository: string; context: string } => ({
  variable: 'WEB_IMAGE',
  service: 'web',
  repository,
  context,
})
const builds = (): number => lines.filter((line) => line.startsWith('building ')).length

test('builds once, names the image by its content, and removes what it replaced', async () => {
  const [first] = await ensureImages([image(), { ...image(), service: 'other' }], {}, deps())
  expect(first?.image).toMatch(new RegExp(`^${repository}:[0-9a-f]{12}$`))
  expect(first).toMatchObject({ variable: 'WEB_IMAGE', service: 'web', userProvided: false })
  expect(builds()).toBe(1)
  expect((await docker.getImage(first?.image ?? '').inspect()).Config.Labels).toEqual({ 'chaos-action.image': repository })

  expect((await ensureImages([image()], {}, deps()))[0]?.id).toBe(first?.id)
  expect(builds()).toBe(1)

  await appendFile(join(context, 'server.mjs'), '// changed\n')
  const [second] = await ensureImages([image()], { WEB_IMAGE: '' }, deps())
  expect(second?.image).not.toBe(first?.image)
  expect(second?.id).not.toBe(first?.id)
  expect(await tags()).toEqual([second?.image])

  // A file that the Dockerfile does not copy: another name for the same image.
  await writeFile(join(context, 'unused.txt'), 'new')
  const [third] = await ensureImages([image()], {}, deps())
  expect(third?.id).toBe(second?.id)
  expect(await tags()).toEqual([third?.image])
})

test('keeps a replaced image that a container uses, and one that was tagged just now', async () => {
  const [used] = await ensureImages([image()], {}, deps())
  const container = await docker.createContainer({ Image: used?.image ?? '' })
  try {
    await appendFile(join(context, 'server.mjs'), '// second\n')
    const [fresh] = await ensureImages([image()], {}, deps())
    await appendFile(join(context, 'server.mjs'), '// third\n')
    const [third] = await ensureImages([image()], {}, deps({ pruneOlderThanMs: 60_000 }))
    expect(await tags()).toEqual([used?.image, fresh?.image, third?.image].sort())
  } finally {
    await container.remove({ force: true })
  }
})

test('the user’s own image wins, and must exist', async () => {
  const [own] = await ensureImages([image()], { WEB_IMAGE: 'node:24-trixie-slim' }, deps())
  expect(own).toMatchObject({ image: 'node:24-trixie-slim', userProvided: true })
  expect(builds()).toBe(0)
  const missing = ensureImages([image()], { WEB_IMAGE: '127.0.0.1:9/no/such:image' }, deps())
  await expect(missing).rejects.toMatchObject({
    code: 'IMAGE_MISSING',
    message: expect.stringContaining('127.0.0.1:9/no/such:image') as string,
  })
})

test('a build that fails says what the build said', async () => {
  await writeFile(join(context, 'Dockerfile'), 'FROM node:24-trixie-slim\nCOPY not-there /\n')
  await expect(ensureImages([image()], {}, deps())).rejects.toMatchObject({
    code: 'IMAGE_MISSING',
    message: expect.stringContaining('not-there') as string,
  })
  expect(await readdir(context)).toContain('Dockerfile')
})

test('a stack runs what was built, and says whether it is the reference', async () => {
  await using run = await testRun()
  const descriptor = descriptorOf('image', { reference: true, images: [image()] })
  const stack = await bringUp(run.options(descriptor))
  expect(stack.images).toEqual([{ service: 'web', image: (await tags())[0], id: expect.any(String) as string, reference: true }])
  await stack.down(signal())
  const [built] = await tags()
  const again = await bringUp(run.options(descriptor, { env: { ...process.env, WEB_IMAGE: built } }))
  expect(again.images.map(({ reference }) => reference)).toEqual([false])
  await again.down(signal())
})
