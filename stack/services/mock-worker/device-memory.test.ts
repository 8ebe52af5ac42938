import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../testing/support.ts'
import { openDeviceMemory, parseReading } from './device-memory.ts'
import { VramBudget } from './vram.ts'

const MIB = 1_024 * 1_024
let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'device-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A program in place of the driver's tool: no machine of ours has a GPU. */
async function tool(script: string): Promise<string> {
  const file = join(folder, 'tool')
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
  return file
}

const notLost = (why: string): void => {
  throw new Error(why)
}

it('reads what the tool prints, and nothing else', () => {
  expect(parseReading('24576, 16384')).toEqual({ totalBytes: 24_576 * MIB, freeBytes: 16_384 * MIB })
  for (const line of ['', 'No devices were found', '24576 MiB, 1 MiB', '[N/A], [N/A]']) expect(parseReading(line)).toBeNull()
})

it('says that there is no GPU where there is no tool', async () => {
  expect(await openDeviceMemory(notLost, join(folder, 'missing'))).toBeNull()
})

it('is an error where the tool is there and tells nothing', async () => {
  const silent = openDeviceMemory(notLost, await tool('echo "No devices were found"; exit 6'))
  await expect(silent).rejects.toThrow('ended (6) before it told the memory of a GPU')
})

it('follows the driver, refuses what others have taken, and tells when the tool ends', async () => {
  const lost: string[] = []
  const go = join(folder, 'go')
  const waiting = `while [ ! -e ${go} ]; do sleep 0.02; done`
  const device = await openDeviceMemory((why) => lost.push(why), await tool(`echo 100, 90; ${waiting}; echo 100, 1; exit 3`))
  if (device === null) throw new Error('there was no device')
  const budget = new VramBudget({ totalBytes: device.totalBytes, modelBytes: 10 * MIB, whenShort: 'refuse', device })
  budget.reserve(20 * MIB)()
  expect(budget.usedBytes).toBe(10 * MIB)
  await writeFile(go, '')
  await eventually(
    'the end of the tool',
    () => Promise.resolve(lost),
    (seen) => seen.length === 1,
  )
  expect(() => budget.reserve(20 * MIB)).toThrow(`${1 * MIB} are free`)
  expect(budget.usedBytes).toBe(99 * MIB)
  expect(lost[0]).toMatch(/tool ended \(3\)$/)
})
