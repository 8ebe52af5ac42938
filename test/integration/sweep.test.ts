/** What a job finds on a machine that outlives jobs: dead runs beside live ones. */
import { systemClock } from '../../src/core/time/clock.ts'
import { access, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Logger } from '../../src/ports/reporter.ts'
import { holdLease } from '../../src/engine/undo/lease.ts'
import { Ledger, runFolder } from '../../src/engine/undo/ledger.ts'
import { sweepDeadRuns, type SweepOptions } from '../../src/app/cleanup/sweep-dead-runs.ts'
import { cleanupRuns } from '../../src/app/cleanup/undo.ts'
import { createDockerClient } from '../../src/stack/docker/client.ts'
import { RUN_LABEL } from '../../src/stack/docker/labels.ts'

const START = '2026-01-01T00:00:00.000Z'
const docker = createDockerClient()
let stateDir: string
let runs: string[]
let said: string[]
let ledgers: Map<string, Ledger>

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'chaos-sweep-'))
  ;[runs, said] = [[], []]
  ledgers = new Map()
})
afterEach(async () => {
  for (const run of runs) for (const id of await containersOf(run)) await docker.getContainer(id).remove({ force: true })
  await rm(stateDir, { recursive: true })
})

async function containersOf(run: string): Promise<string[]> {
  return (await docker.listContainers({ all: true, filters: { label: [`${RUN_LABEL}=${run}`] } })).map(({ Id }) => Id)
}

/** A run of this process, with a container of its own. */
async function started(): Promise<string> {
  const run = await withContainer()
  ledgers.set(run, await Ledger.hold(stateDir, run, START))
  return run
}

/** The same, and its process has ended without a word. */
async function died(name?: string): Promise<string> {
  const run = await withContainer(name)
  await mkdir(runFolder(stateDir, run), { recursive: true })
  await (await holdLease(runFolder(stateDir, run), run, START)).end()
  return run
}

async function withContainer(run = randomBytes(4).toString('hex')): Promise<string> {
  runs.push(run)
  const options = { Image: 'node:24-trixie-slim', Cmd: ['sleep', '300'], Labels: { [RUN_LABEL]: run } }
  await (await docker.createContainer(options)).start()
  return run
}

function options(): SweepOptions {
  const log: Logger = { log: (level, text) => void said.push(`${level}: ${text}`) }
  return {
    ...{ docker, stateDir, faults: new Map(), log, signal: AbortSignal.timeout(60_000), nowWallMs: systemClock.wallMs() },
    toolboxImage: () => Promise.resolve(''),
  }
}

it('removes what dead runs left, and nothing of a live one, nor of one whose folder lies elsewhere', async () => {
  const [dead, alive] = [await died(), await started()]
  const foreign = await started()
  await rm(runFolder(stateDir, foreign), { recursive: true })
  const { runs: swept } = await sweepDeadRuns(options())
  expect(swept).toEqual([{ runId: dead, leftAlone: null, undone: 0, removed: 1, problems: [] }])
  expect(await containersOf(dead)).toEqual([])
  expect([await containersOf(alive), await containersOf(foreign)].map(({ length }) => length)).toEqual([1, 1])
  await expect(access(runFolder(stateDir, dead))).rejects.toThrow()
  await access(runFolder(stateDir, alive))
})

it('tells of faults that it cannot know, and removes what it can, once', async () => {
  const dead = await died()
  await writeFile(join(runFolder(stateDir, dead), 'ledger.jsonl'), 'damaged\n{"op":"open"}\n')
  const { runs: swept } = await sweepDeadRuns(options())
  expect(swept).toMatchObject([{ runId: dead, removed: 1 }])
  expect(swept[0]?.problems).toEqual([expect.stringMatching(/^faults that were open cannot be told: line 1 of .* is damaged/)])
  expect(said).toContainEqual(expect.stringContaining('something stays: faults that were open cannot be told'))
  expect(await containersOf(dead)).toEqual([])
  expect((await sweepDeadRuns(options())).runs).toEqual([])
})

it('goes on to the next where another sweep was faster', async () => {
  const [first, second] = [await died(), await died()]
  await utimes(runFolder(stateDir, first), 1, 1)
  const meanwhile = async (): Promise<string> => {
    await rm(runFolder(stateDir, first), { recursive: true })
    return ''
  }
  const { runs: swept } = await sweepDeadRuns({ ...options(), toolboxImage: meanwhile })
  expect(swept).toMatchObject([{ runId: second, removed: 1, problems: [] }])
  expect(said).toContainEqual(expect.stringContaining(`warn: the dead run ${first} could not be swept: ENOENT`))
})

it('by `cleanup`, a stack that was kept meanwhile stays, and so does what begins, is elsewhere, or only looks like a run', async () => {
  const [dead, kept] = [await died('00000000'), await started()]
  const begins = await withContainer()
  await mkdir(runFolder(stateDir, begins))
  const odd = await withContainer(`../../${basename(stateDir)}`)
  const beforeRemoval = [{ name: 'meanwhile', run: async () => ledgers.get(kept)?.release() }]
  const report = await cleanupRuns({ ...options(), toolboxImage: '', beforeRemoval }, null)
  const ours = report.runs.filter(({ runId }) => runs.includes(runId))
  expect(
    Object.fromEntries(ours.map(({ runId, leftAlone, removed, problems }) => [runId, [leftAlone, removed, problems]])),
  ).toEqual({
    [dead]: [null, 1, []],
    [kept]: [expect.stringContaining('not a run of'), 0, []],
    [begins]: ['it may be starting just now', 0, []],
    [odd]: [expect.stringContaining('not a run of'), 0, []],
  })
  for (const run of [kept, begins, odd]) expect(await containersOf(run)).toHaveLength(1)
  await access(stateDir)
  const named = { ...options(), toolboxImage: '' }
  expect((await cleanupRuns(named, kept)).runs).toMatchObject([{ runId: kept, leftAlone: null, removed: 1 }])
  expect((await cleanupRuns(named, odd)).runs).toMatchObject([
    { runId: odd, problems: [expect.stringContaining('is no id of a run')] },
  ])
})
