import { appendFile, readdir, readFile, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseTask } from '../shared/task.ts'
import { Cleanup, eventually, recordingLog, TASK, temporaryFolder } from '../testing/support.ts'
import { Journal, type JournalOptions } from './journal.ts'

const cleanup = new Cleanup()
const task = parseTask(TASK)
let folder: string

beforeEach(async () => {
  folder = await temporaryFolder(cleanup)
})
afterEach(() => cleanup.run())

type Opened = Awaited<ReturnType<typeof Journal.open>>

async function open(options: Partial<JournalOptions> = {}): Promise<Opened & { events: () => Record<string, unknown>[] }> {
  const { log, events } = recordingLog()
  const opened = await Journal.open(
    { folder, reserveBytes: 0, compactBytes: 1_000_000, completedBytes: 1_000_000, ...options },
    log,
  )
  return { ...opened, events }
}

const journalText = (): Promise<string> => readFile(join(folder, 'journal.jsonl'), 'utf8')
const completedText = (): Promise<string> => readFile(join(folder, 'completed.0.txt'), 'utf8')

test('what was accepted and not ended is there after a restart, in order', async () => {
  const { journal, unfinished } = await open()
  expect(unfinished).toEqual([])
  await Promise.all(['a', 'b', 'c'].map((id) => journal.accept(id, task)))
  journal.end('b', true)
  await journal.close()
  const again = await open()
  expect(again.unfinished).toEqual([
    { id: 'a', task },
    { id: 'c', task },
  ])
  await again.journal.close()
  expect(await completedText()).toBe('b\n')
})

test('an accepted record is on disk when accept returns', async () => {
  const { journal } = await open()
  await journal.accept('a', task)
  expect(await journalText()).toContain('"id":"a"')
  await journal.close()
})

test('a failed job is ended, but not among the completed', async () => {
  const { journal } = await open()
  await journal.accept('a', task)
  journal.end('a', false)
  await journal.close()
  expect(await completedText()).toBe('')
  const again = await open()
  expect(again.unfinished).toEqual([])
  await again.journal.close()
})

test('a torn last line and foreign ones are skipped and do not spoil the next', async () => {
  const first = await open()
  await first.journal.accept('a', task)
  await first.journal.close()
  await appendFile(
    join(folder, 'journal.jsonl'),
    '{"op":"weird"}\n{"op":"accept","id":"x","task":{}}\n{"op":"accept","id":"torn","ta',
  )
  const second = await open()
  expect(second.unfinished.map((job) => job.id)).toEqual(['a'])
  expect(second.events()).toMatchObject([{ event: 'journal_line_skipped' }, { event: 'journal_line_skipped' }])
  await second.journal.accept('b', task)
  await second.journal.close()
  const third = await open()
  expect(third.unfinished.map((job) => job.id)).toEqual(['a', 'b'])
  await third.journal.close()
})

test('it is rewritten with the open jobs when it has grown', async () => {
  const { journal } = await open({ compactBytes: 2_000 })
  await journal.accept('open', task)
  for (let index = 0; index < 40; index += 1) {
    await journal.accept(`done-${index}`, task)
    journal.end(`done-${index}`, true)
  }
  await journal.close()
  expect((await journalText()).length).toBeLessThan(3_000)
  const again = await open()
  expect(again.unfinished.map((job) => job.id)).toEqual(['open'])
  await again.journal.close()
  expect((await completedText()).trim().split('\n')).toHaveLength(40)
})

test('the list of completed jobs begins a new part when it has grown; its places stay', async () => {
  const { journal } = await open({ completedBytes: 20 })
  const ids = Array.from({ length: 12 }, (_, index) => `job-${index}`)
  let seen: readonly string[] = []
  let place = 0
  for (const id of ids) {
    await journal.accept(id, task)
    journal.end(id, true)
    const page = await eventually(
      'the record',
      () => journal.completed.readFrom(place),
      (found) => found?.ids.includes(id) === true,
    )
    seen = [...seen, ...(page?.ids ?? [])]
    place = page?.next ?? -1
  }
  expect([seen, place]).toEqual([ids, journal.completed.end])
  await journal.close()
  const parts = (await readdir(folder)).filter((name) => name.startsWith('completed.'))
  expect(parts).toHaveLength(2)
  const again = await open({ completedBytes: 20 })
  expect(await again.journal.completed.readFrom(place)).toEqual({ ids: [], next: place })
  expect((await again.journal.completed.readFrom(null))?.ids.at(0)).not.toBe('job-0')
  expect([await again.journal.completed.readFrom(0), await again.journal.completed.readFrom(place + 1)]).toEqual([null, null])
  await again.journal.close()
})

test('with less than its reserve free it takes no job, but still records the ends of those it took', async () => {
  const { bavail, bsize } = await statfs(folder)
  const options = { compactBytes: 1_000_000, completedBytes: 1_000_000, folder }
  const { journal } = await open()
  await journal.accept('a', task)
  await journal.close()
  const { log, events } = recordingLog()
  const full = await Journal.open({ ...options, reserveBytes: 2 * bavail * bsize }, log)
  const before = await journalText()
  await expect(full.journal.accept('b', task)).rejects.toMatchObject({ status: 507, code: 'INSUFFICIENT_STORAGE' })
  expect([full.journal.writable, await journalText()]).toEqual([false, before])
  full.journal.end('a', true)
  await full.journal.close()
  expect(await completedText()).toBe('a\n')
  expect(events()).toMatchObject([{ event: 'journal_not_writable' }])
  const again = await open()
  expect(again.unfinished).toEqual([])
  await again.journal.close()
})

test('a job that is accepted again while the end of its first try waits is open after a restart', async () => {
  const { journal } = await open()
  await journal.accept('a', task)
  journal.end('a', false)
  await journal.accept('a', task)
  await journal.close()
  const again = await open()
  expect(again.unfinished.map((job) => job.id)).toEqual(['a'])
  await again.journal.close()
})

test('what is taken for torn at a start is a whole number of ids, up to all of them', async () => {
  await writeFile(join(folder, 'completed.0.txt'), 'aaaa\nbbbb\ncccc\nddd')
  const some = await open({ tornBytes: 7 })
  expect(await completedText()).toBe('aaaa\nbbbb\n')
  await some.journal.close()
  const all = await open({ tornBytes: 1_024 })
  expect([await completedText(), all.journal.completed.end]).toEqual(['', 0])
  await all.journal.close()
})

test('a torn last id of the completed ones does not spoil the next', async () => {
  const first = await open()
  await first.journal.accept('a', task)
  first.journal.end('a', true)
  await first.journal.close()
  await appendFile(join(folder, 'completed.0.txt'), 'to')
  const second = await open()
  await second.journal.accept('b', task)
  second.journal.end('b', true)
  await second.journal.close()
  expect(await completedText()).toBe('a\nb\n')
})
