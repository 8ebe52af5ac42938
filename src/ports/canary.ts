/** The canary: requests through the entry, in turns, without an end. */
import type { Mono } from '../core/time/moment.ts'
import type { CanarySample, CanaryWindow } from '../core/canary.ts'
import type { AsksForJob } from '../core/request.ts'
import type { Clock } from '../core/time/clock.ts'
import type { RunningStack } from './stack.ts'

/** Open-loop canary of one stack, from its first scenario to its last. */
export interface RunningCanary {
  /** All requests with an outcome that were intended since `fromMs`, in the order of their intended send times. */
  samples(fromMs: Mono): readonly CanarySample[]
  /** Waits for the outcome of every request intended in [fromMs, toMs), and returns them. */
  settled(fromMs: Mono, toMs: Mono, signal: AbortSignal): Promise<readonly CanarySample[]>
  /** From now on so many requests a second; null is the rate that the descriptor gives. */
  pace(ratePerSecond: number | null): void
  /** Sends so many at once, in their turns, beside those that are due. @returns them, when each has its outcome. */
  burst(requests: number): Promise<readonly CanarySample[]>
  /** Drops what was intended before, requests in flight too: nobody will ask for it again. */
  forget(beforeMs: Mono): void
  /** Sends nothing more; requests in flight are dropped. */
  stop(): void
}

export interface CanaryPort {
  /** @param options - `asks`: told of each request, as of `SendOptions`. */
  start(stack: RunningStack, options: { clock: Clock; signal: AbortSignal; asks?: AsksForJob }): RunningCanary
}

/** What clauses may see of the canary. */
export interface CanaryView {
  /** The steady state before the fault. */
  readonly steady: CanaryWindow
  /** Waits until all requests intended in the fault window so far have an outcome, and returns them. */
  samples(fromMs: Mono, toMs: Mono): Promise<readonly CanarySample[]>
}
