/** The program that holds memory of a GPU: whoever ends it, or this helper, has the driver free all of it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { describeError } from '../../core/errors.ts'
import { LineSplitter } from '../../core/lines.ts'
import { VRAM_HOLD } from './lines.ts'

/** Without a word for this long the program ends by itself, should this process hang. */
const TTL_MS = 20_000
const SIGNS_OF_LIFE_PER_TTL = 4
export const READ_LIMIT_MS = 5_000
const MAX_LINE_LENGTH = 1_000
const OUTPUT_TAIL = 1_000

/** One run of the program. It answers one line at a time, in the order of the commands. */
export class VramSession {
  readonly gpu: string
  private readonly child: ChildProcess
  private readonly splitter = new LineSplitter(MAX_LINE_LENGTH)
  private readonly waiting: PromiseWithResolvers<string>[] = []
  private readonly closed: Promise<void>
  private ended: Error | null = null
  private words = ''
  private timer: NodeJS.Timeout | undefined

  constructor(gpu: string, allow: readonly number[] | null) {
    this.gpu = gpu
    const who = allow === null ? 'any' : allow.join(',') || 'none'
    this.child = spawn(VRAM_HOLD, ['hold', gpu, String(TTL_MS), who], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.take(chunk)
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.words = `${this.words}${chunk.toString('utf8')}`.slice(-OUTPUT_TAIL)
    })
    // It has ended, and that is what is told.
    this.child.stdin?.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.giveUp(new Error(`${VRAM_HOLD} could not be run: ${describeError(error)}`))
        resolve()
      })
      // `close`, not `exit`: what it said is whole only then.
      this.child.on('close', (code, signal) => {
        const how = code === null ? `was ended by ${String(signal)}` : `ended with ${code}`
        this.giveUp(new Error(`${VRAM_HOLD} ${how}: ${this.words.trim() || 'it said nothing'}`))
        resolve()
      })
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** It lives, and nobody waits for a word of it. */
  get isIdle(): boolean {
    return this.ended === null && this.waiting.length === 0
  }

  keepAlive(): void {
    this.timer = setInterval(() => {
      // One that is busy, or has ended, needs none; whoever uses it next is told.
      if (this.isIdle) this.ask('read', READ_LIMIT_MS).catch(() => undefined)
    }, TTL_MS / SIGNS_OF_LIFE_PER_TTL)
  }

  /** The next line. `command` null waits for the first one. @throws Error when it ends, or has no answer in time and is ended. */
  async ask(command: string | null, limitMs: number): Promise<string> {
    const { ended } = this
    if (ended !== null) throw ended
    if (command !== null) this.child.stdin?.write(`${command}\n`)
    const timer = setTimeout(() => {
      this.giveUp(new Error(`${VRAM_HOLD} did not answer within ${limitMs} ms`))
      this.child.kill('SIGKILL')
    }, limitMs)
    try {
      const answer = Promise.withResolvers<string>()
      this.waiting.push(answer)
      return await answer.promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends when the process is gone. */
  async end(): Promise<void> {
    clearInterval(this.timer)
    this.child.kill('SIGKILL')
    await this.closed
  }

  private take(chunk: Buffer): void {
    try {
      for (const line of this.splitter.push(chunk)) this.waiting.shift()?.resolve(line)
    } catch (error) {
      this.giveUp(new Error(`${VRAM_HOLD} said too much: ${describeError(error)}`))
      this.child.kill('SIGKILL')
    }
  }

  /** The first reason counts. */
  private giveUp(error: Error): void {
    this.ended ??= error
    clearInterval(this.timer)
    for (const waiting of this.waiting.splice(0)) waiting.reject(this.ended)
  }
}
