/** Time that the helper may go on without hearing from its runner. Calls `onExpired` once when nobody renews. */
export class Lease {
  readonly ttlMs: number
  private readonly timer: NodeJS.Timeout

  constructor(ttlMs: number, onExpired: () => void) {
    this.ttlMs = ttlMs
    this.timer = setTimeout(onExpired, ttlMs)
  }

  renew(): { ttlMs: number } {
    this.timer.refresh()
    return { ttlMs: this.ttlMs }
  }

  end(): void {
    clearTimeout(this.timer)
  }
}

const SHORTEST_TTL_MS = 1_000
const LONGEST_TTL_MS = 10 * 60_000

/** @throws Error for anything but a whole number of milliseconds from 1 s to 10 min: without a lease nothing heals. */
export function parseTtl(value: string | undefined): number {
  const ttlMs = Number(value)
  if (value === undefined || !/^\d+$/.test(value) || ttlMs < SHORTEST_TTL_MS || ttlMs > LONGEST_TTL_MS) {
    throw new Error(`the lease must be ${SHORTEST_TTL_MS} to ${LONGEST_TTL_MS} ms, not '${value ?? ''}'`)
  }
  return ttlMs
}
