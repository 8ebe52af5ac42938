/** All scenarios of a run, on one stack or on several side by side. */
import { describeError } from '../core/errors.ts'
import { withConfirmation } from '../core/verdict.ts'
import type { ScenarioResult } from '../core/result/scenario.ts'
import type { Scenario } from '../kinds/scenario.ts'
import { isAborted } from '../core/time/wait.ts'
import type { RunDeps, StackDeps } from './deps.ts'
import { isPoisoned, Lane } from './lanes/lane.ts'
import { MOST_CONFIRMED, type EngineOptions } from './options.ts'
import { expectedMs, scheduleOf, spanMs } from './lanes/schedule.ts'

export interface Ran {
  /** In the order in which the scenarios were given. */
  readonly results: ScenarioResult[]
  /** Why not everything was run; empty when all was. */
  readonly reasons: string[]
  /** Stacks that are still up and well. */
  readonly left: readonly StackDeps[]
}

interface Placed {
  readonly result: ScenarioResult
  /** Ids of what had run before on its stack. */
  readonly after: readonly string[]
}

/**
 * Hands the scenarios out to the stacks. A scenario that ended in trouble is followed by a recreated stack; a stack that
 * cannot be recreated gets no more of them, and what no stack is left for is told and not run.
 */
export class Handout {
  private readonly deps: RunDeps
  private readonly options: EngineOptions
  private readonly scenarios: readonly Scenario[]
  private readonly signal: AbortSignal
  private readonly lanes: readonly Lane[]
  private readonly results = new Map<string, Placed>()
  /** Those that nobody needs any more, however their stacks are. */
  private readonly done = new Set<Lane>()
  /** Those of which the stack is down. */
  private readonly retired = new Set<Lane>()
  private waiting: Scenario[]
  private started = 0

  constructor(
    deps: RunDeps,
    stacks: readonly StackDeps[],
    options: EngineOptions,
    scenarios: readonly Scenario[],
    signal: AbortSignal,
  ) {
    this.deps = deps
    this.options = options
    this.scenarios = scenarios
    this.signal = signal
    this.waiting = [...scenarios]
    this.lanes = stacks.map((stack) => new Lane({ ...deps, ...stack }, options, signal))
  }

  async run(): Promise<Ran> {
    const { beside, alone } = scheduleOf(this.scenarios, this.lanes.length, this.expected)
    const comesLater = this.options.after.count > 0
    const queue = [...beside]
    await Promise.all(this.lanes.map((lane) => this.work(lane, queue, comesLater || alone.length > 0)))
    const last = this.lanes.find((lane) => this.isUsable(lane))
    if (last !== undefined) await this.work(last, [...alone], comesLater)
    await this.confirm(comesLater)
    return {
      results: this.scenarios.flatMap(({ id }) => this.results.get(id)?.result ?? []),
      reasons: this.reasons(),
      left: this.lanes.filter((lane) => this.isUsable(lane)).map((lane) => lane.deps),
    }
  }

  /** Takes from the queue until it is empty. `comesLater`: then one stack is needed still. */
  private async work(lane: Lane, queue: Scenario[], comesLater: boolean): Promise<void> {
    for (let next = this.take(queue); next !== undefined; next = this.take(queue)) {
      if (next.freshStack && lane.before.length > 0 && (await lane.renew(`for ${next.id}`)) === null) {
        queue.unshift(next)
        break
      }
      const { result, after } = await this.one(lane, next)
      if (!isPoisoned(result) || isAborted(this.signal)) continue
      if (queue.length > 0 || (comesLater && this.othersThan(lane).length === 0))
        this.results.set(next.id, { result: await lane.recreateAfter(result), after })
      else this.done.add(lane)
      if (!this.isUsable(lane)) break
    }
    lane.rest()
    // One stack stays for what comes later; the others are gone before that begins.
    if (this.options.keepStacks || this.othersThan(lane).length === 0 || isAborted(this.signal)) return
    this.done.add(lane)
    this.retired.add(lane)
    await lane.deps.retire()
  }

