/**
 * Connections to one origin, some of them kept open and proven ahead of need. A fresh connection costs a second for every
 * lost SYN; one that is already open costs a lost segment a fifth of that.
 */
import { Client } from 'undici'
import { errorText } from '../shared/failure.ts'
import type { Logger } from '../shared/log.ts'

export interface WarmPoolOptions {
  readonly origin: string
  /** Idle connections to keep ready. */
  readonly target: number
  /** More idle ones than this are closed. */
  readonly maxIdle: number
  /** A GET that proves a connection. */
  readonly probePath: string
  /**
   * For connecting and the probe's answer together. Below the second after which a lost SYN is repeated: a connection that
   * took so long has that second as its first estimate of the round trip, and waits three for every loss after.
   */
  readonly openLimitMs: number
}

/** One connection: a client that carries one request at a time. */
export interface Connection {
  readonly client: Client
  /** Connecting took longer than the pool allows: good for the request that waits for it, and for no other. */
  slow: boolean
}

const MAX_OPENING = 12
/** A request may wait for its connection for as long as its own limit lets it. */
const CONNECT_LIMIT_MS = 4_000
const REFILL_PAUSE_MS = 200
/** Below the server's 120 s, so that it is this side who closes. */
const KEEP_ALIVE_MS = 60_000

export class WarmPool {
  readonly #options: WarmPoolOptions
  readonly #log: Logger
  /** In the order of their last use: the longest idle goes first. */
  readonly #idle = new Set<Connection>()
  #opening = 0
  #refillTimer: NodeJS.Timeout | null = null
  #closed = false
  #wasWarm = false

  constructor(options: WarmPoolOptions, log: Logger) {
    this.#options = options
    this.#log = log
  }

  get idle(): number {
    return this.#idle.size
  }

  start(): void {
    this.#refill()
  }

  /** An idle connection, or a new one that connects with its first request. */
  acquire(): Connection {
    const warm = this.#idle.values().next().value
    if (warm === undefined) return this.#open()
    this.#idle.delete(warm)
    this.#refill()
    return warm
  }

  /** Gives back a connection whose answer came whole. */
  release(connection: Connection): void {
    const full = this.#idle.size >= this.#options.maxIdle
    if (this.#closed || full || connection.slow || connection.client.destroyed) this.discard(connection)
    else this.#idle.add(connection)
  }

  /** Ends a connection, and the request on it. */
  discard(connection: Connection): void {
    this.#idle.delete(connection)
    connection.client.destroy().catch((error: unknown) => {
      this.#log.debug({ event: 'connection_not_destroyed', error: errorText(error) })
    })
    this.#refill()
  }

  /** Asks the probe page on a connection of its own. @throws whatever kept it from answering 200. */
  async probe(): Promise<void> {
    this.release(await this.#openWarm())
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#refillTimer !== null) clearTimeout(this.#refillTimer)
    const idle = [...this.#idle]
    this.#idle.clear()
    await Promise.allSettled(idle.map((connection) => connection.client.destroy()))
  }

  #open(): Connection {
    const client = new Client(this.#options.origin, {
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      // One address family at a time: the race between two starts over at 250 ms, which a lost SYN exceeds.
      autoSelectFamily: false,
      connect: { timeout: CONNECT_LIMIT_MS, keepAlive: true },
    })
    const connection: Connection = { client, slow: false }
    const openedMs = performance.now()
    client.once('connect', () => {
      connection.slow = performance.now() - openedMs > this.#options.openLimitMs
    })
    client.on('disconnect', () => {
      if (this.#idle.has(connection)) this.discard(connection)
    })
    return connection
  }

  async #openWarm(): Promise<Connection> {
    const connection = this.#open()
    try {
      const signal = AbortSignal.timeout(this.#options.openLimitMs)
      const { statusCode, body } = await connection.client.request({ method: 'GET', path: this.#options.probePath, signal })
      await body.dump()
      if (statusCode !== 200) throw new Error(`${this.#options.probePath} answered ${statusCode}`)
      return connection
    } catch (error) {
      this.discard(connection)
      throw error
    }
  }

  /** Brings the idle ones back to the target, a few at a time, in the background. */
  #refill(): void {
    while (
      !this.#closed &&
      this.#refillTimer === null &&
      this.#opening < MAX_OPENING &&
      this.#idle.size + this.#opening < this.#options.target
    ) {
      this.#opening += 1
      void this.#addOne()
    }
  }

  async #addOne(): Promise<void> {
    const error = await this.#openWarm().then(
      (connection) => {
        this.release(connection)
        return null
      },
      (reason: unknown) => errorText(reason),
    )
    this.#opening -= 1
    this.#reportChange(error)
    if (error === null) this.#refill()
    else this.#refillLater()
  }

  #refillLater(): void {
    if (this.#closed || this.#refillTimer !== null) return
    this.#refillTimer = setTimeout(() => {
      this.#refillTimer = null
      this.#refill()
    }, REFILL_PAUSE_MS)
  }

  #reportChange(error: string | null): void {
    const isWarm = this.#idle.size > 0
    if (isWarm === this.#wasWarm) return
    this.#wasWarm = isWarm
    if (isWarm) this.#log.info({ event: 'upstream_reached', origin: this.#options.origin })
    else this.#log.warn({ event: 'upstream_lost', origin: this.#options.origin, error })
  }
}
