import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findHolder, holdLease } from './lease.ts'

const START = '2026-01-01T00:00:00.000Z'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaos-lease-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const holder = (of = folder, laterMs = 0): ReturnType<typeof findHolder> => findHolder(of, Date.now() + laterMs)

/** Signs anew with these changes, and tells what was signed. */
async function sign(change: Record<string, unknown>): Promise<Record<string, unknown>> {
  const file = join(folder, 'lease.json')
  const lease = { ...(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>), ...change }
  await writeFile(file, JSON.stringify(lease))
  return lease
}

it('is alive from the signing to the end, and then gone', async () => {
  expect(await holder()).toBe('starting')
  const lease = await holdLease(folder, 'run1', START)
  expect(await holder()).toBe('alive')
  await lease.end()
  expect(await holder()).toBe('gone')
  await lease.end()
})

it('goes by who answers, whatever is written', async () => {
  const lease = await holdLease(folder, 'run1', START)
  await sign({ pid: 2 ** 22, host: 'another', machineId: 'another', bootId: 'another' })
  expect(await holder()).toBe('alive')
  await writeFile(join(folder, 'lease.json'), '{"runId":"to')
  expect(await holder()).toBe('alive')
  await lease.end()
})

it.each([
  ['another machine of the same name', { bootId: 'another', machineId: 'another' }, 'unknown'],
  ['one that may be another machine of the same name', { bootId: 'another', machineId: '' }, 'unknown'],
  ['another machine', { host: 'another', bootId: 'another' }, 'unknown'],
  ['another container of this kernel', { host: 'another', machineId: '' }, 'gone'],
])('where nobody answers, of %s', async (_, change, expected) => {
  await (await holdLease(folder, 'run1', START)).end()
  await sign(change)
  expect(await holder()).toBe(expected)
})

it('is gone when this machine was started anew', async () => {
  await (await holdLease(folder, 'run1', START)).end()
  const { machineId } = await sign({ bootId: 'another' })
  // A container has no id of its machine that would outlast it.
  expect(await holder()).toBe(machineId === '' ? 'unknown' : 'gone')
})

it('unsigned, or with a torn signature, is starting for a minute and then gone', async () => {
  expect([await holder(), await holder(folder, 120_000)]).toEqual(['starting', 'gone'])
  await writeFile(join(folder, 'lease.json'), '{"runId":"to')
  expect([await holder(), await holder(folder, 120_000)]).toEqual(['starting', 'gone'])
  expect(await holder(join(folder, 'missing'))).toBe('missing')
})

it('works where the path is longer than a socket address may be, and leaves no file but its signature', async () => {
  const deep = join(folder, 'a'.repeat(200))
  await mkdir(deep)
  const lease = await holdLease(deep, 'run1', START)
  expect(await holder(deep)).toBe('alive')
  await lease.end()
  await lease.end()
  expect(await holder(deep)).toBe('gone')
  expect(await readdir(deep)).toEqual(['lease.json'])
})

it('says what to do where no socket can be made', async () => {
  const missing = join(folder, 'missing')
  await expect(holdLease(missing, 'run1', START)).rejects.toMatchObject({
    code: 'LEDGER_FAILED',
    message: `could not make the socket that says this run is alive in ${missing}`,
    hint: expect.stringContaining('CHAOS_STATE_DIR') as string,
  })
})

it('leaves nobody that answers where it could not sign', async () => {
  await mkdir(join(folder, 'lease.json'))
  await expect(holdLease(folder, 'run1', START)).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
  expect(await readdir(folder)).toEqual(['lease.json'])
})
