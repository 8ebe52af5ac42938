import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
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

async function sign(change: Record<string, unknown>): Promise<void> {
  const file = join(folder, 'lease.json')
  const lease = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  await writeFile(file, JSON.stringify({ ...lease, ...change }))
}

it('is alive from the signing to the end, and then gone', async () => {
  expect(await findHolder(folder)).toBe('unsigned')
  const lease = await holdLease(folder, 'run1', START)
  expect(await findHolder(folder)).toBe('alive')
  await lease.end()
  expect(await findHolder(folder)).toBe('gone')
  await lease.end()
})

it('is alive, then unsigned, where the signature was withdrawn first', async () => {
  const lease = await holdLease(folder, 'run1', START)
  await lease.withdraw()
  expect(await findHolder(folder)).toBe('alive')
  await lease.end()
  expect(await findHolder(folder)).toBe('unsigned')
})

it('goes by who answers, whatever the pid and the host that are written', async () => {
  const lease = await holdLease(folder, 'run1', START)
  await sign({ pid: 2 ** 22, host: 'another', bootId: 'another' })
  expect(await findHolder(folder)).toBe('alive')
  await lease.end()
})

it('cannot tell of another machine, and can of this one before it was started anew', async () => {
  await (await holdLease(folder, 'run1', START)).end()
  await sign({ bootId: 'another' })
  expect(await findHolder(folder)).toBe('gone')
  await sign({ host: `not-${hostname()}` })
  expect(await findHolder(folder)).toBe('elsewhere')
})

it('takes a torn signature for none', async () => {
  await writeFile(join(folder, 'lease.json'), '{"runId":"to')
  expect(await findHolder(folder)).toBe('unsigned')
  expect(await findHolder(join(folder, 'missing'))).toBe('unsigned')
})

it('works where the path is longer than a socket address may be, and leaves no file but its signature', async () => {
  const deep = join(folder, 'a'.repeat(200))
  await mkdir(deep)
  const lease = await holdLease(deep, 'run1', START)
  expect(await findHolder(deep)).toBe('alive')
  await lease.end()
  expect(await findHolder(deep)).toBe('gone')
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
