/** Time that passes only when nothing else can go on, so that an hour of waiting takes milliseconds and always the same course. */
import type { Clock } from './clock.ts'
import { monoAt, wallAt, type Mono, type Wall } from './moment.ts'

const WALL_START_MS = Date.parse('2026-03-01T10:00:00.000Z')

interface Sleeper {
  readonly atMs: number
  readonly order: number
  readonly wake: () => void
}

export class VirtualClock implements Clock {
  private now = 10_000
  private wallSetByMs = 0
  private sleepers: Sleeper[] = []
  private order = 0

  nowMs(): Mono {
    return monoAt(this.now)
  }

  wallMs(): Wall {
    return wallAt(WALL_START_MS + this.now + this.wallSetByMs)
  }

  /** Somebody sets the wall clock, back where that is negative; no time passes by it. */
  setWall(byMs: number): void {
    this.wallSetByMs += byMs
  }

  /** How many wait for a time to come: what nobody needs any more should not. */
  get sleeping(): number {
    return this.sleepers.length
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error)
        return
      }
      const forget = (): void => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper)
        signal?.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => {
        forget()
        reject(signal?.reason as Error)
      }
      const wake = (): void => {
        forget()
        resolve()
      }
      this.order += 1
      const sleeper: Sleeper = { atMs: this.now + Math.max(0, ms), order: this.order, wake }
      this.sleepers.push(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  /**
   * Lets time pass until `work` has ended. @throws when nothing sleeps any more and it has not, or when it takes longer than
   * `limitMs` of this clock: somewhere a wait has no limit.
   */
  async until<T>(work: Promise<T>, limitMs = 3_600_000): Promise<T> {
    const lastMs = this.now + limitMs
    const end = new AbortController()
    const done = work.finally(() => {
      end.abort()
    })
    // Its failure is for whoever awaits the end, below.
    done.catch(() => undefined)
    for (;;) {
      await settled()
      if (end.signal.aborted) return done
      const next = this.sleepers.toSorted((one, other) => one.atMs - other.atMs || one.order - other.order)[0]
      if (next === undefined) throw new Error(`nothing sleeps at ${this.now} ms, and the work has not ended: it waits for ever`)
      if (next.atMs > lastMs) throw new Error(`the work has not ended after ${limitMs} ms`)
      this.now = Math.max(this.now, next.atMs)
      next.wake()
    }
  }

  /** Lets so much time pass, whatever goes on meanwhile. */
  async pass(ms: number): Promise<void> {
    await this.until(this.sleep(ms))
    await settled()
  }
}

/** All promises that can go on have done so when the event loop comes round. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
