import { wall } from '../../core/time/moment.fixture.ts'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Logger } from '../../ports/reporter.ts'
import { holdLease } from '../../engine/undo/lease.ts'
import { Ledger, runFolder } from '../../engine/undo/ledger.ts'
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

const said: string[] = []
const log: Logger = { log: (level, text) => void said.push(`${level}: ${text}`) }
const dead = (laterMs = 0): Promise<string[]> => findDeadRuns(stateDir, wall(Date.now() + laterMs), log)

test('a run whose process is gone is dead, at once; the live one beside it is not', async () => {
  await Ledger.hold(stateDir, 'alive', START)
  await leaveDead('dead1')
  await leaveDead('dead2')
  expect(new Set(await dead())).toEqual(new Set(['dead1', 'dead2']))
})

test('a folder that nobody has signed for yet may be of a run that begins just now', async () => {
  await mkdir(runFolder(stateDir, 'unsigned'), { recursive: true })
  await mkdir(runFolder(stateDir, 'torn'))
  await writeFile(join(runFolder(stateDir, 'torn'), 'lease.json'), '{"runId":"to')
  expect(await dead()).toEqual([])
  expect(new Set(await dead(120_000))).toEqual(new Set(['torn', 'unsigned']))
})

test('those that wait longest are first', async () => {
  for (const runId of ['a', 'b', 'c']) await leaveDead(runId)
  await utimes(runFolder(stateDir, 'c'), 1, 1)
  await utimes(runFolder(stateDir, 'a'), 2, 2)
  expect(await dead()).toEqual(['c', 'a', 'b'])
})

test('one that cannot be looked at is a warning, and the others are found', async () => {
  await leaveDead('dead')
  await leaveDead('odd')
  await rm(join(runFolder(stateDir, 'odd'), 'lease.json'))
  await mkdir(join(runFolder(stateDir, 'odd'), 'lease.json'))
  expect(await dead()).toEqual(['dead'])
  expect(said).toEqual([expect.stringMatching(/^warn: whether run odd is dead cannot be told: EISDIR/)])
})

test('one of another machine that shares the folder is not known to be dead', async () => {
  await leaveDead('elsewhere')
  const lease = {
    runId: 'elsewhere',
    pid: process.pid,
    host: 'another',
    machineId: 'another',
    bootId: 'another',
    startedAt: START,
  }
  await writeFile(join(runFolder(stateDir, 'elsewhere'), 'lease.json'), JSON.stringify(lease))
  expect(await dead(120_000)).toEqual([])
})

test('without a state directory there is none', async () => {
  expect(await findDeadRuns(join(stateDir, 'none'), wall(Date.now()), log)).toEqual([])
})
