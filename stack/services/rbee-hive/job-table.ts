import { ServiceError } from '../shared/failure.ts'
import type { Task } from '../shared/task.ts'
import { Job } from './job.ts'
import type { HivePolicy } from './policy.ts'

interface Finished {
  readonly job: Job
  readonly atMs: number
  readonly bytes: number
}

/**
 * Jobs by id: the open ones, and for a while the finished ones, so that a repeated request gets the answer it missed. Ids are kept
 * for longer than answers: what a network held back comes half a minute late, and is not run again.
 */
export class JobTable {
  readonly #policy: HivePolicy
  readonly #jobs = new Map<string, Job>()
  /** Oldest first. */
  readonly #finished = new Set<Finished>()
  /** Ids of finished ones whose answers are not kept any more, oldest first. */
  readonly #done = new Set<string>()
  #finishedBytes = 0
  #open = 0

  constructor(policy: HivePolicy) {
    this.#policy = policy
  }

  get open(): number {
    return this.#open
  }

  /** The job of this id, if the same was asked. @throws ServiceError 409 when it was something else, or nobody knows its answer any more. */
  find(id: string, fingerprint: string): Job | null {
    const job = this.#jobs.get(id)
    if (job === undefined) {
      if (this.#done.has(id)) throw new ServiceError(409, 'TASK_DONE', 'this task was done, and its answer is not kept any more')
      return null
    }
    if (job.fingerprint !== fingerprint)
      throw new ServiceError(409, 'TASK_ID_REUSED', 'this task id was used for another request')
    return job
  }

  isFull(): boolean {
    return this.#open >= this.#policy.maxOpenJobs
  }

  add(id: string, task: Task, origin: 'new' | 'resumed' = 'new'): Job {
    const job = new Job(id, task, origin)
    this.#jobs.set(id, job)
    this.#open += 1
    return job
  }

  finished(job: Job, nowMs: number): void {
    this.#open -= 1
    const bytes = job.pieces.reduce((sum, piece) => sum + piece.text.length, job.fingerprint.length)
    this.#finished.add({ job, atMs: nowMs, bytes })
    this.#finishedBytes += bytes
    this.#forgetOld(nowMs)
  }

  /** A failed job is forgotten: the next request of its id is a new try. */
  failed(job: Job): void {
    this.#open -= 1
    this.#jobs.delete(job.id)
  }

  #forgetOld(nowMs: number): void {
    for (const entry of this.#finished) {
      const fits = this.#finishedBytes <= this.#policy.keepFinishedBytes
      if (fits && nowMs - entry.atMs <= this.#policy.keepFinishedMs) return
      this.#finished.delete(entry)
      this.#finishedBytes -= entry.bytes
      this.#jobs.delete(entry.job.id)
      this.#remember(entry.job.id)
    }
  }

  #remember(id: string): void {
    this.#done.add(id)
    for (const oldest of this.#done) {
      if (this.#done.size <= this.#policy.keepIds) return
      this.#done.delete(oldest)
    }
  }
}
