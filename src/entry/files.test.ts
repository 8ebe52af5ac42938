import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Redaction } from '../core/redaction.ts'
import { fileArtifacts } from './files.ts'

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
