/** The canary of one stack: it goes on from scenario to scenario, so that the proof of one recovery is the next steady state. */
import type { Mono } from '../../core/time/moment.ts'
import type { CanarySample } from '../../core/canary.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps } from '../deps.ts'
import { DENSE_PACE_FACTOR } from '../options.ts'

export class StackCanary {
  private readonly deps: Pick<EngineDeps, 'canary' | 'clock' | 'stack'>
  private readonly running: RunningCanary
  private sinceMs: Mono

  /** Begins to ask at once, at the rate of the descriptor: services that have just started are slow when they are asked a lot. */
  constructor(deps: Pick<EngineDeps, 'canary' | 'clock' | 'stack'>, signal: AbortSignal) {
    this.deps = deps
    this.sinceMs = deps.clock.nowMs()
    this.running = deps.canary.start(deps.stack, { clock: deps.clock, signal })
  }

  /** Requests that were intended before this say nothing of the steady state: a fault was on, or its traces were. ms. */
  get steadySinceMs(): Mono {
    return this.sinceMs
  }

  /** The system was seen to be well since then: what is older is forgotten with the next scenario. */
  provenSince(intendedMs: Mono): void {
    this.sinceMs = intendedMs
  }

  /** A scenario begins: nobody asks for what was before its steady state. */
  begin(): void {
    this.running.forget(this.sinceMs)
  }

  samples(fromMs: Mono): readonly CanarySample[] {
    return this.running.samples(fromMs)
  }

  settled(fromMs: Mono, toMs: Mono, signal: AbortSignal): Promise<readonly CanarySample[]> {
    return this.running.settled(fromMs, toMs, signal)
  }

  /** While a recovery is to be proven, and is the next steady state: a proof needs a number of requests, not a time. */
  dense(): void {
    this.running.pace(this.deps.stack.descriptor.canary.ratePerSecond * DENSE_PACE_FACTOR)
  }

  /** At the rate of the descriptor: that is what is judged under a fault. */
  usual(): void {
    this.running.pace(null)
  }

  stop(): void {
    this.running.stop()
  }
}
