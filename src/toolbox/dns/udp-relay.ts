/** Questions by UDP on their way to one nameserver. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { Delays } from './delays.ts'
import type { Questions } from './questions.ts'

/** Questions without an answer yet. More than that are as good as dropped, as they would be by a server that is overrun. */
const MOST_OUTSTANDING = 1_000
/** Twice as long as resolvers wait. */
const ANSWER_LIMIT_MS = 10_000
const DNS_PORT = 53
const LARGEST_ID = 0xff_ff

interface Outstanding {
  readonly from: RemoteInfo
  /** As its sender numbered it: several senders may use the same number at once. */
  readonly id: number
  readonly timer: NodeJS.Timeout
}

export class UdpRelay {
  private readonly nameserver: string
  private readonly questions: Questions
  private readonly local: Socket
  private readonly upstream: Socket
  private readonly outstanding = new Map<number, Outstanding>()
  private readonly delays = new Delays()
  private lastId = 0

  private constructor(nameserver: string, questions: Questions) {
    this.nameserver = nameserver
    this.questions = questions
    const family = isIPv6(nameserver) ? 'udp6' : 'udp4'
    this.local = createSocket(family)
    this.upstream = createSocket(family)
    this.local.on('message', (packet, from) => {
      this.take(packet, from)
    })
    this.upstream.on('message', (packet, { port }) => {
      if (port === DNS_PORT) this.answer(packet)
    })
  }

  static async open(nameserver: string, questions: Questions): Promise<UdpRelay> {
    const relay = new UdpRelay(nameserver, questions)
    try {
      relay.local.bind(0, isIPv6(nameserver) ? '::1' : '127.0.0.1')
      relay.upstream.bind(0)
      await Promise.all([once(relay.local, 'listening'), once(relay.upstream, 'listening')])
    } catch (error) {
      relay.close()
      throw error
    }
    // A nameserver that is not there is an answer that does not come.
    for (const socket of [relay.local, relay.upstream]) socket.on('error', () => undefined)
    return relay
  }

  /** Where it takes questions. */
  get port(): number {
    return this.local.address().port
  }

  /** From where it asks the nameserver. */
  get upstreamPort(): number {
    return this.upstream.address().port
  }

  /** Asked, and not answered yet. */
  get unanswered(): number {
    return this.outstanding.size
  }

  /** Asks what was held back, and holds nothing back any more. */
  letGo(): void {
    this.delays.letGo()
  }

  close(): void {
    this.delays.cancel()
    for (const { timer } of this.outstanding.values()) clearTimeout(timer)
    this.local.close()
    this.upstream.close()
  }

  private take(packet: Buffer, from: RemoteInfo): void {
    const fate = this.questions.fateOf(packet)
    if (fate === null) return
    if (fate.does === 'answer') {
      this.local.send(fate.answer, from.port, from.address)
    } else {
      this.delays.hold(fate.afterMs, () => {
        this.ask(packet, from)
      })
    }
  }

  /** Too short for a number: no nameserver would answer it. */
  private ask(packet: Buffer, from: RemoteInfo): void {
    if (packet.length < 2 || this.outstanding.size >= MOST_OUTSTANDING) return
    do this.lastId = (this.lastId + 1) & LARGEST_ID
    while (this.outstanding.has(this.lastId))
    const id = this.lastId
    const timer = setTimeout(() => this.outstanding.delete(id), ANSWER_LIMIT_MS)
    this.outstanding.set(id, { from, id: packet.readUInt16BE(0), timer })
    this.upstream.send(numbered(packet, id), DNS_PORT, this.nameserver)
  }

  private answer(packet: Buffer): void {
    if (packet.length < 2) return
    const asked = this.outstanding.get(packet.readUInt16BE(0))
    if (asked === undefined) return
    clearTimeout(asked.timer)
    this.outstanding.delete(packet.readUInt16BE(0))
    this.local.send(numbered(packet, asked.id), asked.from.port, asked.from.address)
  }
}

function numbered(packet: Buffer, id: number): Buffer {
  const copy = Buffer.from(packet)
  copy.writeUInt16BE(id, 0)
  return copy
}
