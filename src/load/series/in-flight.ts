/** Finds the mean number of requests under way in each second, from when each began and ended. */
export class InFlight {
  /** Milliseconds of requests in each second. */
  private readonly busyMs: number[] = []

  /** Adds a request, ms from the start of the load; a sample's time is that of the request's end. */
  add(fromMs: number, toMs: number): void {
    const first = Math.max(0, fromMs)
    for (let second = Math.floor(first / 1_000); second * 1_000 < toMs; second += 1) {
      const overlapMs = Math.min(toMs, (second + 1) * 1_000) - Math.max(first, second * 1_000)
      this.busyMs[second] = (this.busyMs[second] ?? 0) + overlapMs
    }
  }

  means(seconds: number): number[] {
    return Array.from({ length: seconds }, (_, second) => (this.busyMs[second] ?? 0) / 1_000)
  }
}
