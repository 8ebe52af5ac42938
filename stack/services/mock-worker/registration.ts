/**
 * Makes this worker known to its hive and keeps it so: register, load the model, report ready, then heartbeats. A hive that
 * does not know the registration (any more) answers 404, and the worker registers anew.
 */
import { ConstantBackoff, handleAll, retry } from 'cockatiel'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { errorText } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'

interface WorkerIdentity {
  readonly worker_id: string
  readonly url: string
  readonly pid: number
  readonly container: string
  readonly vram_bytes: number
}

export interface RegistrationOptions {
  readonly hiveOrigin: string
  readonly token: string
  readonly identity: WorkerIdentity
  readonly loadMs: number
  readonly heartbeatEveryMs: number
  /** What a heartbeat says. */
  report(): { in_flight: number; vram_used_bytes: number }
}

const CALL_LIMIT_MS = 1_000
const RETRY_EVERY_MS = 250

export class HiveRegistration {
  readonly #options: RegistrationOptions
  readonly #log: Logger
  readonly #hive: Pool
  readonly #stop = new AbortController()
  #registration: string | null = null
  #loaded = false
  #takesWork = false
  #stopping = false
  #heartbeatWorks = true

  constructor(options: RegistrationOptions, log: Logger) {
    this.#options = options
    this.#log = log
    this.#hive = new Pool(options.hiveOrigin, {
      connections: 2,
      pipelining: 1,
      autoSelectFamily: false,
      connect: { timeout: CALL_LIMIT_MS },
    })
  }

  /**
   * The model is in memory and a hive has counted this worker as ready: before that no work comes, whatever is loaded. For
   * good, as a lost hive does not unload the model.
   */
  get takesWork(): boolean {
    return this.#takesWork
  }

  /** Runs until `close`. */
  async run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        this.#registration = await this.#register()
        // Heartbeats begin before the load, so that the hive sees a worker that dies while it loads.
        await Promise.all([this.#heartbeats(this.#registration), this.#prepare(this.#registration)])
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error
    }
  }

  /** Tells the hive to send no more work; what runs may end. */
  async leave(): Promise<void> {
    this.#stopping = true
    if (this.#registration !== null) await this.#beat(this.#registration)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#hive.destroy()
  }

  async #register(): Promise<string> {
    const registration = await this.#untilAnswered('register', async () => {
      const answer = await this.#call('/v1/workers/register', this.#options.identity)
      if (answer.status !== 201) throw new Error(`the hive answered ${answer.status}`)
      const { registration: id } = JSON.parse(answer.body) as { registration?: unknown }
      if (typeof id !== 'string') throw new Error('the hive named no registration')
      return id
    })
    this.#log.info({ event: 'registered', registration })
    return registration
  }

  async #prepare(registration: string): Promise<void> {
    await this.#load()
    await this.#reportReady(registration)
  }

  async #load(): Promise<void> {
    if (this.#loaded) return
    await sleep(this.#options.loadMs, undefined, { signal: this.#stop.signal })
    this.#loaded = true
    this.#log.info({ event: 'model_loaded' })
  }

  /** A hive that forgot the registration meanwhile says so to the heartbeat, too. */
  async #reportReady(registration: string): Promise<void> {
    const status = await this.#untilAnswered('ready', async () => {
      const answer = await this.#call('/v1/workers/ready', { registration })
      if (answer.status !== 200 && answer.status !== 404) throw new Error(`the hive answered ${answer.status}`)
      return answer.status
    })
    if (status !== 200) return
    this.#takesWork = true
    this.#log.info({ event: 'ready', registration })
  }

  /** Returns when the hive does not know the registration. */
  async #heartbeats(registration: string): Promise<void> {
    for (;;) {
      const startedMs = performance.now()
      if ((await this.#beat(registration)) === 404) {
        this.#log.warn({ event: 'registration_unknown', registration })
        return
      }
      const pauseMs = this.#options.heartbeatEveryMs - (performance.now() - startedMs)
      await sleep(Math.max(0, pauseMs), undefined, { signal: this.#stop.signal })
    }
  }

  /** The hive's status, or null when it did not answer: the next heartbeat is soon enough. */
  async #beat(registration: string): Promise<number | null> {
    const state = this.#stopping ? 'stopping' : this.#loaded ? 'ready' : 'loading'
    try {
      const { status } = await this.#call('/v1/heartbeat', { registration, state, ...this.#options.report() })
      if (!this.#heartbeatWorks) this.#log.info({ event: 'heartbeat_answered', registration })
      this.#heartbeatWorks = true
      return status
    } catch (error) {
      this.#stop.signal.throwIfAborted()
      if (this.#heartbeatWorks) this.#log.warn({ event: 'heartbeat_failed', registration, error: errorText(error) })
      this.#heartbeatWorks = false
      return null
    }
  }

  async #untilAnswered<T>(what: string, call: () => Promise<T>): Promise<T> {
    const again = retry(handleAll, { maxAttempts: Number.MAX_SAFE_INTEGER, backoff: new ConstantBackoff(RETRY_EVERY_MS) })
    let reported = false
    again.onFailure(({ reason }) => {
      if (reported || this.#stop.signal.aborted) return
      reported = true
      this.#log.warn({ event: `${what}_failed`, error: 'error' in reason ? errorText(reason.error) : 'no answer' })
    })
    return again.execute(call, this.#stop.signal)
  }

  async #call(path: string, body: object): Promise<{ status: number; body: string }> {
    const { statusCode, body: answer } = await this.#hive.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#options.token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(CALL_LIMIT_MS)]),
    })
    return { status: statusCode, body: await answer.text() }
  }
}
