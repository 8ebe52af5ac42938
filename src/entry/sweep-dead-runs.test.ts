import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdLease } from '../engine/lease.ts'
import { Ledger, runFolder } from '../engine/ledger.ts'
import { findDeadRuns } from './sweep-dead-runs.ts'

const START = '2026-01-01T00:00:00.000Z'

let stateDir: string
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'chaos-sweep-'))
})
afterEach(async () => {
  await rm(stateDir, { recursive: true })
})

async function leaveDead(runId: string): Promise<void> {
  const folder = runFolder(stateDir, runId)
  await mkdir(folder, { recursive: true })
  await (await holdLease(folder, runId, START)).end()
}

test('a run whose process is gone is dead, at once; the live one beside it is not', async () => {
  await Ledger.hold(stateDir, 'alive', START)
  await leaveDead('dead1')
  await leaveDead('dead2')
  expect(await findDeadRuns(stateDir, Date.now())).toEqual(['dead1', 'dead2'])
})

test('a folder that nobody has signed for yet may be of a run that begins just now', async () => {
  await mkdir(runFolder(stateDir, 'unsigned'), { recursive: true })
  await mkdir(runFolder(stateDir, 'torn'))
  await writeFile(join(runFolder(stateDir, 'torn'), 'lease.json'), '{"runId":"to')
  expect(await findDeadRuns(stateDir, Date.now())).toEqual([])
  expect(await findDeadRuns(stateDir, Date.now() + 120_000)).toEqual(['torn', 'unsigned'])
})

test('one of another machine that shares the folder is not known to be dead', async () => {
  await leaveDead('elsewhere')
  const lease = { runId: 'elsewhere', pid: process.pid, host: 'another', bootId: 'another', startedAt: START }
  await writeFile(join(runFolder(stateDir, 'elsewhere'), 'lease.json'), JSON.stringify(lease))
  expect(await findDeadRuns(stateDir, Date.now() + 120_000)).toEqual([])
})

test('without a state directory there is none', async () => {
  expect(await findDeadRuns(join(stateDir, 'none'), Date.now())).toEqual([])
})
