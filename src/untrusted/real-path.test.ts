import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realPath } from './real-path.ts'

let root = ''
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'chaos-real-path-')))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

test('follows links, also in the middle of a path', () => {
  mkdirSync(join(root, 'there/deep'), { recursive: true })
  symlinkSync(join(root, 'there'), join(root, 'link'))
  expect(realPath(join(root, 'link/deep'))).toBe(join(root, 'there/deep'))
})

test('a dot-dot behind a link goes up from where the link leads', () => {
  mkdirSync(join(root, 'a/b'), { recursive: true })
  writeFileSync(join(root, 'a/secret'), '')
  symlinkSync(join(root, 'a/b'), join(root, 'link'))
  expect(realPath(`${root}/link/../secret`)).toBe(join(root, 'a/secret'))
})

test('of what does not exist, it says where it would be', () => {
  symlinkSync('/etc', join(root, 'link'))
  expect(realPath(join(root, 'new/er'))).toBe(join(root, 'new/er'))
  expect(realPath(join(root, 'link/not-there/x'))).toBe('/etc/not-there/x')
})

test('a link to what is not there yet is followed', () => {
  symlinkSync('/etc/not-there', join(root, 'dangling'))
  symlinkSync('./dangling', join(root, 'again'))
  expect(realPath(join(root, 'again/x'))).toBe('/etc/not-there/x')
})

test('what lies below a file does not exist', () => {
  writeFileSync(join(root, 'file'), '')
  expect(realPath(join(root, 'file/x'))).toBe(join(root, 'file/x'))
})

test('links in a circle are refused', () => {
  symlinkSync(join(root, 'b'), join(root, 'a'))
  symlinkSync(join(root, 'a'), join(root, 'b'))
  expect(() => realPath(join(root, 'a'))).toThrow(/ELOOP|circle/)
})
