/** Accepts jobs, durably and once per id, and sees them through. */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText, ServiceError, unavailable } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import { taskJson, type Task } from '../shared/task.ts'
import { Audience } from './audience.ts'
import type { Job } from './job.ts'
import type { JobTable } from './job-table.ts'
import type { Journal } from './journal.ts'
import type { HivePolicy } from './policy.ts'
import type { JobRunner } from './runner.ts'

export type JobOutcome = 'completed' | 'failed' | 'refused'

interface JobEvents {
  ended(outcome: JobOutcome): void
}

export interface JobParts {
  readonly table: JobTable
  readonly journal: Pick<Journal, 'accept' | 'end'>
  readonly runner: Pick<JobRunner, 'run'>
  readonly policy: HivePolicy
  readonly events: JobEvents
  readonly log: Logger
}

/** Pause before a job of an earlier life is tried again. */
const RESUME_PAUSE_MS = 250

export class JobService {
  readonly #parts: JobParts
  readonly #audience: Audience
  readonly #closing = new AbortController()

  constructor(parts: JobParts) {
    this.#parts = parts
    this.#audience = new Audience(parts.policy.abandonAfterMs)
  }

  /** The job of this id: the one there is, or a new one. It runs on until its end, or until nobody waits. @throws ServiceError. */
  submit(id: string, task: Task): Job {
    const { table, events } = this.#parts
    const known = table.find(id, taskJson(task))
    if (known !== null) return known
    if (table.isFull()) {
      events.ended('refused')
      throw unavailable('TOO_MANY_JOBS', `${table.open} jobs are open`)
    }
    const job = table.add(id, task)
    void this.#see(
      job,
      () => this.#store(job),
      () => this.#parts.runner.run(job),
    )
    return job
  }

  /** Call while a request waits for the job; call what it returns when it does no more. */
  attend(job: Job): () => void {
    // What an earlier life accepted is owed, whoever comes or goes.
    return job.resumed ? () => undefined : this.#audience.join(job)
  }

  /** Takes up what an earlier life of the hive accepted and did not finish. */
  resume(unfinished: readonly { id: string; task: Task }[]): void {
    const { table, log } = this.#parts
    for (const { id, task } of unfinished) {
      const job = table.add(id, task, 'resumed')
      void this.#see(
        job,
        () => Promise.resolve(),
        () => this.#runAgainAndAgain(job),
      )
    }
    if (unfinished.length > 0) log.info({ event: 'jobs_resumed', count: unfinished.length })
  }

  close(): void {
    this.#closing.abort()
    this.#audience.close()
  }

  async #see(job: Job, store: () => Promise<void>, run: () => Promise<void>): Promise<void> {
    const { table, journal, events } = this.#parts
    let accepted = false
    try {
      await store()
      accepted = true
      await run()
      journal.end(job.id, true)
      table.finished(job, performance.now())
      events.ended('completed')
      job.end()
    } catch (error) {
      if (accepted) journal.end(job.id, false)
      table.failed(job)
      events.ended(accepted ? 'failed' : 'refused')
      job.fail(this.#toServiceError(job, error))
    }
  }

  async #store(job: Job): Promise<void> {
    const { journal, policy } = this.#parts
    try {
      await journal.accept(job.id, job.task)
    } catch (error) {
      const full = error instanceof ServiceError && error.status === 507
      if (!full || policy.whenNotStored === 'answer-507') throw error
      if (policy.whenNotStored === 'answer-500') throw new ServiceError(500, 'INTERNAL', 'internal error')
    }
  }

  /** Nobody may be there who could ask again, and after a restart the workers take a moment to come back. */
  async #runAgainAndAgain(job: Job): Promise<void> {
    const deadlineMs = performance.now() + this.#parts.policy.resumeLimitMs
    for (;;) {
      try {
        await this.#parts.runner.run(job)
        return
      } catch (error) {
        if (performance.now() >= deadlineMs || this.#closing.signal.aborted) throw error
        await sleep(RESUME_PAUSE_MS, undefined, { signal: this.#closing.signal })
      }
    }
  }

  #toServiceError(job: Job, error: unknown): ServiceError {
    if (error instanceof ServiceError) return error
    this.#parts.log.error({ event: 'job_error', job_id: job.id, error: errorText(error) })
    return new ServiceError(500, 'INTERNAL', 'internal error')
  }
}
