/**
 * What the hive has accepted and not finished, on disk: `accept` returns when the record is durable, so that a restart
 * loses nothing. Records of one moment share one write and one sync. Finished jobs go to a list of their own.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText, ServiceError, unavailable } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import { parseTask, taskJson } from '../shared/task.ts'
import type { Task } from '../shared/task.ts'
import { AppendFile } from './append-file.ts'

export interface JournalOptions {
  readonly folder: string
  /** The journal is written anew, with the open jobs only, when it is larger. */
  readonly compactBytes: number
  /** The list of finished jobs begins anew when it is larger; the one before is kept. */
  readonly completedBytes: number
}

interface PendingAccept {
  readonly line: string
  readonly resolve: () => void
  readonly reject: (error: ServiceError) => void
}

type JournalLine =
  { readonly op: 'accept'; readonly id: string; readonly task: unknown } | { readonly op: 'end'; readonly id: string }

const JOURNAL = 'journal.jsonl'
const COMPLETED = 'completed.txt'
const RETRY_MS = 500
/** A full volume is tried again for finished records; more than this are not remembered. */
const MAX_PENDING_ENDS = 100_000

export class Journal {
  readonly #options: JournalOptions
  readonly #log: Logger
  readonly #journal: AppendFile
  readonly #completed: AppendFile
  readonly #open: Map<string, string>
  #accepts: PendingAccept[] = []
  #ends: { readonly id: string; readonly completed: boolean }[] = []
  #flushing: Promise<void> | null = null
  #retry: NodeJS.Timeout | null = null
  #writable = true
  #closed = false

  private constructor(
    options: JournalOptions,
    log: Logger,
    files: { journal: AppendFile; completed: AppendFile },
    open: Map<string, string>,
  ) {
    this.#options = options
    this.#log = log
    this.#journal = files.journal
    this.#completed = files.completed
    this.#open = open
  }

  /** @throws when the folder cannot be read or written at all. */
  static async open(
    options: JournalOptions,
    log: Logger,
  ): Promise<{ journal: Journal; unfinished: { id: string; task: Task }[] }> {
    await mkdir(options.folder, { recursive: true })
    const journal = await AppendFile.open(join(options.folder, JOURNAL))
    const completed = await AppendFile.open(join(options.folder, COMPLETED))
    const open = replay(await journal.readLines(), log)
    const unfinished = [...open].map(([id, line]) => ({ id, task: taskOf(line) }))
    return { journal: new Journal(options, log, { journal, completed }, open), unfinished }
  }

  get writable(): boolean {
    return this.#writable
  }

  get completedFile(): string {
    return this.#completed.path
  }

  /** @throws ServiceError 507 when the volume takes no more. */
  accept(id: string, task: Task): Promise<void> {
    if (this.#closed) return Promise.reject(unavailable('CLOSING', 'the hive is about to end'))
    return new Promise((resolve, reject) => {
      const line = `{"op":"accept","id":${JSON.stringify(id)},"task":${taskJson(task)}}`
      this.#open.set(id, line)
      this.#accepts.push({
        line,
        resolve,
        reject: (error) => {
          this.#open.delete(id)
          reject(error)
        },
      })
      this.#flushSoon()
    })
  }

  /** Recorded soon, and again and again if the volume is full: the answer does not wait for it. */
  end(id: string, completed: boolean): void {
    if (this.#closed) return
    this.#open.delete(id)
    if (this.#ends.length < MAX_PENDING_ENDS) this.#ends.push({ id, completed })
    this.#flushSoon()
  }

  /** Writes what is pending; what ends later counts as unfinished. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#retry !== null) clearTimeout(this.#retry)
    while (this.#flushing !== null) await this.#flushing
    await this.#journal.close()
    await this.#completed.close()
  }

  #flushSoon(): void {
    if (this.#flushing !== null) return
    // What else comes in this turn of the event loop goes into the same write.
    this.#flushing = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#flushAll())
      .finally(() => {
        this.#flushing = null
        // What came after the last look into the queues and before this line.
        if (this.#hasWork()) this.#flushSoon()
      })
  }

  #hasWork(): boolean {
    return this.#accepts.length > 0 || (this.#ends.length > 0 && this.#retry === null)
  }

  async #flushAll(): Promise<void> {
    while (this.#hasWork()) {
      const accepts = this.#accepts
      const ends = this.#retry === null ? this.#ends : []
      this.#accepts = []
      if (ends.length > 0) this.#ends = []
      try {
        await this.#write(accepts, ends)
        this.#reportWritable(null)
        for (const accept of accepts) accept.resolve()
      } catch (error) {
        this.#reportWritable(error)
        this.#ends = [...ends, ...this.#ends]
        const refusal = new ServiceError(507, 'INSUFFICIENT_STORAGE', 'the job journal cannot be written')
        for (const accept of accepts) accept.reject(refusal)
        this.#retryEnds()
      }
    }
  }

  async #write(accepts: readonly PendingAccept[], ends: readonly { id: string; completed: boolean }[]): Promise<void> {
    const lines = [...accepts.map((accept) => accept.line), ...ends.map((end) => `{"op":"end","id":${JSON.stringify(end.id)}}`)]
    await this.#journal.append(lines)
    await this.#completed.append(ends.filter((end) => end.completed).map((end) => end.id))
    if (this.#journal.bytes > this.#options.compactBytes) await this.#journal.rewrite([...this.#open.values()])
    if (this.#completed.bytes > this.#options.completedBytes) await this.#completed.rotate()
  }

  #retryEnds(): void {
    if (this.#retry !== null || this.#ends.length === 0) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#flushSoon()
    }, RETRY_MS)
  }

  #reportWritable(error: unknown): void {
    const writable = error === null
    if (writable === this.#writable) return
    this.#writable = writable
    if (writable) this.#log.info({ event: 'journal_writable' })
    else this.#log.error({ event: 'journal_not_writable', error: errorText(error) })
  }
}

/** The lines of jobs that have no end. A line that is torn, as the last one may be, was never acknowledged. */
function replay(lines: readonly string[], log: Logger): Map<string, string> {
  const open = new Map<string, string>()
  for (const line of lines) {
    const record = parseLine(line)
    if (record === null) log.warn({ event: 'journal_line_skipped', length: line.length })
    else if (record.op === 'accept') open.set(record.id, line)
    else open.delete(record.id)
  }
  return open
}

function parseLine(line: string): JournalLine | null {
  try {
    const record = JSON.parse(line) as Partial<JournalLine> | null
    if (typeof record?.id !== 'string' || (record.op !== 'accept' && record.op !== 'end')) return null
    return record as JournalLine
  } catch {
    return null
  }
}

function taskOf(line: string): Task {
  return parseTask((JSON.parse(line) as { task: unknown }).task)
}
