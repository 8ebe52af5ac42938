/** Follows the system's list of completed jobs while a load runs. */
import { later, msBetween } from '../../core/time/moment.ts'
import type { Clock } from '../../core/time/clock.ts'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { CompletedPort } from '../../ports/stack.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { CompletionFacts } from '../judge/judgement.ts'
import { Completion } from './completion.ts'

const EVERY_MS = 1_000
/** The list is written a little after the answer. */
const CATCH_UP_MS = 10_000
const CATCH_UP_EVERY_MS = 200
/** Far longer than k6 takes to tell of an answer that it had. */
const GIVE_UP_EVERY_MS = 300_000
/** Pages in a row without a pause: a list that never ends is not followed for ever. */
const MOST_PAGES = 1_000

export class CompletionReader {
  private readonly port: CompletedPort
  private readonly clock: Clock
  private readonly completion = new Completion()
  private readonly ended = new AbortController()
  private place: string
  private following: Promise<void> = Promise.resolve()

  private constructor(port: CompletedPort, clock: Clock, place: string) {
    this.port = port
    this.clock = clock
    this.place = place
  }

  /** Follows the list from what is completed now on. @throws COMPLETED_UNREADABLE. */
  static async start(port: CompletedPort, clock: Clock, signal: AbortSignal): Promise<CompletionReader> {
    const { next } = await port.page(port.first, signal)
    const reader = new CompletionReader(port, clock, next)
    reader.following = reader.follow(AbortSignal.any([signal, reader.ended.signal]))
    return reader
  }

  claim(id: string): void {
    this.completion.claim(id)
  }

  /** Waits until the list has caught up with the claims. @throws LOAD_FAILED when it could not be read to its end. */
  async finish(signal: AbortSignal): Promise<CompletionFacts> {
    this.ended.abort()
    await this.following
    const untilMs = later(this.clock.nowMs(), CATCH_UP_MS)
    try {
      await this.catchUp(signal)
      while (this.completion.waiting > 0 && this.clock.nowMs() < untilMs) {
        await this.clock.sleep(CATCH_UP_EVERY_MS, signal)
        await this.catchUp(signal)
      }
    } catch (error) {
      throw new ChaosError('LOAD_FAILED', `whether the served answers were real is not known: ${describeError(error, 500)}`)
    }
    return this.completion.facts()
  }

  stop(): void {
    this.ended.abort()
  }

  /** A page that cannot be had under load is asked for again: its place stays. */
  private async follow(signal: AbortSignal): Promise<void> {
    let gaveUpMs = this.clock.nowMs()
    while (!isAborted(signal)) {
      try {
        await this.clock.sleep(EVERY_MS, signal)
        await this.catchUp(signal)
        if (msBetween(gaveUpMs, this.clock.nowMs()) < GIVE_UP_EVERY_MS) continue
        gaveUpMs = this.clock.nowMs()
        this.completion.giveUp()
      } catch {
        // The loop's condition sees a cancel; of a list that stays unreadable `finish` tells.
      }
    }
  }

  private async catchUp(signal: AbortSignal): Promise<void> {
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const { ids, next } = await this.port.page(this.place, signal)
      for (const id of ids) this.completion.complete(id)
      const isNew = next !== this.place
      this.place = next
      if (!isNew || ids.length === 0) return
    }
  }
}
