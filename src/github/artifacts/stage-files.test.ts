import { once } from 'node:events'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ARTIFACT_LIMITS } from './files.ts'
import { stageFiles } from './stage-files.ts'

let folder = ''
let from = ''
let to = ''
const signal = new AbortController().signal

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-'))
  from = join(folder, 'results')
  to = join(folder, 'stage')
  mkdirSync(join(from, 'logs/X-1'), { recursive: true })
  mkdirSync(to)
  writeFileSync(join(folder, 'secret'), 'not yours')
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('copies files with the bytes that they have', async () => {
  writeFileSync(join(from, 'result.json'), '{}\n')
  writeFileSync(join(from, 'logs/X-1/api.log'), Buffer.from([0, 255, 10]))
  writeFileSync(join(from, 'run.log'), '')
  const staged = await stageFiles(from, ['result.json', 'logs/X-1/api.log', 'run.log'], to, ARTIFACT_LIMITS, signal)
  expect(staged.warnings).toEqual([])
  expect(staged.files.map((file) => file.slice(to.length))).toEqual(['/result.json', '/logs/X-1/api.log', '/run.log'])
  expect(readFileSync(join(to, 'logs/X-1/api.log'))).toEqual(Buffer.from([0, 255, 10]))
})

test('takes regular files only and follows no link, neither of a file nor of a folder', async () => {
  symlinkSync(join(folder, 'secret'), join(from, 'link.log'))
  symlinkSync(folder, join(from, 'folder'))
  symlinkSync('nowhere', join(from, 'dangling'))
  const server = createServer().listen(join(from, 'socket'))
  await once(server, 'listening')
  const paths = ['link.log', 'folder/secret', 'dangling', 'logs', 'socket']
  const staged = await stageFiles(from, paths, to, ARTIFACT_LIMITS, signal)
  server.close()
  expect(staged.files).toEqual([])
  expect(staged.warnings).toEqual([
    'not uploaded: link.log: it is a link',
    'not uploaded: folder/secret: it is reached through a link',
    'not uploaded: dangling: it is a link',
    'not uploaded: logs: it is no regular file',
    expect.stringMatching(/^not uploaded: socket: ENXIO/),
  ])
})

test('leaves the results folder by no path, and takes none that an artifact refuses', async () => {
  const paths = ['../secret', 'logs/../../secret', join(folder, 'secret'), './result.json', 'logs//x', 'a:b', 'a\nb', '..']
  const staged = await stageFiles(from, paths, to, ARTIFACT_LIMITS, signal)
  expect(staged.files).toEqual([])
  expect(staged.warnings).toHaveLength(paths.length)
  for (const warning of staged.warnings)
    expect(warning).toMatch(/^not uploaded: [^\n]*: it is no plain path below the results folder$/)
})

test('a file that is missing is named, unless no run needs to have it', async () => {
  const staged = await stageFiles(from, ['result.json', 'run.log', 'logs/X-1/gone.log'], to, ARTIFACT_LIMITS, signal)
  expect(staged.warnings).toEqual([
    'not uploaded: result.json: it is not there',
    'not uploaded: logs/X-1/gone.log: it is not there',
  ])
})

test('what is over a limit is not copied', async () => {
  writeFileSync(join(from, 'result.json'), 'x'.repeat(10))
  writeFileSync(join(from, 'logs/X-1/a.log'), 'x'.repeat(30))
  linkSync(join(from, 'logs/X-1/a.log'), join(from, 'logs/X-1/b.log'))
  const limits = { files: 9, fileBytes: 30, totalBytes: 40 }
  const staged = await stageFiles(from, ['result.json', 'logs/X-1/a.log', 'logs/X-1/b.log'], to, limits, signal)
  expect(staged.files.map((file) => file.slice(to.length))).toEqual(['/result.json', '/logs/X-1/b.log'])
  expect(staged.warnings).toEqual([
    'left out of the artifact, as all files together may have 40 B at most: logs/X-1/a.log (30 B)',
  ])
})
