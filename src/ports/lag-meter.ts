/** How late this process is served by the machine: what it measures is worth no more than that. */
export interface LagMeter {
  /** Lag of the event loop since the start, p99, ms. */
  p99Ms(): number
  /** Idempotent. */
  stop(): void
}
