import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Redaction } from '../redaction/redaction.ts'
import { fileArtifacts, openScratchFile } from './files.ts'

let outDir: string
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'chaos-files-'))
})
afterEach(async () => {
  await rm(outDir, { recursive: true })
})

test('no text reaches the disk before it was redacted', async () => {
  const artifacts = fileArtifacts(outDir, new Redaction(['secret-a']).text)
  expect(await artifacts.write('logs/NF-001/api.log', 'uses secret-a\n')).toBe('logs/NF-001/api.log')
  expect(await readFile(join(outDir, 'logs/NF-001/api.log'), 'utf8')).toBe('uses ***\n')
  expect((await stat(join(outDir, 'logs/NF-001/api.log'))).mode & 0o777).toBe(0o644)
})

test.each(['../x', '/etc/x', 'a/../../x'])('%s is not written to', async (path) => {
  await expect(fileArtifacts(outDir, (text) => text).write(path, '')).rejects.toThrow('outside the results folder')
})

async function* pieces(broken: boolean): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('first, '))
  if (broken) throw new Error('cut off')
  yield Buffer.from('second')
}

test('bytes that come piece by piece are there as a whole or not at all', async () => {
  const artifacts = fileArtifacts(outDir, (text) => text)
  expect(await artifacts.writeBytes('load/a/series.gz', pieces(false))).toBe('load/a/series.gz')
  expect(await readFile(join(outDir, 'load/a/series.gz'), 'utf8')).toBe('first, second')
  await expect(artifacts.writeBytes('load/b/series.gz', pieces(true))).rejects.toThrow('cut off')
  expect(await readdir(join(outDir, 'load/b'))).toEqual([])
})

test('a scratch file is empty at first, is read in parts, and goes', async () => {
  const path = join(outDir, 'load/LT-001.seconds')
  await (await openScratchFile(path)).append(Buffer.from('of before'))
  const file = await openScratchFile(path)
  for (const text of ['one ', 'two ', 'three']) await file.append(Buffer.from(text))
  const read: string[] = []
  for await (const piece of file.read(4, 9)) read.push(Buffer.from(piece).toString())
  expect(read.join('')).toBe('two t')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await file.remove()
  await file.remove()
  expect(await readdir(join(outDir, 'load'))).toEqual([])
})
