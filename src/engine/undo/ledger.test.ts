import { wall } from '../../core/time/moment.fixture.ts'
import { appendFile, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findHolder } from './lease.ts'
import { closeEntry, knownRuns, Ledger, readOpenEntries, runFolder, type LedgerEntry } from './ledger.ts'

let stateDir: string

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'chaos-ledger-'))
})
afterEach(async () => {
  await rm(stateDir, { recursive: true, force: true })
})

const START = '2026-01-01T00:00:00.000Z'
const record = (scenarioId: string): Omit<LedgerEntry, 'entry'> => ({
  ...{ scenarioId, kind: 'toxic', version: 2 },
  plan: { toxic: scenarioId },
})

it('keeps open entries, newest first, for another process to undo', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  const first = await ledger.append(record('NF-001'))
  await ledger.append(record('NF-002'))
  await ledger.append(record('NF-003'))
  await ledger.close(first)
  const open = await readOpenEntries(runFolder(stateDir, 'run1'))
  expect(open.map((entry) => entry.scenarioId)).toEqual(['NF-003', 'NF-002'])
  await ledger.release()
  expect(await knownRuns(stateDir)).toEqual(['run1'])
})

it('goes when nothing is open', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  await ledger.close(await ledger.append(record('NF-001')))
  await ledger.release()
  expect(await knownRuns(stateDir)).toEqual([])
})

it('writes files that only their owner can read', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  await ledger.append(record('NF-001'))
  const files = (await readdir(ledger.folder, { withFileTypes: true })).filter((file) => file.isFile())
  for (const { name } of files) expect((await stat(join(ledger.folder, name))).mode & 0o777).toBe(0o600)
  expect((await stat(ledger.folder)).mode & 0o777).toBe(0o700)
})

it('is held until it is released, with or without open entries', async () => {
  const [clean, open] = [await Ledger.hold(stateDir, 'clean', START), await Ledger.hold(stateDir, 'open', START)]
  await open.append(record('NF-001'))
  const holders = (): Promise<string[]> => Promise.all([clean, open].map(({ folder }) => findHolder(folder, wall(Date.now()))))
  expect(await holders()).toEqual(['alive', 'alive'])
  await Promise.all([clean.release(), open.release()])
  expect(await holders()).toEqual(['missing', 'gone'])
  expect(await readdir(stateDir)).toEqual(['runs'])
})

it('is no longer held when its end fails, which is said', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  await writeFile(join(ledger.folder, 'ledger.jsonl'), 'damaged\n')
  await expect(ledger.release()).rejects.toThrow('is damaged')
  expect(await findHolder(ledger.folder, wall(Date.now()))).toBe('gone')
})

it.each(['..', '../../home', 'a/b', '', '.hidden', 'a\nb', 'a.b', 'a b', '-a', '_a'])('takes %j for no run', (runId) => {
  const code = expect.objectContaining({ code: 'BAD_INPUT', message: `${JSON.stringify(runId)} is no id of a run` }) as Error
  expect(() => runFolder(stateDir, runId)).toThrow(code)
})

it('knows runs by their folders, and no file beside them', async () => {
  await Ledger.hold(stateDir, 'run1', START)
  await writeFile(join(stateDir, 'runs', '.DS_Store'), '')
  expect(await knownRuns(stateDir)).toEqual(['run1'])
})

it('forgives a torn last line, for which nothing was done, and no other damage', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  await ledger.append(record('NF-001'))
  const file = join(ledger.folder, 'ledger.jsonl')
  await appendFile(file, '{"op":"open","entry":2,"scen')
  expect(await readOpenEntries(ledger.folder)).toHaveLength(1)
  await appendFile(file, '\n')
  await expect(readOpenEntries(ledger.folder)).rejects.toThrow('line 2 of')
})

it.each(['7', 'r', 'Run_1-b', 'a-'])('takes %j for one', (runId) => {
  expect(runFolder('/state', runId)).toBe(`/state/runs/${runId}`)
})

it('gives back all that was planned, as it was', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  expect([await ledger.append(record('NF-001')), await ledger.append(record('NF-002'))]).toEqual([1, 2])
  expect(await readOpenEntries(ledger.folder)).toEqual([
    { entry: 2, ...record('NF-002') },
    { entry: 1, ...record('NF-001') },
  ])
})

