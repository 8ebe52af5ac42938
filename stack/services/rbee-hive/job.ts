/** One accepted inference request and what is known of its answer so far. Any number of requests may wait for it. */
import type { ServiceError } from '../shared/failure.ts'
import { taskJson, type Task } from '../shared/task.ts'

export interface Piece {
  readonly text: string
  readonly tokens: number
}

export class Job {
  readonly id: string
  readonly task: Task
  /** Two requests with one id must ask the same. */
  readonly fingerprint: string
  /** Accepted by an earlier life of the hive. */
  readonly resumed: boolean
  readonly pieces: Piece[] = []
  tokens = 0
  workerId: string | null = null
  /** A worker has taken it: it will be answered, not refused, unless that worker dies. */
  begun = false
  ended = false
  error: ServiceError | null = null
  readonly #givenUp = new AbortController()
  #next = Promise.withResolvers<undefined>()

  constructor(id: string, task: Task, origin: 'new' | 'resumed') {
    this.id = id
    this.task = task
    this.resumed = origin === 'resumed'
    this.fingerprint = taskJson(task)
  }

  get text(): string {
    return this.pieces.map((piece) => piece.text).join('')
  }

  get over(): boolean {
    return this.ended || this.error !== null
  }

  /** Aborted when nobody wants the answer any more. */
  get givenUp(): AbortSignal {
    return this.#givenUp.signal
  }

  /** Resolves at the next change: begun, more pieces, ended, failed. */
  changed(): Promise<undefined> {
    return this.#next.promise
  }

  begin(workerId: string): void {
    this.workerId = workerId
    this.begun = true
    this.#notify()
  }

  add(piece: Piece): void {
    this.pieces.push(piece)
    this.tokens += piece.tokens
    if (this.task.stream) this.#notify()
  }

  end(): void {
    this.ended = true
    this.#notify()
  }

  fail(error: ServiceError): void {
    this.error = error
    this.#notify()
  }

  giveUp(): void {
    this.#givenUp.abort()
  }

  #notify(): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve(undefined)
  }
}
