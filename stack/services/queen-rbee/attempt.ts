/** One attempt to get an answer from the upstream. */
import type { Dispatcher } from 'undici'
import { AttemptFailure, toAttemptFailure } from './attempt-failure.ts'
import type { Connection, WarmPool } from './warm-pool.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

export interface AttemptRequest {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** Takes an answer that is passed on while it arrives. */
export interface BodySink {
  /** false asks for a pause, until `flow.resume`. */
  data(chunk: Buffer): boolean
  end(): void
  /** The rest will never come. */
  cut(error: Error): void
}

export interface BodyFlow {
  resume(): void
  abort(error: Error): void
}

export interface AttemptOptions {
  readonly limitMs: number
  readonly signal: AbortSignal
  /** Called when an answer begins that is too large, or too open-ended, to be collected first. */
  openBody(status: number, headers: Headers, flow: BodyFlow): BodySink
}

export type AttemptAnswer =
  | { readonly kind: 'whole'; readonly status: number; readonly headers: Headers; readonly body: Buffer }
  /** The sink had all there was to have, which may have been cut. */
  | { readonly kind: 'passed-on' }

/** Answers up to this size are collected first, so that one that breaks off can be asked for again. */
const COLLECTED_BYTES = 4 * 1024
/** Statuses that ask to come again. */
const BUSY_STATUSES: readonly number[] = [502, 503, 504]

/** @throws AttemptFailure unless an answer came within the limit. A 503 of the upstream is a failure, a 507 an answer. */
export function runAttempt(pool: WarmPool, request: AttemptRequest, options: AttemptOptions): Promise<AttemptAnswer> {
  return new Promise((resolve, reject) => {
    new Attempt(pool, options, resolve, reject).start(request)
  })
}

class Attempt implements Dispatcher.DispatchHandler {
  readonly #pool: WarmPool
  readonly #connection: Connection
  readonly #options: AttemptOptions
  readonly #resolve: (answer: AttemptAnswer) => void
  readonly #reject: (failure: AttemptFailure) => void
  readonly #timer: NodeJS.Timeout
  readonly #onAbort: () => void
  readonly #chunks: Buffer[] = []
  #collected = 0
  #status = 0
  #headers: Headers = {}
  #sink: BodySink | null = null
  #over = false

  constructor(
    pool: WarmPool,
    options: AttemptOptions,
    resolve: (answer: AttemptAnswer) => void,
    reject: (failure: AttemptFailure) => void,
  ) {
    this.#pool = pool
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
    this.#connection = pool.acquire()
    this.#onAbort = () => {
      this.#fail(new AttemptFailure('cancelled', 'the client went away'))
    }
    this.#timer = setTimeout(() => {
      // One more look at the sockets: on a starved CPU the answer may lie there unread while the timer has run out.
      setImmediate(() => {
        if (this.#sink === null) this.#fail(new AttemptFailure('timeout', `no answer within ${Math.round(options.limitMs)} ms`))
      })
    }, options.limitMs)
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  start(request: AttemptRequest): void {
    if (this.#options.signal.aborted) {
      this.#onAbort()
      return
    }
    try {
      this.#connection.client.dispatch({ method: 'POST', path: request.path, headers: request.headers, body: request.body }, this)
    } catch (error) {
      this.#fail(toAttemptFailure(error))
    }
  }

  onRequestStart(): void {
    // undici requires the method; there is nothing to do before the answer.
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.#over) return
    this.#status = status
    this.#headers = headers
    const length = Number(headers['content-length'] ?? Number.NaN)
    if (status !== 200 || length <= COLLECTED_BYTES) return
    clearTimeout(this.#timer)
    const flow: BodyFlow = {
      resume: () => {
        controller.resume()
      },
      abort: (error) => {
        this.#fail(toAttemptFailure(error))
      },
    }
    this.#sink = this.#options.openBody(status, headers, flow)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    if (this.#sink !== null) {
      if (!this.#sink.data(chunk)) controller.pause()
      return
    }
    this.#collected += chunk.length
    if (this.#collected > 16 * COLLECTED_BYTES) this.#fail(new AttemptFailure('protocol', 'the error page is too large'))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#finish()
    this.#pool.release(this.#connection)
    if (this.#sink !== null) {
      this.#sink.end()
      this.#resolve({ kind: 'passed-on' })
    } else if (BUSY_STATUSES.includes(this.#status)) {
      this.#reject(new AttemptFailure('busy', `the upstream answered ${this.#status}`))
    } else {
      this.#resolve({ kind: 'whole', status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) })
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(toAttemptFailure(error))
  }

  #fail(failure: AttemptFailure): void {
    if (this.#over) return
    this.#finish()
    this.#pool.discard(this.#connection)
    if (this.#sink === null) {
      this.#reject(failure)
    } else {
      this.#sink.cut(failure)
      this.#resolve({ kind: 'passed-on' })
    }
  }

  #finish(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
  }
}