it('is of one run only: a second of the same id finds it taken, and leaves it as it is', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  await expect(Ledger.hold(stateDir, 'run1', START)).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await findHolder(ledger.folder, wall(Date.now()))).toBe('alive')
})

it('leaves no folder where it could not be begun', async () => {
  // The folder's own path is as long as a path may be, and the file's is longer.
  const deep = join(stateDir, ...Array.from({ length: 90 }, () => 'a'.repeat(49))).slice(0, 4_080)
  await mkdir(deep, { recursive: true })
  await expect(Ledger.hold(deep, 'run1', START)).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
  expect(await knownRuns(deep)).toEqual([])
})

it('says what to do where a record cannot be written', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  await rm(ledger.folder, { recursive: true })
  await expect(ledger.append(record('NF-001'))).rejects.toMatchObject({
    code: 'LEDGER_FAILED',
    message: `could not write the undo record to ${ledger.folder}`,
    hint: 'Nothing was injected. Set CHAOS_STATE_DIR to a folder that can be written.',
    cause: { code: 'ENOENT' },
  })
})

describe('what is not there', () => {
  it('holds nothing that is to be undone, and no run', async () => {
    expect(await readOpenEntries(join(stateDir, 'missing'))).toEqual([])
    expect(await knownRuns(join(stateDir, 'missing'))).toEqual([])
  })

  it('is not what cannot be read: that is an error', async () => {
    await mkdir(join(stateDir, 'ledger.jsonl'))
    await expect(readOpenEntries(stateDir)).rejects.toMatchObject({ code: 'EISDIR' })
    await writeFile(join(stateDir, 'runs'), '')
    await expect(knownRuns(stateDir)).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})

it('knows runs in the order of their names', async () => {
  for (const name of ['run2', 'run3', 'run1']) await mkdir(join(stateDir, 'runs', name), { recursive: true })
  expect(await knownRuns(stateDir)).toEqual(['run1', 'run2', 'run3'])
})

it('keeps no file open between two records', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  for (const id of ['NF-001', 'NF-002', 'NF-003']) await ledger.append(record(id))
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => '')),
  )
  expect(open).not.toContain(join(ledger.folder, 'ledger.jsonl'))
})

describe('a dead run’s entry', () => {
  it('that was undone is closed', async () => {
    const ledger = await Ledger.hold(stateDir, 'run1', START)
    await ledger.append(record('NF-001'))
    await ledger.append(record('NF-002'))
    await closeEntry(ledger.folder, 2)
    expect((await readOpenEntries(ledger.folder)).map(({ entry }) => entry)).toEqual([1])
    await closeEntry(ledger.folder, 1)
    expect(await readOpenEntries(ledger.folder)).toEqual([])
    expect((await readFile(join(ledger.folder, 'ledger.jsonl'), 'utf8')).endsWith('\n')).toBe(true)
  })

  it('needs no mark where somebody else has removed the folder, and any other trouble is told', async () => {
    await closeEntry(join(stateDir, 'missing'), 1)
    expect(await readdir(stateDir)).toEqual([])
    await mkdir(join(stateDir, 'ledger.jsonl'))
    await expect(closeEntry(stateDir, 1)).rejects.toMatchObject({ code: 'EISDIR' })
  })
})

it.each([
  ['an unknown operation', '{"op":"undo","entry":1}'],
  ['a plan that is a list', '{"op":"open","entry":1,"scenarioId":"a","kind":"b","plan":[]}'],
  ['a plan that is nothing', '{"op":"open","entry":1,"scenarioId":"a","kind":"b","plan":null}'],
  ['a plan that is text', '{"op":"open","entry":1,"scenarioId":"a","kind":"b","plan":"c"}'],
  ['a field too many', '{"op":"close","entry":1,"by":"me"}'],
  ['a number that is none', '{"op":"close","entry":1.5}'],
])('takes %s for damage, also in the last line', async (_what, line) => {
  await writeFile(join(stateDir, 'ledger.jsonl'), `${line}\n`)
  await expect(readOpenEntries(stateDir)).rejects.toMatchObject({
    code: 'LEDGER_FAILED',
    message: expect.stringContaining(`line 1 of ${join(stateDir, 'ledger.jsonl')} is damaged: `) as string,
  })
})

it('forgives no damage but in its last line', async () => {
  await writeFile(join(stateDir, 'ledger.jsonl'), '{"op":"op\n{"op":"close","entry":1}')
  await expect(readOpenEntries(stateDir)).rejects.toThrow('line 1 of')
})