  /** Runs what has failed in company once more, alone on a fresh stack. The last stack that is up is free for it. */
  private async confirm(comesLater: boolean): Promise<void> {
    // A load would break with the stack, and a stack that is kept is to be looked at as it is.
    if (!this.options.confirm || this.options.keepStacks || this.deps.load !== null) return
    const lane = this.lanes.find((one) => one.broken === null && !this.retired.has(one))
    if (lane === undefined) return
    for (const { scenario, first, after } of this.redInCompany().slice(0, MOST_CONFIRMED)) {
      if (isAborted(this.signal) || (await lane.renew(`to run ${scenario.id} once more`)) === null) return
      const again = await lane.run(scenario, `${scenario.id}-again`)
      if (isPoisoned(again)) this.done.add(lane)
      else this.done.delete(lane)
      if (isAborted(this.signal)) return
      const { verdict, reasons, startedAt, durationMs, series, logs } = again
      const seen = { verdict, reasons, startedAt, durationMs, series, logs, after, beside: this.lanes.length > 1 }
      this.results.set(scenario.id, { after, result: { ...first, ...withConfirmation(first, seen), confirmation: seen } })
    }
    lane.rest()
    if (comesLater && this.done.has(lane) && (await lane.renew('for what comes later')) !== null) this.done.delete(lane)
  }

  private redInCompany(): { readonly scenario: Scenario; readonly first: ScenarioResult; readonly after: readonly string[] }[] {
    return this.scenarios.flatMap((scenario) => {
      const ran = this.results.get(scenario.id)
      if (ran?.result.verdict !== 'failed') return []
      const { result: first, after } = ran
      return this.lanes.length > 1 || after.length > 0 ? [{ scenario, first, after }] : []
    })
  }

  private take(queue: Scenario[]): Scenario | undefined {
    return isAborted(this.signal) ? undefined : queue.shift()
  }

  private async one(lane: Lane, scenario: Scenario): Promise<Placed> {
    const { emit } = this.deps
    this.started += 1
    emit({
      type: 'scenario-started',
      id: scenario.id,
      name: scenario.name,
      index: this.started,
      total: this.scenarios.length + this.options.after.count,
      plannedMs: this.expected(scenario),
      leftMs: this.leftMs(),
    })
    const after = [...lane.before]
    const result = await lane.run(scenario)
    this.results.set(scenario.id, { result, after })
    this.waiting = this.waiting.filter((other) => other !== scenario)
    emit({
      type: 'scenario-ended',
      id: scenario.id,
      verdict: result.verdict,
      summary: result.reasons[0] ?? result.effect.summary,
      durationMs: result.durationMs,
      leftMs: this.leftMs(),
    })
    return { result, after }
  }

  private othersThan(lane: Lane): Lane[] {
    return this.lanes.filter((other) => other !== lane && this.isUsable(other))
  }

  private isUsable(lane: Lane): boolean {
    return lane.broken === null && !this.done.has(lane)
  }

  private readonly expected = (scenario: Scenario): number => expectedMs(scenario, this.options.profile, this.options.pace)

  /** What runs now counts as if it had just begun. */
  private leftMs(): number {
    return spanMs(this.waiting, this.lanes.length, this.expected) + this.options.after.plannedMs
  }

  private reasons(): string[] {
    const troubles = this.lanes.flatMap(({ broken }) => broken ?? [])
    const [next] = this.waiting
    if (isAborted(this.signal)) {
      const when = next === undefined ? 'interrupted' : `interrupted before ${next.id}`
      return [...troubles, `${when}: ${describeError(this.signal.reason)}`]
    }
    if (next === undefined) return troubles
    const ids = this.waiting.map(({ id }) => id).join(', ')
    return [...troubles, `no stack was left for ${this.waiting.length} scenarios, which were not run: ${ids}`]
  }
}
