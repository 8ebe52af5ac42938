/**
 * What the hive has accepted and not finished, on disk: `accept` returns when the record is durable, so that a restart
 * loses nothing. Records of one moment share one write and one sync. Finished jobs go to a list of their own.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { errorText, ServiceError, unavailable } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import type { Task } from '../shared/task.ts'
import { AppendFile } from './append-file.ts'
import { CompletedList } from './completed-list.ts'
import { FreeSpace } from './free-space.ts'
import { acceptLine, endLine, replay } from './journal-lines.ts'

export interface JournalOptions {
  readonly folder: string
  /** With less than this free on the volume no job is accepted: it is for the records of those that were. */
  readonly reserveBytes: number
  /** The journal is written anew, with the open jobs only, when it is larger. */
  readonly compactBytes: number
  /** Of one part of the list of finished jobs; two are kept. */
  readonly completedBytes: number
  /** As of the hive's policy; left out for none. */
  readonly tornBytes?: number
}

interface PendingAccept {
  readonly id: string
  readonly line: string
  readonly resolve: () => void
  readonly reject: (error: ServiceError) => void
}

interface PendingEnd {
  readonly id: string
  /** Still to be put on the list of finished jobs. */
  unlisted: boolean
}

const JOURNAL = 'journal.jsonl'
const RETRY_MS = 500
/** From one write to the next at least: two syncs for each job would cost as much as all the rest of it. */
const SHARED_WRITE_MS = 5
/** A full volume is tried again for finished records; more than this are not remembered. */
const MAX_PENDING_ENDS = 100_000
/** Pause before files that could not be made smaller are tried again. */
const TIDY_PAUSE_MS = 5_000

export class Journal {
  readonly #options: JournalOptions
  readonly #log: Logger
  readonly #journal: AppendFile
  readonly #completed: CompletedList
  readonly #space: FreeSpace
  /** Lines of the jobs that are accepted, on disk, and not ended. */
  readonly #open: Map<string, string>
  #accepts: PendingAccept[] = []
  #ends: PendingEnd[] = []
  #flushing: Promise<void> | null = null
  #flushedMs = -Infinity
  #retry: NodeJS.Timeout | null = null
  #writable = true
  #tidyFromMs = 0
  #closed = false

  private constructor(
    options: JournalOptions,
    log: Logger,
    files: { journal: AppendFile; completed: CompletedList },
    open: Map<string, string>,
  ) {
    this.#options = options
    this.#log = log
    this.#journal = files.journal
    this.#completed = files.completed
    this.#space = new FreeSpace(options.folder)
    this.#open = open
  }

  /** @throws when the folder cannot be read or written at all. */
  static async open(
    options: JournalOptions,
    log: Logger,
  ): Promise<{ journal: Journal; unfinished: { id: string; task: Task }[] }> {
    await mkdir(options.folder, { recursive: true })
    const journal = await AppendFile.open(join(options.folder, JOURNAL))
    const completed = await CompletedList.open(options.folder, options.completedBytes, options.tornBytes)
    const unfinished = [...replay(await journal.readLines(), log).values()]
    const open = new Map(unfinished.map(({ id, line }) => [id, line]))
    return {
      journal: new Journal(options, log, { journal, completed }, open),
      unfinished: unfinished.map(({ id, task }) => ({ id, task })),
    }
  }

  get writable(): boolean {
    return this.#writable
  }

  get completed(): Pick<CompletedList, 'end' | 'readFrom'> {
    return this.#completed
  }

  /** @throws ServiceError 507 when the volume takes no more. */
  accept(id: string, task: Task): Promise<void> {
    if (this.#closed) return Promise.reject(unavailable('CLOSING', 'the hive is about to end'))
    return new Promise((resolve, reject) => {
      this.#accepts.push({ id, line: acceptLine(id, task), resolve, reject })
      this.#flushSoon()
    })
  }

  /** Recorded soon, and again and again if the volume is full: the answer does not wait for it. */
  end(id: string, completed: boolean): void {
    if (this.#closed) return
    if (this.#ends.length < MAX_PENDING_ENDS) this.#ends.push({ id, unlisted: completed })
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
    // What else comes until then goes into the same write.
    const pauseMs = this.#flushedMs + SHARED_WRITE_MS - performance.now()
    this.#flushing = (pauseMs > 0 ? sleep(pauseMs) : nextTurn())
      .then(() => this.#flush())
      .finally(() => {
        this.#flushing = null
        // What came after the last look into the queues and before this line.
        if (this.#hasWork()) this.#flushSoon()
      })
  }

  #hasWork(): boolean {
    return this.#accepts.length > 0 || (this.#ends.length > 0 && this.#retry === null)
  }

  async #flush(): Promise<void> {
    this.#flushedMs = performance.now()
    const accepts = await this.#affordable(this.#accepts.splice(0))
    const ends = this.#retry === null ? this.#ends.splice(0) : []
    try {
      await this.#write(accepts, ends)
      for (const end of ends) this.#open.delete(end.id)
      for (const accept of accepts) this.#accepted(accept)
      await this.#tidy()
    } catch (error) {
      this.#refuse(accepts, error)
      this.#ends.unshift(...ends)
      this.#retryEnds()
    }
  }

  /** Those that the volume has room for: all or none. The others are refused before anything of them is written. */
  async #affordable(accepts: PendingAccept[]): Promise<PendingAccept[]> {
    if (accepts.length === 0) return accepts
    try {
      // A job may have the id of one that failed: its record must not come before that one's end.
      if (this.#retry !== null) throw new Error('ends of jobs wait to be written')
      await this.#space.require(this.#options.reserveBytes)
      return accepts
    } catch (error) {
      this.#refuse(accepts, error)
      return []
    }
  }

  /** The list comes first: between the two writes a job may be listed and run again, but never be forgotten. */
  async #write(accepts: readonly PendingAccept[], ends: readonly PendingEnd[]): Promise<void> {
    const unlisted = ends.filter((end) => end.unlisted)
    await this.#completed.append(unlisted.map((end) => end.id))
    for (const end of unlisted) end.unlisted = false
    await this.#journal.append([...ends.map((end) => endLine(end.id)), ...accepts.map((accept) => accept.line)])
  }

  #accepted(accept: PendingAccept): void {
    this.#open.set(accept.id, accept.line)
    this.#reportWritable(null)
    accept.resolve()
  }

  #refuse(accepts: readonly PendingAccept[], error: unknown): void {
    this.#reportWritable(error)
    for (const accept of accepts) {
      accept.reject(new ServiceError(507, 'INSUFFICIENT_STORAGE', 'the job journal cannot be written'))
    }
  }

  /** Keeps the files small. They only grow while that fails. */
  async #tidy(): Promise<void> {
    if (performance.now() < this.#tidyFromMs) return
    try {
      if (this.#journal.bytes > this.#options.compactBytes) await this.#journal.rewrite([...this.#open.values()])
      await this.#completed.tidy()
    } catch (error) {
      this.#tidyFromMs = performance.now() + TIDY_PAUSE_MS
      this.#log.warn({ event: 'journal_not_compacted', error: errorText(error) })
    }
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
