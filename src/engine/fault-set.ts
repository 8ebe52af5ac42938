/** The faults of one scenario, from plan to proof that they are gone. */
import { ChaosError, describeError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { Evidence } from '../core/model.ts'
import type { Fault, FaultContext, FaultDescription, UndoContext } from '../core/ports.ts'
import type { FaultRequest, Scenario } from '../core/scenario.ts'
import { withDeadline } from '../core/wait.ts'
import { ABANDONED_LIMIT_MS } from './options.ts'
import type { EngineDeps } from './deps.ts'
import { together } from './together.ts'

interface Planned {
  readonly fault: Fault
  readonly plan: JsonObject
  readonly entry: number
  readonly description: FaultDescription
  reverted: boolean
}

type Step = 'prepare' | 'inject' | 'effect'

export class FaultSet {
  private readonly planned: Planned[] = []
  private readonly deps: Pick<EngineDeps, 'faults' | 'ledger' | 'clock'>
  /** Steps that have begun and not ended, perhaps as nobody waits for them any more: what they still do must be undone too. */
  private readonly underWay = new Map<Promise<unknown>, { readonly planned: Planned; readonly step: Step }>()
  private anyInjected = false

  constructor(deps: Pick<EngineDeps, 'faults' | 'ledger' | 'clock'>) {
    this.deps = deps
  }

  /** One of them at least was injected whole. */
  get isAnyInjected(): boolean {
    return this.anyInjected
  }

  /** Plans every fault and writes each plan to the ledger before anything else is done with it. */
  async plan(scenario: Scenario, ctx: FaultContext): Promise<void> {
    for (const request of scenario.faults) {
      const fault = faultOf(this.deps.faults, scenario, request)
      const plan = await fault.plan(request.spec, ctx)
      ctx.signal.throwIfAborted()
      const entry = await this.deps.ledger.append({ scenarioId: scenario.id, kind: fault.kind, plan })
      this.planned.push({ fault, plan, entry, description: fault.describe(plan), reverted: false })
    }
  }

  descriptions(): FaultDescription[] {
    return this.planned.map((planned) => planned.description)
  }

  /** Sum of the slow-downs that the faults announce for the canary; null when none does. */
  canaryDelayMs(): number | null {
    const delays = this.descriptions().flatMap((fault) => (fault.canaryDelayMs === null ? [] : [fault.canaryDelayMs]))
    return delays.length === 0 ? null : delays.reduce((sum, delay) => sum + delay, 0)
  }

  async prepare(ctx: FaultContext): Promise<void> {
    await this.all('prepare', ctx, (planned, own) => planned.fault.prepare(planned.plan, own))
  }

  async inject(ctx: FaultContext): Promise<void> {
    await this.all('inject', ctx, async (planned, own) => {
      await planned.fault.inject(planned.plan, own)
      this.anyInjected = true
    })
  }

  /** All must bite: one part that does nothing makes the whole unproven. */
  async effect(ctx: FaultContext): Promise<Evidence> {
    return mergeEvidence(await this.all('effect', ctx, (planned, own) => planned.fault.effect(planned.plan, own)))
  }

  /**
   * Newest first on each target, targets in parallel, each within `limitMs` and on `ctx`'s own signal. Steps that
   * are still under way are waited for before, as they could break again what is mended; not for long.
   * @returns what could not be reverted; a second call does nothing for what the first one has reverted.
   */
  async revert(ctx: UndoContext, limitMs: number): Promise<string[]> {
    await this.awaitAbandoned()
    const late = [...this.underWay.keys()]
    const failures = await this.revertAll(ctx, limitMs)
    if (late.length === 0) return failures
    await this.awaitAbandoned()
    const still = late.flatMap((work) => this.underWay.get(work) ?? [])
    // Whoever cleans up later must find its record.
    for (const { planned } of still) planned.reverted = false
    const told = still.map(({ planned, step }) => `${step} of ${planned.fault.kind} goes on, and what it does is not undone`)
    if (told.length > 0) return [...failures, ...told]
    for (const planned of this.planned) planned.reverted = false
    return this.revertAll(ctx, limitMs)
  }

  /** Proof that nothing is left; closes the ledger's entries of what is proven gone. @throws when one could not be looked for. */
  async leftovers(ctx: UndoContext): Promise<string[]> {
    const looks = this.planned.map(async ({ fault, plan, entry, reverted }) => {
      const left = await fault.leftovers(plan, ctx)
      if (left.length === 0 && reverted) await this.deps.ledger.close(entry)
      return left
    })
    // Each closes its own entry, whatever becomes of the others.
    await Promise.allSettled(looks)
    return (await Promise.all(looks)).flat()
  }

  private async revertAll(ctx: UndoContext, limitMs: number): Promise<string[]> {
    const tails = new Map<string, Promise<void>>()
    const failures: string[] = []
    const all = this.planned.toReversed().map((planned) => {
      const before = planned.description.targets.flatMap((target) => tails.get(target) ?? [])
      const own = Promise.all(before).then(() => revertOne(planned, ctx, limitMs, failures))
      for (const target of planned.description.targets) tails.set(target, own)
      return own
    })
    await Promise.all(all)
    return failures
  }

  /** A step of every fault at once. When one fails the others are broken off, and it ends when all have. */
  private async all<T>(
    step: Step,
    ctx: FaultContext,
    work: (planned: Planned, own: FaultContext) => Promise<T>,
  ): Promise<readonly T[]> {
    const values = new Map<Planned, T>()
    const works = this.planned.map((planned) => async (signal: AbortSignal) => {
      values.set(planned, await this.tracked({ planned, step }, work(planned, { ...ctx, signal })))
    })
    await together(ctx.signal, works)
    return this.planned.flatMap((planned) => values.get(planned) ?? [])
  }

  private async tracked<T>(what: { readonly planned: Planned; readonly step: Step }, work: Promise<T>): Promise<T> {
    this.underWay.set(work, what)
    try {
      return await work
    } finally {
      this.underWay.delete(work)
    }
  }

  private async awaitAbandoned(): Promise<void> {
    const done = new AbortController()
    const limit = this.deps.clock.sleep(ABANDONED_LIMIT_MS, done.signal).catch(() => undefined)
    await Promise.race([Promise.allSettled(this.underWay.keys()), limit])
    done.abort()
  }
}

function faultOf(faults: EngineDeps['faults'], scenario: Scenario, request: FaultRequest): Fault {
  const fault = faults.get(request.kind)
  if (fault !== undefined) return fault
  const known = [...faults.keys()].sort().join(', ')
  throw new ChaosError('BAD_INPUT', `${scenario.id}: this version has no fault of kind ${request.kind} (it has: ${known})`)
}

async function revertOne(planned: Planned, ctx: UndoContext, limitMs: number, failures: string[]): Promise<void> {
  if (planned.reverted) return
  try {
    await withDeadline(
      `reverting ${planned.fault.kind}`,
      limitMs,
      ctx.signal,
      (signal) => planned.fault.revert(planned.plan, { ...ctx, signal }),
      ctx.clock,
    )
    planned.reverted = true
  } catch (error) {
    const what = `${planned.fault.kind} on ${planned.description.targets.join(', ')}`
    failures.push(`${what}: ${describeError(error, 500)}`)
  }
}

function mergeEvidence(parts: readonly Evidence[]): Evidence {
  const only = parts[0]
  if (parts.length === 1 && only !== undefined) return only
  const measures: Evidence['measures'] = {}
  for (const [index, part] of parts.entries()) {
    for (const [name, value] of Object.entries(part.measures)) measures[`fault${String(index + 1)}_${name}`] = value
  }
  return {
    confirmed: parts.length > 0 && parts.every((part) => part.confirmed),
    summary: parts.map((part) => part.summary).join('; '),
    mechanism: [...new Set(parts.map((part) => part.mechanism))].join(' + '),
    measures,
    reasons: parts.length === 0 ? ['the scenario has no fault'] : parts.flatMap((part) => part.reasons),
  }
}
