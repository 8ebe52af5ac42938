/** Many connections to one place at once, silent or each with a request of its own. */
import type { Socket } from 'node:net'
import type { Endpoint, FloodFacts, ToolboxOperations } from '../core/toolbox.ts'
import { requestWithBody } from './http-request.ts'
import { ResponseParser } from './response-parser.ts'
import { openSocket, resolveTarget } from './wire.ts'

type OpenArgs = ToolboxOperations['flood.open']['args']

export const MAX_FLOOD = 5_000
/** Connects under way at once: the far end's queue of new connections is not what is tested. */
const CONNECTS_AT_ONCE = 256

/** All floods of a helper, by id. */
export class Floods {
  private readonly floods = new Map<string, Flood>()

  /** Ends when every connection was tried and the requests are on their way. @throws Error for an id in use. */
  async open(args: OpenArgs): Promise<FloodFacts> {
    if (this.floods.has(args.id)) throw new Error(`a flood '${args.id}' is under way already`)
    const others = [...this.floods.values()].reduce((sum, flood) => sum + flood.size, 0)
    if (others + args.count > MAX_FLOOD)
      throw new Error(`at most ${String(MAX_FLOOD)} connections at once; ${String(others)} are open`)
    const flood = new Flood(args.count)
    // Taken before the first await: two calls with one id must not both pass the check above.
    this.floods.set(args.id, flood)
    try {
      await flood.open(args, await resolveTarget(args.target, args.connectTimeoutMs))
      return flood.facts()
    } catch (error) {
      flood.close()
      this.floods.delete(args.id)
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
  private readonly sockets = new Set<Socket>()
  private readonly waiting = new Set<Socket>()
  private readonly statuses = new Map<string, number>()
  private peakOpen = 0
  private peakInFlight = 0
  private refused = 0
  private closed = 0
  private ending = false

  constructor(size: number) {
    this.size = size
  }

  async open({ count, target, request, connectTimeoutMs }: OpenArgs, address: Endpoint): Promise<void> {
    let left = count
    const lane = async (): Promise<void> => {
      while (left > 0 && !this.ending) {
        left -= 1
        await this.connect(address, connectTimeoutMs)
      }
    }
    await Promise.all(Array.from({ length: Math.min(count, CONNECTS_AT_ONCE) }, lane))
    if (request === null) return
    const bytes = requestWithBody(target, request)
    for (const socket of this.sockets) {
      this.waiting.add(socket)
      socket.write(bytes)
    }
    this.peakInFlight = this.waiting.size
  }

  facts(): FloodFacts {
    return {
      open: this.sockets.size,
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
    this.sockets.clear()
    this.waiting.clear()
  }

  /** Never rejects: a connection that does not come about is counted. */
  private connect(address: Endpoint, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = openSocket(address)
      let connected = false
      const end = (): void => {
        clearTimeout(timer)
        socket.destroy()
        if (!connected) this.refused += 1
        else if (this.sockets.delete(socket)) this.closed += 1
        this.waiting.delete(socket)
        resolve()
      }
      const timer = setTimeout(end, timeoutMs)
      const parser = new ResponseParser()
      socket.on('connect', () => {
        clearTimeout(timer)
        connected = true
        this.sockets.add(socket)
        this.peakOpen = Math.max(this.peakOpen, this.sockets.size)
        resolve()
      })
      socket.on('data', (chunk) => {
        try {
          for (const { status } of parser.push(chunk)) this.answered(socket, status)
        } catch {
          end()
        }
      })
      socket.on('end', end)
      socket.on('error', end)
    })
  }

  private answered(socket: Socket, status: number): void {
    this.waiting.delete(socket)
    this.statuses.set(String(status), (this.statuses.get(String(status)) ?? 0) + 1)
  }
}
