/** The last five whole seconds, for whoever looks on. */
import type { RunEvent } from '../../core/run-event.ts'
import { addTo, bucketOf, percentileOf, sortBuckets, type Buckets } from './buckets.ts'

const WINDOW_SECONDS = 5

/** The figures of a `load-live` event, where each of them is described. */
export type LiveLook = Omit<Extract<RunEvent, { readonly type: 'load-live' }>, 'type' | 'id' | 'leftMs'>

interface Second {
  requests: number
  errors: number
  /** µs. */
  readonly durations: Buckets
}

export class LiveFigures {
  private readonly seconds = new Map<number, Second>()
  private newest = 0
  private allErrors = 0
  private atWork: number | null = null

  request(second: number, isError: boolean): void {
    const of = this.second(second)
    of.requests += 1
    if (!isError) return
    of.errors += 1
    this.allErrors += 1
  }

  duration(second: number, ms: number): void {
    addTo(this.second(second).durations, bucketOf(Math.max(0, Math.round(ms * 1_000))))
  }

  users(count: number): void {
    this.atWork = count
  }

  look(): LiveLook {
    // The newest second is not over yet.
    const whole = [...this.seconds].filter(([second]) => second < this.newest && second >= this.newest - WINDOW_SECONDS)
    const durations: Buckets = new Map()
    for (const [, one] of whole) for (const [bucket, count] of one.durations) addTo(durations, bucket, count)
    const requests = whole.reduce((sum, [, one]) => sum + one.requests, 0)
    const errors = whole.reduce((sum, [, one]) => sum + one.errors, 0)
    const p95Us = percentileOf(sortBuckets(durations), 95, 0, Infinity)
    return {
      users: this.atWork,
      requestsPerSecond: requests / Math.max(1, Math.min(WINDOW_SECONDS, this.newest)),
      errorRate: requests === 0 ? 0 : errors / requests,
      p95Ms: Number.isNaN(p95Us) ? null : p95Us / 1_000,
      errors: this.allErrors,
    }
  }

  private second(second: number): Second {
    if (second > this.newest) {
      this.newest = second
      for (const old of this.seconds.keys()) if (old < second - WINDOW_SECONDS) this.seconds.delete(old)
    }
    let found = this.seconds.get(second)
    if (found === undefined) {
      found = { requests: 0, errors: 0, durations: new Map() }
      this.seconds.set(second, found)
    }
    return found
  }
}
