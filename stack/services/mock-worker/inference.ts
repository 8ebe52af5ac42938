/** Inference that takes time and memory but no CPU: it waits as long as a model of that speed would. */
import { setTimeout as sleep } from 'node:timers/promises'
import { unavailable } from '../shared/failure.ts'
import { asRecord, MAX_TOKENS, number, parseTask, text, type Task } from '../shared/task.ts'
import type { ModelSpeeds } from './models.ts'
import { tokensText } from './text.ts'
import type { VramBudget } from './vram.ts'

export interface InferenceRequest {
  readonly task: Task
  readonly jobId: string
  /** How many tokens the caller has already, from a worker that did not finish. */
  readonly skipTokens: number
}

export interface InferenceOptions {
  readonly speeds: ModelSpeeds
  readonly vram: VramBudget
  readonly vramBytesPerToken: number
  /** No answer takes longer than this. */
  readonly longestMs: number
  /** Pause between two pieces of a stream. */
  readonly streamEveryMs: number
  /** Pause between two pieces of any other answer: what another worker need not make again when this one dies. */
  readonly progressEveryMs: number
  readonly maxActive: number
}

export interface Piece {
  readonly text: string
  readonly tokens: number
  /** Nothing comes after it. */
  readonly last: boolean
}

const MAX_JOB_ID_LENGTH = 64

/** @throws ServiceError 422. */
export function parseInference(body: unknown): InferenceRequest {
  const fields = asRecord(body)
  return {
    task: parseTask(body),
    jobId: text(fields, 'job_id', MAX_JOB_ID_LENGTH),
    skipTokens: number(fields, 'skip_tokens', 0, { minimum: 0, maximum: MAX_TOKENS, integer: true }),
  }
}

export class InferenceEngine {
  readonly #options: InferenceOptions
  #active = 0

  constructor(options: InferenceOptions) {
    this.#options = options
  }

  get active(): number {
    return this.#active
  }

  /**
   * Claims a place and memory for the request and returns the pieces of its answer. Iterate: its end gives both back.
   * @throws ServiceError 503 or 507 at once, before any piece.
   */
  begin(request: InferenceRequest, signal: AbortSignal): AsyncGenerator<Piece, void, undefined> {
    if (this.#active >= this.#options.maxActive) throw unavailable('WORKER_BUSY', `${this.#active} requests are running`)
    const contextTokens = Math.ceil(request.task.prompt.length / 4) + request.task.maxTokens
    const free = this.#options.vram.reserve(contextTokens * this.#options.vramBytesPerToken)
    this.#active += 1
    return this.#generate(request, signal, () => {
      this.#active -= 1
      free()
    })
  }

  async *#generate(
    { task, jobId, skipTokens }: InferenceRequest,
    signal: AbortSignal,
    done: () => void,
  ): AsyncGenerator<Piece, void, undefined> {
    const seed = seedOf(task, jobId)
    const msPerToken = Math.min(this.#options.speeds.msPerToken(task.model), this.#options.longestMs / task.maxTokens)
    const startedMs = performance.now()
    const madeBy = (nowMs: number): number => {
      const made = msPerToken === 0 ? task.maxTokens : skipTokens + Math.floor((nowMs - startedMs) / msPerToken)
      return Math.min(task.maxTokens, made)
    }
    const everyMs = task.stream ? this.#options.streamEveryMs : this.#options.progressEveryMs
    try {
      let sent = skipTokens
      while (sent < task.maxTokens) {
        const leftMs = (task.maxTokens - skipTokens) * msPerToken - (performance.now() - startedMs)
        const pauseMs = Math.min(leftMs, everyMs)
        if (pauseMs > 0) await sleep(Math.ceil(pauseMs), undefined, { signal })
        const made = madeBy(performance.now())
        // A timer that fires a moment early would leave the last token to a piece of its own.
        if (made === sent || (pauseMs === leftMs && made < task.maxTokens)) continue
        yield { text: tokensText(seed, sent, made), tokens: made - sent, last: made === task.maxTokens }
        sent = made
      }
    } finally {
      done()
    }
  }
}

/** At temperature 0 the answer depends on the question alone, else on the job as well. */
function seedOf(task: Task, jobId: string): string {
  const question = `${task.model}\n${task.maxTokens}\n${task.prompt}`
  return task.temperature === 0 ? question : `${question}\n${jobId}`
}
