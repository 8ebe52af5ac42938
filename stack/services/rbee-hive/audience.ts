/** Who waits for a job. One that nobody has waited for in a while is given up: what it holds on its worker is wanted by others. */
import type { Job } from './job.ts'

export class Audience {
  readonly #patienceMs: number
  /** Requests that wait, by job; a timer in their place once the last of them has gone. */
  readonly #waiting = new Map<Job, number | NodeJS.Timeout>()

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** One more waits for this job. Call what it returns when it no longer does. */
  join(job: Job): () => void {
    const before = this.#waiting.get(job) ?? 0
    if (typeof before !== 'number') clearTimeout(before)
    this.#waiting.set(job, typeof before === 'number' ? before + 1 : 1)
    let left = false
    return () => {
      if (left) return
      left = true
      this.#leave(job)
    }
  }

  close(): void {
    for (const waiting of this.#waiting.values()) if (typeof waiting !== 'number') clearTimeout(waiting)
    this.#waiting.clear()
  }

  #leave(job: Job): void {
    const waiting = this.#waiting.get(job)
    if (typeof waiting !== 'number') return
    if (waiting > 1) {
      this.#waiting.set(job, waiting - 1)
    } else if (job.over) {
      this.#waiting.delete(job)
    } else {
      const timer = setTimeout(() => {
        this.#waiting.delete(job)
        job.giveUp()
      }, this.#patienceMs)
      this.#waiting.set(job, timer)
    }
  }
}
