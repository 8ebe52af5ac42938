/** Many connections to one place at once, silent or each with a request of its own. */
import type { Socket } from 'node:net'
import * as z from 'zod'
import { defineOperation } from '../../define-operation.ts'
import type { Helper } from '../../helper.ts'
import { requestWithBody } from '../../http/request.ts'
import { ResponseParser } from '../../http/response-parser.ts'
import { errorCode, openSocket, resolveTarget } from '../../net/wire.ts'
import { group, request, target, timeoutMs, type Endpoint } from '../arguments.ts'

export const MAX_FLOOD = 5_000
/** Connects under way at once: the far end's queue of new connections is not what is tested. */
const CONNECTS_AT_ONCE = 256
/** What a helper can have waiting in its sockets' buffers at one time. */
const MAX_FLOOD_BODIES = 64 * 1024 * 1024
/** What this side ran out of: descriptors, memory, source ports. It says nothing about the far end. */
const OWN_SHORTAGES: readonly string[] = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']

const openArgs = z
  .strictObject({
    id: group,
    target,
    count: z.int().min(1).max(MAX_FLOOD),
    /** null: the connections stay silent. */
    request: request.nullable(),
    connectTimeoutMs: timeoutMs,
  })
  .refine((args) => args.count * (args.request?.body?.length ?? 0) <= MAX_FLOOD_BODIES, 'all bodies together are over 64 MiB')
type OpenArgs = z.output<typeof openArgs>

const byId = z.strictObject({ id: group })

/** Many connections to one place at once. */
export interface FloodFacts {
  /** Connections that are open now. */
  readonly open: number
  /** Most that were open at one time. */
  readonly peakOpen: number
  readonly refused: number
  readonly closed: number
  /** Answers so far by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Requests sent and unanswered now. */
  readonly inFlight: number
  readonly peakInFlight: number
}

export const floodOperations = [
  /** Opens `count` connections as fast as it can; with a request each sends it as soon as all have been tried. One flood per id. */
  defineOperation({
    name: 'flood.open',
    args: openArgs,
    // The name is resolved under the same limit first.
    limitMs: (args) => args.connectTimeoutMs * (1 + Math.ceil(args.count / CONNECTS_AT_ONCE)),
    run: (args, helper: Helper) => helper.get(Floods).open(args),
  }),
  defineOperation({ name: 'flood.read', args: byId, limitMs: 0, run: ({ id }, helper: Helper) => helper.get(Floods).read(id) }),
  defineOperation({ name: 'flood.close', args: byId, limitMs: 0, run: ({ id }, helper: Helper) => helper.get(Floods).close(id) }),
] as const

/** All floods of a helper, by id. */
export class Floods {
  private readonly floods = new Map<string, Flood>()

  /**
   * Ends when every connection was tried and the requests are on their way.
   * @throws Error for an id in use, and when this helper itself cannot have so many: that must not read as a refusal.
   */
  async open(args: OpenArgs): Promise<FloodFacts> {
    if (this.floods.has(args.id)) throw new Error(`a flood '${args.id}' is under way already`)
    const others = [...this.floods.values()].reduce((sum, flood) => sum + flood.size, 0)
    if (others + args.count > MAX_FLOOD) throw new Error(`at most ${MAX_FLOOD} connections at once; ${others} are open`)
    const flood = new Flood(args.count)
    // Taken before the first await: two calls with one id must not both pass the check above.
    this.floods.set(args.id, flood)
    try {
      await flood.open(args)
      return flood.facts()
    } catch (error) {
      flood.close()
      if (this.floods.get(args.id) === flood) this.floods.delete(args.id)
      throw error
    }
  }

  read(id: string): FloodFacts {
    return this.flood(id).facts()
  }

  /** The facts are those of the moment before. */
  close(id: string): FloodFacts {
    const flood = this.flood(id)
    const facts = flood.facts()
    flood.close()
    this.floods.delete(id)
    return facts
  }

  private flood(id: string): Flood {
    const flood = this.floods.get(id)
    if (flood === undefined) throw new Error(`there is no flood '${id}'`)
    return flood
  }
}

class Flood {
  readonly size: number
  /** Every socket that is not closed, also while it connects. */
  private readonly sockets = new Set<Socket>()
  private readonly connected = new Set<Socket>()
  private readonly waiting = new Set<Socket>()
  private readonly statuses = new Map<string, number>()
  private peakOpen = 0
  private peakInFlight = 0
  private refused = 0
  private closed = 0
  private shortage: string | null = null
  private ending = false

  constructor(size: number) {
    this.size = size
  }

  async open({ count, target, request, connectTimeoutMs }: OpenArgs): Promise<void> {
    // First of all: for a request that cannot be sent no connection is opened.
    const bytes = request === null ? null : requestWithBody(target, request)
    const address = await resolveTarget(target, connectTimeoutMs)
    let left = count
    const lane = async (): Promise<void> => {
      while (left > 0 && !this.ending && this.shortage === null) {
        left -= 1
        await this.connect(address, connectTimeoutMs, request?.method === 'HEAD')
      }
    }
    await Promise.all(Array.from({ length: Math.min(count, CONNECTS_AT_ONCE) }, lane))
    if (this.shortage !== null)
      throw new Error(`this helper cannot have ${count} connections: ${this.shortage} after ${this.peakOpen}`)
    if (bytes === null) return
    for (const socket of this.connected) {
      this.waiting.add(socket)
      socket.write(bytes)
    }
    this.peakInFlight = this.waiting.size
  }

  facts(): FloodFacts {
    return {
      open: this.connected.size,
      peakOpen: this.peakOpen,
      refused: this.refused,
      closed: this.closed,
      statuses: Object.fromEntries(this.statuses),
      inFlight: this.waiting.size,
      peakInFlight: this.peakInFlight,
    }
  }

  close(): void {
    this.ending = true
    for (const socket of this.sockets) socket.destroy()
    this.connected.clear()
    this.waiting.clear()
  }

  /** Never rejects: a connection that does not come about is counted. */
  private connect(address: Endpoint, timeoutMs: number, bodiless: boolean): Promise<void> {
    return new Promise((resolve) => {
      const socket = openSocket(address)
      this.sockets.add(socket)
      const timer = setTimeout(() => socket.destroy(), timeoutMs)
      const parser = new ResponseParser({ bodiless })
      socket.on('connect', () => {
        clearTimeout(timer)
        this.connected.add(socket)
        this.peakOpen = Math.max(this.peakOpen, this.connected.size)
        resolve()
      })
      socket.on('data', (chunk) => {
        try {
          for (const { status } of parser.push(chunk)) this.answered(socket, status)
        } catch {
          // Whatever speaks there, it does not speak HTTP.
          socket.destroy()
        }
      })
      socket.on('end', () => {
        const last = parser.end()
        if (last !== null) this.answered(socket, last.status)
        socket.destroy()
      })
      socket.on('error', (error) => {
        if (OWN_SHORTAGES.includes(errorCode(error))) this.shortage = errorCode(error)
      })
      // It follows each of the ways in which a socket ends, once.
      socket.on('close', () => {
        clearTimeout(timer)
        this.sockets.delete(socket)
        this.waiting.delete(socket)
        if (this.connected.delete(socket)) this.closed += 1
        else if (!this.ending) this.refused += 1
        resolve()
      })
    })
  }

  private answered(socket: Socket, status: number): void {
    this.waiting.delete(socket)
    this.statuses.set(String(status), (this.statuses.get(String(status)) ?? 0) + 1)
  }
}
