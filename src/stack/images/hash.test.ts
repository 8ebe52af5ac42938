import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { baseImages, contextHash } from './hash.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-hash-'))
  await writeFile(join(folder, 'Dockerfile'), 'FROM a\n')
  await mkdir(join(folder, 'sub'))
  await writeFile(join(folder, 'sub', 'file.js'), 'text')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('is the same for the same, whatever the umask or the place', async () => {
  const hash = await contextHash(folder, ['sha256:1'])
  expect(hash).toMatch(/^[0-9a-f]{12}$/)
  await chmod(join(folder, 'sub', 'file.js'), 0o600)
  expect(await contextHash(`${folder}/`, ['sha256:1'])).toBe(hash)
})

test.each([
  ['content', (at: string) => writeFile(join(at, 'sub', 'file.js'), 'texu')],
  ['the Dockerfile', (at: string) => writeFile(join(at, 'Dockerfile'), 'FROM b\n')],
  ['a new empty file', (at: string) => writeFile(join(at, 'empty'), '')],
  ['the exec bit', (at: string) => chmod(join(at, 'sub', 'file.js'), 0o755)],
])('changes with %s', async (_what, change) => {
  const before = await contextHash(folder, [])
  await change(folder)
  expect(await contextHash(folder, [])).not.toBe(before)
})

test('changes with the base image', async () => {
  expect(await contextHash(folder, ['sha256:1'])).not.toBe(await contextHash(folder, ['sha256:2']))
})

test('finds base images and leaves stages out', () => {
  const text =
    'FROM --platform=linux/amd64 node:24 AS build\nRUN x\nfrom debian\nCOPY --from=build a b\nFROM build\nFROM scratch\nFROM node:24'
  expect(baseImages(text, 'Dockerfile')).toEqual(['node:24', 'debian'])
  expect(() => baseImages('ARG V=1\nFROM node:${V}', 'Dockerfile')).toThrow('must be written out')
})
