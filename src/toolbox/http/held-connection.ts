import type { Socket } from 'node:net'
import { openSocket } from '../net/wire.ts'
import type { Endpoint } from '../operations/arguments.ts'
import { ResponseParser } from './response-parser.ts'

export type AskOutcome = 'answered' | 'silent' | 'closed'

/** One keep-alive connection that is held open across a fault. */
export class HeldConnection {
  /** Bytes received since it was opened. */
  bytes = 0
  private readonly socket: Socket
  private readonly parser = new ResponseParser()
  private asked = 0
  private answered = 0
  private closed = false
  /** Called after every change, while someone waits. */
  private onChange: () => void = () => undefined

  constructor(address: Endpoint) {
    this.socket = openSocket(address)
    this.socket.on('data', (chunk) => {
      this.bytes += chunk.length
      this.read(chunk)
      this.onChange()
    })
    for (const event of ['end', 'error'] as const) {
      this.socket.on(event, () => {
        this.close()
      })
    }
  }

  /**
   * Sends one request in one packet. `answered` once every request so far has a whole answer: one that was silent in
   * the last try must not lend its late answer to this one.
   */
  ask(request: Buffer, timeoutMs: number): Promise<AskOutcome> {
    if (this.closed) return Promise.resolve('closed')
    this.asked += 1
    // Before the connection stands, the socket keeps this and sends it then.
    this.socket.write(request)
    return new Promise((resolve) => {
      const finish = (outcome: AskOutcome): void => {
        clearTimeout(timer)
        this.onChange = () => undefined
        resolve(outcome)
      }
      const timer = setTimeout(() => {
        finish('silent')
      }, timeoutMs)
      this.onChange = () => {
        if (this.answered >= this.asked) finish('answered')
        else if (this.closed) finish('closed')
      }
    })
  }

  get open(): boolean {
    return !this.closed
  }

  close(): void {
    this.closed = true
    this.socket.destroy()
    this.onChange()
  }

  private read(chunk: Buffer): void {
    try {
      this.answered += this.parser.push(chunk).length
    } catch {
      // Whatever speaks there, it is not the server that answered before.
      this.close()
    }
  }
}
