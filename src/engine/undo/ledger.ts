/**
 * The on-disk list of undo records. A record is on disk before anything is done, so that another process can undo it:
 * the action's post step, `cleanup`, or the sweep before the next run.
 */
import { appendFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { ChaosError, describeError, systemErrorCode } from '../../core/errors.ts'
import { parseJson, type JsonObject } from '../../core/json.ts'
import type { UndoRecord } from '../../kinds/fault.ts'
import { holdLease, type HeldLease } from './lease.ts'

export interface LedgerEntry extends UndoRecord {
  readonly entry: number
  readonly scenarioId: string
}

const lineSchema = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('open'),
    entry: z.number().int(),
    scenarioId: z.string(),
    kind: z.string(),
    // Records had no number before there was a second shape of any.
    version: z.int().min(1).default(1),
    plan: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  }),
  z.strictObject({ op: z.literal('close'), entry: z.number().int() }),
])

const LEDGER_FILE = 'ledger.jsonl'

/** Of a live run: held by this process until `release`. */
export class Ledger {
  readonly folder: string
  private readonly lease: HeldLease
  private next = 1

  private constructor(folder: string, lease: HeldLease) {
    this.folder = folder
    this.lease = lease
  }

  /** Creates the run's folder, mode 0700, with a lease in the name of this process. */
  static async hold(stateDir: string, runId: string, startedAt: string): Promise<Ledger> {
    const folder = runFolder(stateDir, runId)
    await mkdir(join(stateDir, 'runs'), { recursive: true, mode: 0o700 })
    await mkdir(folder, { mode: 0o700 })
    try {
      await writeFile(join(folder, LEDGER_FILE), '', { mode: 0o600 })
      return new Ledger(folder, await holdLease(folder, runId, startedAt))
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** On disk, synced, before this resolves. */
  async append(record: Omit<LedgerEntry, 'entry'>): Promise<number> {
    const entry = this.next
    this.next += 1
    await this.write({ op: 'open', entry, ...record })
    return entry
  }

  async close(entry: number): Promise<void> {
    await this.write({ op: 'close', entry })
  }

  /** Ends the lease: the folder goes, unless an entry is still open, which then waits for `cleanup`. */
  async release(): Promise<void> {
    try {
      const open = await readOpenEntries(this.folder)
      if (open.length === 0) await this.remove()
    } finally {
      await this.lease.end()
    }
  }

  /** At one blow: a folder half removed would be that of a dead run, and a stack that was kept would be swept. */
  private async remove(): Promise<void> {
    const ended = join(this.folder, '..', '..', `ended-${basename(this.folder)}`)
    await rename(this.folder, ended)
    await rm(ended, { recursive: true })
  }

  private async write(line: z.input<typeof lineSchema>): Promise<void> {
    try {
      const file = await open(join(this.folder, LEDGER_FILE), 'a', 0o600)
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      throw new ChaosError('LEDGER_FAILED', `could not write the undo record to ${this.folder}`, {
        cause: error,
        hint: 'Nothing was injected. Set CHAOS_STATE_DIR to a folder that can be written.',
      })
    }
  }
}

/** @throws BAD_INPUT for a name that leads elsewhere: ids are read from labels of containers, too, and folders are removed. */
export function runFolder(stateDir: string, runId: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(runId)) throw new ChaosError('BAD_INPUT', `${JSON.stringify(runId)} is no id of a run`)
  return join(stateDir, 'runs', runId)
}

/** Run ids with a folder under the state directory, in the order of their names. */
export async function knownRuns(stateDir: string): Promise<string[]> {
  try {
    const found = await readdir(join(stateDir, 'runs'), { withFileTypes: true })
    return found.flatMap((file) => (file.isDirectory() ? [file.name] : [])).sort()
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Open entries of a dead run, newest first: the order in which they are undone. */
export async function readOpenEntries(folder: string): Promise<LedgerEntry[]> {
  let text: string
  try {
    text = await readFile(join(folder, LEDGER_FILE), 'utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
  const open = new Map<number, LedgerEntry>()
  const lines = text.split('\n').filter((line) => line !== '')
  for (const [index, line] of lines.entries()) {
    const parsed = lineSchema.safeParse(parseJson(line))
    if (!parsed.success) {
      // A torn last line was never acknowledged, so nothing was done for it; anything else is damage.
      if (index === lines.length - 1 && !text.endsWith('\n')) continue
      throw new ChaosError(
        'LEDGER_FAILED',
        `line ${index + 1} of ${join(folder, LEDGER_FILE)} is damaged: ${describeError(parsed.error, 200)}`,
      )
    }
    if (parsed.data.op === 'open') {
      const { op: _op, ...entry } = parsed.data
      open.set(entry.entry, entry)
    } else {
      open.delete(parsed.data.entry)
    }
  }
  return [...open.values()].reverse()
}

/** Marks an entry of a dead run as undone. One whose folder somebody else removed meanwhile needs no mark. */
export async function closeEntry(folder: string, entry: number): Promise<void> {
  try {
    await appendFile(join(folder, LEDGER_FILE), `${JSON.stringify({ op: 'close', entry })}\n`)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
}
