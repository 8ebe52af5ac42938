import { wall } from '../../core/time/moment.fixture.ts'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
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

const holder = (of = folder, laterMs = 0): ReturnType<typeof findHolder> => findHolder(of, wall(Date.now() + laterMs))

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
  expect(await holder(join(folder, 'b'.repeat(200)))).toBe('missing')
  const open = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  expect(open).not.toContain(deep)
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

it('says who holds the run and since when, to its owner alone', async () => {
  const lease = await holdLease(folder, 'run1', START)
  const file = join(folder, 'lease.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    ...{ runId: 'run1', pid: process.pid, startedAt: START },
    // As they are, without the end of their line.
    bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    machineId: expect.stringMatching(/^[0-9a-f]*$/) as string,
  })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await lease.end()
})

it('is gone where its process was killed, and its socket has stayed', async () => {
  const lease = await holdLease(folder, 'run1', START)
  const [socket, aside] = [join(folder, 'holder.sock'), join(folder, 'aside')]
  await rename(socket, aside)
  await lease.end()
  await rename(aside, socket)
  expect(await holder()).toBe('gone')
})

it('is starting for exactly a minute', async () => {
  const bornS = 1_750_000_000
  await utimes(folder, bornS, bornS)
  expect(await findHolder(folder, wall(bornS * 1_000 + 60_000))).toBe('starting')
  expect(await findHolder(folder, wall(bornS * 1_000 + 60_001))).toBe('gone')
})

it('is unknown where the folder is closed to this user', async () => {
  // Root may look into any folder; of this file not even root may read a word.
  await symlink('/proc/sys/vm/compact_memory', join(folder, 'lease.json'))
  await chmod(folder, 0)
  try {
    expect(await holder()).toBe('unknown')
  } finally {
    await chmod(folder, 0o700)
  }
})

it('is not guessed where the signature cannot be read for another reason', async () => {
  await mkdir(join(folder, 'lease.json'))
  await expect(holder()).rejects.toMatchObject({ code: 'EISDIR' })
})

it('is not guessed where the socket cannot be asked', async () => {
  await symlink('holder.sock', join(folder, 'holder.sock'))
  await expect(holder()).rejects.toMatchObject({ code: 'ELOOP' })
})

it.each([
  ['a field is missing', { startedAt: undefined }],
  ['a field is another thing', { pid: 'one' }],
  ['a field is unknown', { until: START }],
])('that is signed in another form, as %s, is not signed', async (_what, change) => {
  await (await holdLease(folder, 'run1', START)).end()
  await sign(change)
  expect([await holder(), await holder(folder, 120_000)]).toEqual(['starting', 'gone'])
})

it('is not held up by a visitor that stays', async () => {
  const lease = await holdLease(folder, 'run1', START)
  const visitor = connect(join(folder, 'holder.sock')).resume()
  const isSentAway = new Promise((resolve) => visitor.once('close', resolve)).then(() => true)
  const tooLong = new Promise((resolve) => setTimeout(resolve, 5_000)).then(() => false)
  expect(await Promise.race([isSentAway, tooLong])).toBe(true)
  visitor.destroy()
  await lease.end()
})

/** Listens, and lets nobody in. */
const DEAF = `
const { parentPort, workerData } = require('node:worker_threads')
require('node:net').createServer().listen({ path: workerData, backlog: 1 }, () => {
  parentPort.postMessage('listens')
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
})`

it('is alive where it listens and is too busy to answer', async () => {
  await (await holdLease(folder, 'run1', START)).end()
  const path = join(folder, 'holder.sock')
  const deaf = new Worker(DEAF, { eval: true, workerData: path })
  const visitors: Socket[] = []
  try {
    await new Promise((resolve) => deaf.once('message', resolve))
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (let count = 0; count < 3; count += 1) visitors.push(connect(path).on('error', () => undefined))
    expect(await holder()).toBe('alive')
  } finally {
    for (const visitor of visitors) visitor.destroy()
    await deaf.terminate()
  }
})
