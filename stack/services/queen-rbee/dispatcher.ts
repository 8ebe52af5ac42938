/** Gets a task done: attempts, pauses between them, and the deadline over all. */
import { setTimeout as sleep } from 'node:timers/promises'
import { unavailable } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'
import { TASK_ID_HEADER } from '../shared/task.ts'
import { runAttempt, type AttemptAnswer, type AttemptOptions, type AttemptRequest, type BodySink } from './attempt.ts'
import { toAttemptFailure, type AttemptFailure } from './attempt-failure.ts'
import { Lanes } from './lanes.ts'
import { LargeAnswers } from './large-answers.ts'
import type { UpstreamPolicy } from './policy.ts'
import type { WarmPool } from './warm-pool.ts'

export interface DispatchRequest extends AttemptRequest {
  readonly taskId: string
  /** `performance.now()` of the request's arrival. */
  readonly arrivedMs: number
  readonly signal: AbortSignal
  readonly openBody: AttemptOptions['openBody']
}

/** An attempt that has less time than this is not worth its connection. */
const SHORTEST_ATTEMPT_MS = 100
/** Kept back of the answer limit to get the 503 out. */
const RESERVE_MS = 50

export class TaskDispatcher {
  readonly #pool: WarmPool
  readonly #lanes = new Lanes()
  readonly #large: LargeAnswers
  readonly #policy: UpstreamPolicy
  readonly #log: Logger
  readonly #countFailure: (failure: AttemptFailure) => void

  constructor(pool: WarmPool, policy: UpstreamPolicy, log: Logger, countFailure: (failure: AttemptFailure) => void) {
    this.#pool = pool
    this.#policy = policy
    this.#large = new LargeAnswers(policy.besideLargeAnswers)
    this.#log = log
    this.#countFailure = countFailure
  }

  /** @throws ServiceError 503 when no further attempt fits; AttemptFailure `cancelled` when the client went away. */
  async dispatch(request: DispatchRequest): Promise<AttemptAnswer> {
    const deadlineMs = request.arrivedMs + this.#policy.answerLimitMs - RESERVE_MS
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#inLane(request, deadlineMs)
      } catch (error) {
        await this.#afterFailure(request, attempt, toAttemptFailure(error), deadlineMs)
      }
    }
  }

  async #inLane(request: DispatchRequest, deadlineMs: number): Promise<AttemptAnswer> {
    await this.#large.passed()
    await this.#lanes.enter()
    try {
      const limitMs = Math.min(this.#policy.attemptLimitMs, deadlineMs - performance.now())
      const openBody: DispatchRequest['openBody'] = (status, headers, flow) =>
        this.#large.watch(headers, request.openBody(status, headers, flow))
      return await runAttempt(this.#pool, request, { limitMs, signal: request.signal, openBody })
    } finally {
      this.#lanes.leave()
    }
  }

  /** Returns when it is time for the next attempt. */
  async #afterFailure(request: DispatchRequest, attempt: number, failure: AttemptFailure, deadlineMs: number): Promise<void> {
    if (failure.reason === 'cancelled') throw failure
    this.#countFailure(failure)
    this.#lanes.narrow(this.#policy.lanesAfterFailure)
    const pauseMs = this.#policy.backoff(attempt)
    const fits = performance.now() + pauseMs + SHORTEST_ATTEMPT_MS <= deadlineMs
    const again = fits && this.#policy.retries(failure.reason)
    const line = { task_id: request.taskId, attempt, reason: failure.reason, error: failure.message }
    this.#log.warn({ event: 'attempt_failed', ...line, ...(again ? { next_in_ms: pauseMs } : { last: true }) })
    if (!again) return this.#giveUp(request, attempt)
    await sleep(pauseMs, undefined, { signal: request.signal })
    this.#log.info({ event: 'attempt_started', task_id: request.taskId, attempt: attempt + 1 })
    if (this.#policy.besideRetries === 'same-task-under-another-id') this.#repeat(request, attempt)
  }

  #repeat({ path, headers, body, taskId }: DispatchRequest, attempt: number): void {
    const again = { path, body, headers: { ...headers, [TASK_ID_HEADER]: `${taskId}-again-${attempt}` } }
    const options = { limitMs: this.#policy.attemptLimitMs, signal: new AbortController().signal, openBody: () => UNREAD }
    // Whatever becomes of it is told to nobody: that is the defect.
    runAttempt(this.#pool, again, options).catch(() => undefined)
  }

  async #giveUp(request: DispatchRequest, attempts: number): Promise<never> {
    if (this.#policy.whenExhausted === 'say-nothing') await aborted(request.signal)
    throw unavailable('UPSTREAM_UNAVAILABLE', `no answer from the hive in ${attempts} attempts`)
  }
}

const UNREAD: BodySink = { data: () => true, end: () => undefined, cut: () => undefined }

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else {
      signal.addEventListener(
        'abort',
        () => {
          resolve()
        },
        { once: true },
      )
    }
  })
}
