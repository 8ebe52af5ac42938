/** Which jobs this harness has asked a stack for: what stands on the stack's list beside them was asked for by nobody. */
import type { Clock } from '../../core/time/clock.ts'
import { later, type Mono } from '../../core/time/moment.ts'

/** A job that nobody waits for any more is done by then, or given up: the reference's hive takes up what it owes for a minute. */
const LATEST_MS = 60_000
/** Hours of a canary. */
const MOST_IDS = 500_000

export class AskedJobs {
  private readonly clock: Clock
  private readonly isWanted: boolean
  private readonly ids = new Set<string>()
  /** When a job was asked for the last time of which nobody knows the id; null before. */
  private unnamedMs: Mono | null = null

  /** @param isWanted - Whether anybody will ask. */
  constructor(clock: Clock, isWanted: boolean) {
    this.clock = clock
    this.isWanted = isWanted
  }

  /** Told before the job is asked for. `null`: the stack will call it as it likes. */
  readonly tell = (job: string | null): void => {
    if (!this.isWanted) return
    if (job !== null && this.ids.size < MOST_IDS) this.ids.add(job)
    else this.unnamedMs = this.clock.nowMs()
  }

  /** What was asked for without a name since then may have been under way until now. */
  prolongUnnamed(atMs: Mono): void {
    if (this.unnamedMs !== null && this.unnamedMs >= atMs) this.unnamedMs = this.clock.nowMs()
  }

  /** The stack was made anew: nothing of what the old one owed is done by the new one. */
  forget(): void {
    this.ids.clear()
    this.unnamedMs = null
  }

  has(job: string): boolean {
    return this.ids.has(job)
  }

  /** Whether nothing can be done since then that was asked for without a name. */
  knowsAllSince(atMs: Mono): boolean {
    return this.unnamedMs === null || later(this.unnamedMs, LATEST_MS) < atMs
  }
}
