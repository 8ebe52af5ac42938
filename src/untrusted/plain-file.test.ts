import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { plainFile } from './plain-file.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chaos-plain-file-'))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

test('the text of a file', () => {
  writeFileSync(join(root, 'Dockerfile'), 'FROM a\n')
  writeFileSync(join(root, 'empty'), '')
  expect(plainFile(join(root, 'Dockerfile'))).toBe('FROM a\n')
  expect(plainFile(join(root, 'empty'))).toBe('')
})

test('a link, a folder, a device, a file that is too long and one that is not there are none', () => {
  writeFileSync(join(root, 'Dockerfile'), 'FROM a\n')
  symlinkSync(join(root, 'Dockerfile'), join(root, 'link'))
  mkdirSync(join(root, 'folder'))
  writeFileSync(join(root, 'long'), 'x'.repeat(512 * 1024 + 1))
  for (const path of ['link', 'folder', 'long', 'absent', '../../dev/null']) expect(plainFile(join(root, path))).toBeNull()
  expect(plainFile('/dev/zero')).toBeNull()
})
