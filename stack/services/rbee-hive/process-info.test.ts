import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Cleanup, temporaryFolder } from '../testing/support.ts'
import { identifyProcess, isAlive } from './process-info.ts'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const stat = (state: string, start: number): string =>
  `7 (a) b) ${state} 1 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 11 0 ${start} 1000 200 0 0 0\n`

test('a process is known by its number and its start', async () => {
  const root = await temporaryFolder(cleanup)
  await mkdir(join(root, '7'))
  await writeFile(join(root, '7/stat'), stat('S', 4711))
  await writeFile(join(root, '7/environ'), 'PATH=/bin\0HOSTNAME=box\0')
  const found = identifyProcess(7, 'box', root)
  expect(found).toEqual({ pid: 7, startTicks: '4711' })
  if (found === null) throw new Error('unreachable')
  expect(isAlive(found, root)).toBe(true)
  // Another container's process of that number is nobody we may signal.
  expect(identifyProcess(7, 'other', root)).toBeNull()
  expect(identifyProcess(8, 'box', root)).toBeNull()
  await writeFile(join(root, '7/stat'), stat('Z', 4711))
  expect(isAlive(found, root)).toBe(false)
  await writeFile(join(root, '7/stat'), stat('S', 4712))
  expect(isAlive(found, root)).toBe(false)
})

test('what the system does not tell is no death', async () => {
  const root = await temporaryFolder(cleanup)
  // Something that is there and cannot be read as a file, as every file is without descriptors.
  await mkdir(join(root, '7/stat'), { recursive: true })
  expect(isAlive({ pid: 7, startTicks: '1' }, root)).toBe(true)
  expect(() => identifyProcess(7, 'box', root)).toThrow('EISDIR')
})

test('this process is alive', () => {
  const self = identifyProcess(process.pid, 'no-such-container')
  expect(self).toBeNull()
  expect(isAlive({ pid: process.pid, startTicks: '0' })).toBe(false)
})
