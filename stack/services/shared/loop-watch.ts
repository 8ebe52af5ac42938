/** How much of the last second the event loop stood still, because of its own work or because others had the CPU. */

const TICK_MS = 20
const WINDOW_MS = 1_000

/** The ticks of the last second and how late each came. Knows no timer; the time comes from outside. */
export class TickRecord {
  readonly #ticks: { readonly atMs: number; readonly lateMs: number }[] = []
  #lateMs = 0
  #dueMs: number

  constructor(nowMs: number) {
    this.#dueMs = nowMs + TICK_MS
  }

  tick(nowMs: number): void {
    const lateMs = Math.max(0, nowMs - this.#dueMs)
    this.#ticks.push({ atMs: nowMs, lateMs })
    this.#lateMs += lateMs
    this.#dueMs = nowMs + TICK_MS
    this.#forget(nowMs)
  }

  /** 0 (never late) to 1, with the tick that is due. */
  stalledShare(nowMs: number): number {
    this.#forget(nowMs)
    return Math.min(1, (this.#lateMs + Math.max(0, nowMs - this.#dueMs)) / WINDOW_MS)
  }

  #forget(nowMs: number): void {
    for (;;) {
      const [oldest] = this.#ticks
      if (oldest === undefined || nowMs - oldest.atMs <= WINDOW_MS) return
      this.#ticks.shift()
      this.#lateMs -= oldest.lateMs
    }
  }
}

export class LoopWatch {
  readonly #record = new TickRecord(performance.now())
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setInterval(() => {
      this.#record.tick(performance.now())
    }, TICK_MS)
  }

  stalledShare(): number {
    return this.#record.stalledShare(performance.now())
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
