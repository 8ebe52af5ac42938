/** One accepted inference request and what is known of its answer so far. Any number of requests may wait for it. */
import type { ServiceError } from '../shared/failure.ts'
import { taskJson } from '../shared/task.ts'
import type { Task } from '../shared/task.ts'

export interface Piece {
  readonly text: string
  readonly tokens: number
}

export class Job {
  readonly id: string
  readonly task: Task
  /** Two requests with one id must ask the same. */
  readonly fingerprint: string
  readonly pieces: Piece[] = []
  tokens = 0
  workerId: string | null = null
  /** A worker has taken it: it will be answered, not refused, unless that worker dies. */
  begun = false
  ended = false
  error: ServiceError | null = null
  #next = Promise.withResolvers<undefined>()

  constructor(id: string, task: Task) {
    this.id = id
    this.task = task
    this.fingerprint = taskJson(task)
  }

  get text(): string {
    return this.pieces.map((piece) => piece.text).join('')
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

  #notify(): void {
    const { resolve } = this.#next
    this.#next = Promise.withResolvers()
    resolve(undefined)
  }
}
