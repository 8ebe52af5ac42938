/** Gives jobs to workers, and to another one when a worker does not finish. */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode, errorText, ServiceError, unavailable } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import type { Job } from './job.ts'
import type { HivePolicy } from './policy.ts'
import type { Member, WorkerRegistry } from './registry.ts'
import { WorkerRefusal, type HttpWorkerLink } from './worker-link.ts'

type Registry = WorkerRegistry<HttpWorkerLink>
type Worker = Member<HttpWorkerLink>
/** Status by registration: 507 where the memory does not suffice, 503 for any other reason that will pass. */
type Refusals = Map<string, 503 | 507>

/** The hive itself is short of something, which says nothing of the worker. */
const OWN_SHORTAGES: readonly string[] = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']

export class JobRunner {
  readonly #registry: Registry
  readonly #policy: HivePolicy
  readonly #log: Logger
  readonly #onFailover: () => void

  constructor(registry: Registry, policy: HivePolicy, log: Logger, onFailover: () => void) {
    this.#registry = registry
    this.#policy = policy
    this.#log = log
    this.#onFailover = onFailover
  }

  /** Returns when the job has its whole answer. @throws ServiceError 503 or 507. */
  async run(job: Job): Promise<void> {
    const refusals: Refusals = new Map()
    let broken = 0
    while (broken < this.#policy.maxRuns) {
      const worker = await this.#pick(refusals, job.givenUp)
      worker.inFlight += 1
      worker.usedMs = performance.now()
      try {
        if (worker.cameBack && this.#policy.cameBackPauseMs > 0) await pause(this.#policy.cameBackPauseMs, job.givenUp)
        await this.#runOn(worker, job)
        return
      } catch (error) {
        if (job.givenUp.aborted) throw givenUp()
        const refusal = refusalOf(error)
        if (refusal !== null) {
          refusals.set(worker.id, refusal)
        } else {
          broken += 1
          this.#breaksOff(worker, job, broken, error)
          if (job.task.maxTokens > this.#policy.failoverUpToTokens) return
        }
      } finally {
        worker.inFlight -= 1
      }
    }
    throw unavailable('WORKERS_FAILED', `${broken} workers broke off`)
  }

  #runOn(worker: Worker, job: Job): Promise<void> {
    return worker.link.infer({
      jobId: job.id,
      task: job.task,
      skipTokens: job.tokens,
      signal: job.givenUp,
      onBegin: () => {
        job.begin(worker.claim.workerId)
      },
      onTokens: (text, tokens) => {
        job.add({ text, tokens })
      },
    })
  }

  #breaksOff(worker: Worker, job: Job, run: number, error: unknown): void {
    this.#registry.suspect(worker)
    this.#onFailover()
    const line = { job_id: job.id, registration: worker.id, worker: worker.claim.workerId, tokens: job.tokens }
    this.#log.warn({ event: 'run_failed', ...line, run, error: errorText(error) })
  }

  /** The candidate with the least to do; waits for one to appear. @throws ServiceError when each of them refused, or none came. */
  async #pick(refusals: Refusals, signal: AbortSignal): Promise<Worker> {
    const deadlineMs = performance.now() + this.#policy.workerWaitMs
    for (;;) {
      if (signal.aborted) throw givenUp()
      const candidates = this.#registry.candidates()
      const free = candidates.filter((worker) => !refusals.has(worker.id))
      const [first, ...others] = free
      if (first !== undefined) return others.reduce((best, worker) => (isBefore(worker, best) ? worker : best), first)
      if (candidates.length > 0) throw allRefused(candidates, refusals)
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) throw unavailable('NO_WORKER', 'no worker is ready')
      await this.#candidateWithin(leftMs, signal)
    }
  }

  #candidateWithin(limitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        stopListening()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, limitMs)
      const stopListening = this.#registry.onCandidate(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }
}

/** Shorter for whoever is given up. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** null for anything that is no refusal: the worker broke off. */
function refusalOf(error: unknown): 503 | 507 | null {
  if (error instanceof WorkerRefusal) return error.status === 503 || error.status === 507 ? error.status : null
  return OWN_SHORTAGES.includes(errorCode(error)) ? 503 : null
}

function allRefused(candidates: readonly Worker[], refusals: Refusals): ServiceError {
  return candidates.every((worker) => refusals.get(worker.id) === 507)
    ? new ServiceError(507, 'INSUFFICIENT_VRAM', 'no worker has the memory for this request')
    : unavailable('WORKERS_BUSY', 'no worker takes this request now')
}

function givenUp(): ServiceError {
  return unavailable('GIVEN_UP', 'nobody waited for this job any more')
}

/** Less to do, or waiting for longer. */
function isBefore(one: Worker, other: Worker): boolean {
  return one.inFlight === other.inFlight ? one.usedMs < other.usedMs : one.inFlight < other.inFlight
}
