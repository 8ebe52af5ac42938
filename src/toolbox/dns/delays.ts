/** Questions held back at once; further ones get no answer. */
const MOST_DELAYED = 1_000

/** Questions that are held back for a while. */
export class Delays {
  private readonly waiting = new Map<NodeJS.Timeout, () => void>()
  private isOver = false

  /** `ask` is called so much later, ms; at once when that is 0, or once all were let go. */
  hold(afterMs: number, ask: () => void): void {
    if (afterMs === 0 || this.isOver) {
      ask()
      return
    }
    if (this.waiting.size >= MOST_DELAYED) return
    const timer = setTimeout(() => {
      this.waiting.delete(timer)
      ask()
    }, afterMs)
    this.waiting.set(timer, ask)
  }

  /** Asks now what waits, and holds nothing back any more. */
  letGo(): void {
    this.isOver = true
    for (const [timer, ask] of this.waiting) {
      clearTimeout(timer)
      ask()
    }
    this.waiting.clear()
  }

  cancel(): void {
    for (const timer of this.waiting.keys()) clearTimeout(timer)
    this.waiting.clear()
  }
}
