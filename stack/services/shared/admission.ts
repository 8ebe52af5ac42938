import { unavailable } from './failure.ts'

export interface AdmissionLimits {
  /** How many may work at once. */
  readonly active: number
  /** How many may wait for that. */
  readonly waiting: number
}

interface Waiter {
  /** Leaves the queue for the place that has become free. */
  readonly admit: () => void
}

/** A bounded queue in front of the work: first come, first served; who finds it full or waits too long gets a 503. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #queue = new Set<Waiter>()
  #active = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get active(): number {
    return this.#active
  }

  get waiting(): number {
    return this.#queue.size
  }

  /**
   * Resolves with what gives the place back; call it once. @throws ServiceError 503 when full, after `limitMs`, or when the
   * signal says that nobody waits any more.
   */
  async enter(limitMs: number, signal: AbortSignal): Promise<() => void> {
    if (this.#active >= this.#limits.active) await this.#wait(limitMs, signal)
    else this.#active += 1
    return () => {
      this.#leave()
    }
  }

  #wait(limitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#queue.size >= this.#limits.waiting) {
      return Promise.reject(unavailable('QUEUE_FULL', `${this.#queue.size} requests are waiting already`))
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
        this.#queue.delete(waiter)
      }
      const onAbort = (): void => {
        leave()
        reject(unavailable('CANCELLED', 'the client went away'))
      }
      const waiter: Waiter = {
        admit: () => {
          leave()
          resolve()
        },
      }
      const timer = setTimeout(() => {
        leave()
        reject(unavailable('QUEUE_TIMEOUT', `no free place within ${Math.round(limitMs)} ms`))
      }, limitMs)
      this.#queue.add(waiter)
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** The place goes straight to the next in line, so that nobody can overtake. */
  #leave(): void {
    const next = this.#queue.values().next().value
    if (next === undefined) {
      this.#active -= 1
      return
    }
    next.admit()
  }
}
