/** Accepts jobs, durably and once per id, and sees them through. */
import { errorText, ServiceError, unavailable } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import { taskJson } from '../shared/task.ts'
import type { Task } from '../shared/task.ts'
import type { Job } from './job.ts'
import type { JobTable } from './job-table.ts'
import type { Journal } from './journal.ts'
import type { JobRunner } from './runner.ts'

export interface JobEvents {
  ended(outcome: 'completed' | 'failed' | 'refused'): void
}

export class JobService {
  readonly #table: JobTable
  readonly #journal: Pick<Journal, 'accept' | 'end'>
  readonly #runner: Pick<JobRunner, 'run'>
  readonly #events: JobEvents
  readonly #log: Logger

  constructor(
    table: JobTable,
    journal: Pick<Journal, 'accept' | 'end'>,
    runner: Pick<JobRunner, 'run'>,
    events: JobEvents,
    log: Logger,
  ) {
    this.#table = table
    this.#journal = journal
    this.#runner = runner
    this.#events = events
    this.#log = log
  }

  /** The job of this id: the one there is, or a new one, which then runs whether or not anybody waits. @throws ServiceError. */
  submit(id: string, task: Task): Job {
    const known = this.#table.find(id, taskJson(task))
    if (known !== null) return known
    if (this.#table.isFull()) {
      this.#events.ended('refused')
      throw unavailable('TOO_MANY_JOBS', `${String(this.#table.open)} jobs are open`)
    }
    const job = this.#table.add(id, task)
    void this.#see(job, () => this.#journal.accept(id, task))
    return job
  }

  /** Takes up what an earlier life of the hive accepted and did not finish. */
  resume(unfinished: readonly { id: string; task: Task }[]): void {
    for (const { id, task } of unfinished) void this.#see(this.#table.add(id, task), () => Promise.resolve())
    if (unfinished.length > 0) this.#log.info({ event: 'jobs_resumed', count: unfinished.length })
  }

  async #see(job: Job, accept: () => Promise<void>): Promise<void> {
    let accepted = false
    try {
      await accept()
      accepted = true
      await this.#runner.run(job)
      this.#journal.end(job.id, true)
      this.#table.finished(job, performance.now())
      this.#events.ended('completed')
      job.end()
    } catch (error) {
      if (accepted) this.#journal.end(job.id, false)
      this.#table.failed(job)
      this.#events.ended(accepted ? 'failed' : 'refused')
      job.fail(this.#toServiceError(job, error))
    }
  }

  #toServiceError(job: Job, error: unknown): ServiceError {
    if (error instanceof ServiceError) return error
    this.#log.error({ event: 'job_error', job_id: job.id, error: errorText(error) })
    return new ServiceError(500, 'INTERNAL', 'internal error')
  }
}
