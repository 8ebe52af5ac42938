/** The line to one helper: requests out, replies in, matched by id. */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Writable } from 'node:stream'
import { z } from 'zod'
import { ChaosError, describeError } from '../core/errors.ts'
import { LineSplitter } from '../core/lines.ts'
import type { Logger, ToolboxHelper } from '../core/ports.ts'
import type { ToolboxOperation, ToolboxOperations } from '../toolbox/operations/registry.ts'
import { withDeadline } from '../core/wait.ts'
import { outputTail } from './output-tail.ts'
import { callLimitMs } from './toolbox-limits.ts'

const REPLY = z.discriminatedUnion('ok', [
  z.strictObject({ id: z.number(), ok: z.literal(true), reply: z.unknown() }),
  z.strictObject({ id: z.number(), ok: z.literal(false), error: z.string() }),
])

const MAX_REPLY_LENGTH = 4 * 1024 * 1024
const STDERR_TAIL_BYTES = 8 * 1024

interface Pending {
  resolve(reply: unknown): void
  reject(error: Error): void
}

/** Splits Docker's attach stream into the two that it carries. */
export type Demultiplex = (stream: Duplex, stdout: Writable, stderr: Writable) => void

export class ToolboxConnection implements ToolboxHelper {
  readonly name: string
  private readonly stream: Duplex
  private readonly log: Logger
  private readonly stderr = outputTail(STDERR_TAIL_BYTES)
  private readonly pending = new Map<number, Pending>()
  private lastId = 0
  private ended = false
  private renewal: NodeJS.Timeout | undefined

  constructor(name: string, stream: Duplex, demultiplex: Demultiplex, log: Logger) {
    this.name = name
    this.stream = stream
    this.log = log
    const splitter = new LineSplitter(MAX_REPLY_LENGTH)
    const read = (chunk: Buffer): void => {
      try {
        for (const line of splitter.push(chunk)) this.receive(line)
      } catch (error) {
        this.end(describeError(error))
      }
    }
    demultiplex(
      stream,
      sink(read),
      sink((chunk) => {
        this.stderr.push(chunk)
      }),
    )
    for (const event of ['end', 'close'] as const) {
      stream.on(event, () => {
        this.end('it ended')
      })
    }
    stream.on('error', (error) => {
      this.end(describeError(error))
    })
    // An idle helper must not keep this process alive; during a call its deadline does.
    if (stream instanceof Socket) stream.unref()
  }

  /** What the helper said on standard error so far, the newest 8 KiB. */
  get output(): string {
    return this.stderr.text()
  }

  get alive(): boolean {
    return !this.ended
  }

  async call<O extends ToolboxOperation>(
    op: O,
    args: ToolboxOperations[O]['args'],
    signal: AbortSignal,
  ): Promise<ToolboxOperations[O]['reply']> {
    const name = `${op} in the helper ${this.name}`
    // Both sides are built from the same types, and the helper's build is named by its content.
    return (await withDeadline(name, callLimitMs(op, args), signal, (limited) =>
      this.exchange(op, args, limited),
    )) as ToolboxOperations[O]['reply']
  }

  /** Renews the lease every `everyMs` until `close`, for as long as this process lives. */
  keepRenewing(everyMs: number): void {
    this.renewal = setInterval(() => {
      this.call('renew', {}, AbortSignal.timeout(everyMs)).catch((error: unknown) => {
        if (!this.ended)
          this.log.log('warn', `the lease of the helper ${this.name} was not renewed: ${describeError(error, 500)}`)
      })
    }, everyMs)
    this.renewal.unref()
  }

  /** Stops renewing; calls under way fail. The stream stays open to hear the helper's last words. */
  retire(): void {
    this.end('it was told to stop')
  }

  close(): void {
    this.retire()
    this.stream.destroy()
  }

  private exchange(op: ToolboxOperation, args: unknown, signal: AbortSignal): Promise<unknown> {
    if (this.ended) return Promise.reject(this.gone('is not there any more'))
    this.lastId += 1
    const id = this.lastId
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject })
      signal.addEventListener('abort', () => this.pending.delete(id), { once: true })
      this.stream.write(`${JSON.stringify({ id, op, args })}\n`)
    })
  }

  private receive(line: string): void {
    const reply = parseReply(line)
    if (reply === null) {
      this.end(`it said something that is no reply: ${line.slice(0, 200)}`)
      return
    }
    // A call that was given up has none: its late answer is of no interest.
    const pending = this.pending.get(reply.id)
    this.pending.delete(reply.id)
    if (reply.ok) pending?.resolve(reply.reply)
    else if (pending) pending.reject(new ChaosError('TOOLBOX_FAILED', `the helper ${this.name} could not do it: ${reply.error}`))
    else this.log.log('warn', `the helper ${this.name}: ${reply.error}`)
  }

  private end(why: string): void {
    if (this.ended) return
    this.ended = true
    clearInterval(this.renewal)
    for (const pending of this.pending.values()) pending.reject(this.gone(`did not answer: ${why}`))
    this.pending.clear()
  }

  private gone(what: string): ChaosError {
    const words = this.output.trim()
    return new ChaosError(
      'TOOLBOX_FAILED',
      `the helper ${this.name} ${what}${words === '' ? '' : `; its last words: ${words.slice(-2_000)}`}`,
    )
  }
}

function parseReply(line: string): z.infer<typeof REPLY> | null {
  try {
    return REPLY.parse(JSON.parse(line))
  } catch {
    return null
  }
}

function sink(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(chunk)
      done()
    },
  })
}
