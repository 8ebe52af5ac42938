/** One stack of a run, with its canary: scenarios run on it one after the other. */
import { isoTime, msBetween, type Mono } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps, RunDeps, StackDeps } from '../deps.ts'
import type { EngineOptions } from '../options.ts'
import { hasLostCapacity, type UsualBurst } from '../scenario/burst.ts'
import { ScenarioRun } from '../scenario/run.ts'
import { AskedJobs } from '../watch/asked-jobs.ts'
import type { UsualConnections } from '../watch/connections.ts'

/** The canary of one stack: it goes on from scenario to scenario, so that the proof of one recovery is the next steady state. */
export interface StackCanary {
  readonly requests: RunningCanary
  /** Requests that were intended before this say nothing of the steady state: a fault was on, or its traces were. ms. */
  steadySinceMs: Mono
  /** Median latency of the first steady state on this stack, ms; null before. */
  usualMs: number | null
  /** Connections of its services when they were first looked at for long enough, null before. */
  usualConnections: UsualConnections | null
  /** The quickest burst on this stack since it was made; null before, and where none is asked for. */
  usualBurst: UsualBurst | null
}

export class Lane {
  readonly deps: EngineDeps
  private readonly options: EngineOptions
  private readonly signal: AbortSignal
  private canary: StackCanary | null = null
  private usualBurst: UsualBurst | null = null
  private trouble: string | null = null
  private ran: string[] = []

  constructor(deps: RunDeps & StackDeps, options: EngineOptions, signal: AbortSignal) {
    const isWanted = deps.stack.descriptor.completed?.oursAlone === true
    this.deps = { ...deps, asked: new AskedJobs(deps.clock, isWanted) }
    this.options = options
    this.signal = signal
  }

  /** Why no scenario can run on this stack any more; null while one can. */
  get broken(): string | null {
    return this.trouble
  }

  /** Ids of the scenarios that have run on the stack since it was made, the oldest first. */
  get before(): readonly string[] {
    return this.ran
  }

  /** @param files - Under what name its logs and its series are kept; its id where it is left out. */
  async run(scenario: Scenario, files?: string): Promise<ScenarioResult> {
    const { clock, canary, stack, asked } = this.deps
    const { signal } = this
    this.ran.push(scenario.id)
    // At the rate of the descriptor: services that have just started are slow when they are asked a lot.
    this.canary ??= {
      usualMs: null,
      usualConnections: null,
      usualBurst: this.usualBurst,
      steadySinceMs: clock.nowMs(),
      requests: canary.start(stack, { clock, signal, asks: asked.tell }),
    }
    const startedMs = clock.nowMs()
    const result = await new ScenarioRun(this.deps, this.options, scenario, this.canary, signal, files).execute()
    asked.prolongUnnamed(startedMs)
    return result
  }

  /** Asks nothing more of the stack, until its next scenario. */
  rest(): void {
    this.canary?.requests.stop()
    this.usualBurst = this.canary?.usualBurst ?? this.usualBurst
    this.canary = null
  }

  /**
   * Makes the stack anew after a scenario that left it in trouble, so that one red does not poison the rest.
   * @returns the result, which tells it.
   */
  async recreateAfter(result: ScenarioResult): Promise<ScenarioResult> {
    const tookMs = await this.renew(`after ${result.id}`)
    if (tookMs === null) return result
    const detail = `after this scenario, in ${tookMs} ms`
    const recreated = { at: isoTime(this.deps.clock.wallMs()), source: 'engine', kind: 'stack-recreated', detail }
    return { ...result, events: [...result.events, recreated] }
  }

  /**
   * Makes the stack anew. The observer stays: the stack's networks outlive its containers.
   * @returns how long it took, ms; null when it could not be made, and the lane is broken.
   */
  async renew(when: string): Promise<number | null> {
    const { clock, emit, stack, number } = this.deps
    this.rest()
    const step = `recreating the stack ${when}`
    emit({ type: 'step-started', step })
    const startedMs = clock.nowMs()
    const tookMs = (): number => Math.round(msBetween(startedMs, clock.nowMs()))
    try {
      await stack.recreate(this.signal)
    } catch (error) {
      this.trouble = `stack ${number} could not be recreated ${when}: ${describeError(error)}`
      return null
    } finally {
      emit({ type: 'step-ended', step, durationMs: tookMs() })
    }
    this.ran = []
    this.usualBurst = null
    this.deps.asked.forget()
    return tookMs()
  }
}

/** Whether what ran there before may show in the next scenario. */
export function isPoisoned(result: ScenarioResult): boolean {
  if (result.verdict === 'error') return true
  return result.verdict !== 'skipped' && (!result.recovery.recovered || hasLostCapacity(result))
}
