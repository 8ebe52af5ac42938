import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findHolder } from './lease.ts'
import { knownRuns, Ledger, readOpenEntries, runFolder } from './ledger.ts'

let stateDir: string

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'chaos-ledger-'))
})
afterEach(async () => {
  await rm(stateDir, { recursive: true, force: true })
})

const START = '2026-01-01T00:00:00.000Z'
const record = (scenarioId: string): { scenarioId: string; kind: string; plan: { toxic: string } } => ({
  scenarioId,
  kind: 'toxic',
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
  const holders = (): Promise<string[]> => Promise.all([clean, open].map(({ folder }) => findHolder(folder, Date.now())))
  expect(await holders()).toEqual(['alive', 'alive'])
  await Promise.all([clean.release(), open.release()])
  expect(await holders()).toEqual(['missing', 'gone'])
  expect(await readdir(stateDir)).toEqual(['runs'])
})

it('is no longer held when its end fails, which is said', async () => {
  const ledger = await Ledger.hold(stateDir, 'run1', START)
  await writeFile(join(ledger.folder, 'ledger.jsonl'), 'damaged\n')
  await expect(ledger.release()).rejects.toThrow('is damaged')
  expect(await findHolder(ledger.folder, Date.now())).toBe('gone')
})

it.each(['..', '../../home', 'a/b', '', '.hidden', 'a\nb'])('takes %j for no run', (runId) => {
  expect(() => runFolder(stateDir, runId)).toThrow('is no id of a run')
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
