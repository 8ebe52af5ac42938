/** Questions by TCP on their way to one nameserver: what is too long for a packet of UDP, and what some resolvers always do. */
import { once } from 'node:events'
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net'
import { Delays } from './delays.ts'
import type { Questions } from './questions.ts'

const MOST_CONNECTIONS = 64
const IDLE_LIMIT_MS = 30_000
const DNS_PORT = 53
const LENGTH_BYTES = 2

/**
 * From these ports the nameserver is asked, in turn: the firewall tells our own questions by them. They lie below those that
 * kernels give to whoever does not ask for one.
 */
export const UPSTREAM_PORTS = { first: 20_400, last: 20_655 } as const

export class TcpRelay {
  private readonly nameserver: string
  private readonly questions: Questions
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  /** By connection to the nameserver: asked there, and not answered yet. */
  private readonly asked = new Map<Socket, number>()
  private readonly delays = new Delays()
  private nextPort: number = UPSTREAM_PORTS.first

  private constructor(nameserver: string, questions: Questions) {
    this.nameserver = nameserver
    this.questions = questions
    this.server = createServer((socket) => {
      this.serve(socket)
    })
    this.server.maxConnections = MOST_CONNECTIONS
  }

  static async open(nameserver: string, questions: Questions): Promise<TcpRelay> {
    const relay = new TcpRelay(nameserver, questions)
    relay.server.listen(0, isIPv6(nameserver) ? '::1' : '127.0.0.1')
    await once(relay.server, 'listening')
    return relay
  }

  get port(): number {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('the relay listens on no port')
    return address.port
  }

  /** Asked, and not answered yet. */
  get unanswered(): number {
    return [...this.asked.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Asks what was held back, and holds nothing back any more. */
  letGo(): void {
    this.delays.letGo()
  }

  close(): void {
    this.delays.cancel()
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
  }

  private serve(client: Socket): void {
    const { first, last } = UPSTREAM_PORTS
    const localPort = this.nextPort
    this.nextPort = localPort === last ? first : localPort + 1
    const upstream = connect({ host: this.nameserver, port: DNS_PORT, localPort })
    this.keep(client, upstream)
    this.keep(upstream, client)
    upstream.pipe(client)
    onFrames(upstream, () => {
      this.count(upstream, -1)
    })
    onFrames(client, (frame) => {
      this.take(frame, client, upstream)
    })
  }

  /** Both of a pair end together: an end that came half would have to be understood. */
  private keep(socket: Socket, other: Socket): void {
    this.sockets.add(socket)
    socket.setTimeout(IDLE_LIMIT_MS, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.sockets.delete(socket)
      this.asked.delete(socket)
      other.destroy()
    })
  }

  private take(frame: Buffer, client: Socket, upstream: Socket): void {
    const fate = this.questions.fateOf(frame.subarray(LENGTH_BYTES))
    if (fate === null) return
    if (fate.does === 'answer') {
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt16BE(fate.answer.length)
      client.write(Buffer.concat([length, fate.answer]))
    } else {
      this.delays.hold(fate.afterMs, () => {
        if (!upstream.writable) return
        this.count(upstream, 1)
        upstream.write(frame)
      })
    }
  }

  private count(upstream: Socket, change: 1 | -1): void {
    this.asked.set(upstream, (this.asked.get(upstream) ?? 0) + change)
  }
}

/** Tells of each packet that comes, with its length in front. */
function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let unread = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk])
    for (let frame = firstFrame(unread); frame !== null; frame = firstFrame(unread)) {
      unread = unread.subarray(frame.length)
      take(frame)
    }
  })
}

/** Two bytes of length and as many of a packet, once all are there. At most 64 KiB wait, as a length can say no more. */
export function firstFrame(bytes: Buffer): Buffer | null {
  if (bytes.length < LENGTH_BYTES) return null
  const end = LENGTH_BYTES + bytes.readUInt16BE(0)
  return bytes.length < end ? null : bytes.subarray(0, end)
}
