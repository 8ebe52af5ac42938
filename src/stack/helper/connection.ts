/**
 * The line to one helper: requests out, answers in, matched by id. The helper accepts a request at once and says how long it
 * may take; the reply follows. A request that is refused has a reply alone.
 */
import { Socket } from 'node:net'
import { Writable, type Duplex } from 'node:stream'
import { z } from 'zod'
import { systemClock, type Clock } from '../../core/time/clock.ts'
import { abortedError, ChaosError, describeError } from '../../core/errors.ts'
import { parseAs } from '../../core/json.ts'
import { LineSplitter } from '../../core/lines.ts'
import type { Logger } from '../../ports/reporter.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { TOOLBOX_LONGEST_MS, type ToolboxRequest } from '../../core/toolbox.ts'
import { withDeadline } from '../../core/time/wait.ts'
import type { ArgumentsOf, ReplyOf, ToolboxOperation } from '../../toolbox/operations/registry.ts'
import { outputTail } from '../programs/output-tail.ts'

const ANSWER = z.union([
  z.strictObject({ id: z.number(), limitMs: z.number() }),
  z.strictObject({ id: z.number(), ok: z.literal(true), reply: z.unknown() }),
  z.strictObject({ id: z.number(), ok: z.literal(false), error: z.string() }),
])

/** For the acceptance, and for a reply beside what the operation itself may take: programs in the helper have 5 s each. */
const BASE_MS = 10_000

const MAX_REPLY_LENGTH = 4 * 1024 * 1024
const STDERR_TAIL_BYTES = 8 * 1024

/** One of the two is waited for: the reply, once the limit is known. */
interface Pending {
  readonly id: number
  readonly limitMs: PromiseWithResolvers<number>
  readonly reply: PromiseWithResolvers<unknown>
  isAccepted: boolean
}

/** Splits Docker's attach stream into the two that it carries. */
export type Demultiplex = (stream: Duplex, stdout: Writable, stderr: Writable) => void

export class ToolboxConnection implements ToolboxHelper {
  readonly name: string
  private readonly stream: Duplex
  private readonly log: Logger
  private readonly clock: Clock
  private readonly stderr = outputTail(STDERR_TAIL_BYTES)
  private readonly pending = new Map<number, Pending>()
  private lastId = 0
  private ended = false
  private renewal: NodeJS.Timeout | undefined

  constructor(name: string, stream: Duplex, demultiplex: Demultiplex, log: Logger, clock = systemClock) {
    this.name = name
    this.stream = stream
    this.log = log
    this.clock = clock
    const splitter = new LineSplitter(MAX_REPLY_LENGTH)
    const read = (chunk: Buffer): void => {
      try {
        for (const line of splitter.push(chunk)) this.receive(line)
      } catch (error) {
        this.end(describeError(error))
      }
    }
    demultiplex(stream, sink(read), sink(this.stderr.push))
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

  /** @throws TIMEOUT when the helper does not accept in time, or does not reply in the time that it said. */
  async call<O extends ToolboxOperation>(op: O, args: ArgumentsOf<O>, signal: AbortSignal): Promise<ReplyOf<O>> {
    const name = `${op} in the helper ${this.name}`
    if (signal.aborted) throw abortedError(signal, name)
    const { id, limitMs, reply } = this.ask(op, args)
    try {
      const ownMs = await withDeadline(`the acceptance of ${name}`, BASE_MS, signal, () => limitMs.promise, this.clock)
      // Both sides are built from the same types, and the helper's build is named by its content.
      return (await withDeadline(name, BASE_MS + ownMs, signal, () => reply.promise, this.clock)) as ReplyOf<O>
    } finally {
      this.pending.delete(id)
    }
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

  private ask(op: ToolboxOperation, args: unknown): Pending {
    if (this.ended) throw this.gone('is not there any more')
    this.lastId += 1
    const request: ToolboxRequest = { id: this.lastId, op, args }
    const [limitMs, reply] = [Promise.withResolvers<number>(), Promise.withResolvers<unknown>()]
    const pending = { id: request.id, limitMs, reply, isAccepted: false }
    // A failure that comes before anybody waits for the reply is told to who waits for it then.
    reply.promise.catch(() => undefined)
    this.pending.set(request.id, pending)
    this.stream.write(`${JSON.stringify(request)}\n`)
    return pending
  }

  private receive(line: string): void {
    const answer = parseAs(ANSWER, line)
    // A call that was given up has none: its late answer is of no interest.
    const pending = answer === null ? undefined : this.pending.get(answer.id)
    if (answer === null) this.end(`it said something that is no reply: ${line.slice(0, 200)}`)
    else if (answer.id > this.lastId) this.end(`it answered what was not asked: ${line.slice(0, 200)}`)
    else if ('limitMs' in answer) this.accept(pending, answer.limitMs)
    else if (!answer.ok) this.refuse(pending, answer.error)
    else if (pending?.isAccepted === false) this.end(`it replied to what it had not accepted: ${line.slice(0, 200)}`)
    else pending?.reply.resolve(answer.reply)
  }

  private accept(pending: Pending | undefined, limitMs: number): void {
    if (limitMs < 0 || limitMs > TOOLBOX_LONGEST_MS) this.end(`it said that it may take ${limitMs} ms, which is no limit`)
    else if (pending?.isAccepted === true) this.end('it accepted a request twice')
    else if (pending !== undefined) {
      pending.isAccepted = true
      pending.limitMs.resolve(limitMs)
    }
  }

  private refuse(pending: Pending | undefined, error: string): void {
    if (pending === undefined) this.log.log('warn', `the helper ${this.name}: ${error}`)
    else fail(pending, new ChaosError('TOOLBOX_FAILED', `the helper ${this.name} could not do it: ${error}`))
  }

  private end(why: string): void {
    if (this.ended) return
    this.ended = true
    clearInterval(this.renewal)
    for (const pending of this.pending.values()) fail(pending, this.gone(`did not answer: ${why}`))
    this.pending.clear()
  }

  private gone(what: string): ChaosError {
    const words = this.output.trim()
    const text = `the helper ${this.name} ${what}${words === '' ? '' : `; its last words: ${words.slice(-2_000)}`}`
    return new ChaosError('TOOLBOX_FAILED', text)
  }
}

function fail({ isAccepted, limitMs, reply }: Pending, error: Error): void {
  if (isAccepted) reply.reject(error)
  else limitMs.reject(error)
}

function sink(take: (chunk: Buffer) => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(chunk)
      done()
    },
  })
}
