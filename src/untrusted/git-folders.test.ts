import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { gitFolders } from './git-folders.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chaos-git-folders-'))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

test('checkouts at any depth, the nearest first; a file of that name points to one', () => {
  for (const folder of ['app/deep/er/.git/modules/x/.git', '.GIT', 'data']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'data/.git'), 'gitdir: ../.git/modules/data')
  const found = ['.GIT', 'data/.git', 'app/deep/er/.git'].map((path) => join(root, path))
  expect(gitFolders(root)).toEqual({ found, isWhole: true })
})

test('links are not followed, and what is no folder holds none', () => {
  mkdirSync(join(root, 'a/.git'), { recursive: true })
  mkdirSync(join(root, 'b'))
  symlinkSync(join(root, 'a'), join(root, 'b/link'))
  writeFileSync(join(root, 'file'), '')
  for (const path of ['b', 'file', 'absent']) expect(gitFolders(join(root, path))).toEqual({ found: [], isWhole: true })
})

test('of a folder that is too large it is said that more may be there', () => {
  for (const folder of ['a', 'b', 'c/.git']) mkdirSync(join(root, folder), { recursive: true })
  expect(gitFolders(root, 3)).toEqual({ found: [], isWhole: false })
  expect(gitFolders(root, 4)).toEqual({ found: [join(root, 'c/.git')], isWhole: true })
})

test('of a folder that cannot be read it is said that more may be there', () => {
  // Whoever runs this may read all that is there: a path that is longer than the kernel takes is read by nobody.
  expect(gitFolders(join(root, 'deep/'.repeat(1_000)))).toEqual({ found: [], isWhole: false })
})
