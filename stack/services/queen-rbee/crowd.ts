/** What the queen does with a task while its clients are many. */

export interface CrowdPolicy {
  /** `serve`: as ever. The others are for the task that is looked at when the last seconds were all busy. */
  readonly whenCrowded: 'serve' | 'serve-late' | 'fail-some' | 'hide-failures' | 'forget-nothing'
  /** So many tasks in each of the last `seconds`. */
  readonly tasksPerSecond: number
  readonly seconds: number
  readonly delayMs: number
  /** Every n-th. */
  readonly failsEvery: number
  readonly keptBytes: number
}

/** How one task is treated. */
export type Treatment = 'serve' | 'late' | 'fail' | 'hidden-failure'

/** Counts tasks by second. Bursts of a moment are no crowd. */
export class Crowd {
  readonly #policy: CrowdPolicy
  readonly #kept: Buffer[] = []
  #second = -1
  #tasks = 0
  #busySeconds = 0
  #looked = 0

  constructor(policy: CrowdPolicy) {
    this.#policy = policy
  }

  /** Of each task when it arrives; `nowMs` never goes back. */
  arrive(nowMs: number): Treatment {
    const { whenCrowded, seconds, failsEvery, keptBytes } = this.#policy
    this.#count(nowMs)
    if (whenCrowded === 'serve' || this.#busySeconds < seconds) return 'serve'
    switch (whenCrowded) {
      case 'serve-late':
        return 'late'
      case 'forget-nothing':
        // Filled, as untouched memory would cost nothing.
        this.#kept.push(Buffer.alloc(keptBytes, 1))
        return 'serve'
      case 'fail-some':
      case 'hide-failures':
        this.#looked += 1
        if (this.#looked % failsEvery !== 0) return 'serve'
        return whenCrowded === 'fail-some' ? 'fail' : 'hidden-failure'
    }
  }

  #count(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000)
    if (second !== this.#second) {
      const isNext = second === this.#second + 1
      const wasBusy = this.#tasks >= this.#policy.tasksPerSecond
      this.#busySeconds = isNext && wasBusy ? this.#busySeconds + 1 : 0
      this.#second = second
      this.#tasks = 0
    }
    this.#tasks += 1
  }
}
