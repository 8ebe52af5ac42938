/** The faults of one scenario, from plan to proof that they are gone. */
import type { Evidence } from '../../core/result/scenario.ts'
import type { ArmedFault, FaultDescription, PlannedFault } from '../../kinds/fault.ts'
import type { FaultContext, UndoContext } from '../../kinds/context.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import { ABANDONED_LIMIT_MS } from '../options.ts'
import type { EngineDeps } from '../deps.ts'
import { together } from '../together.ts'
import { leftoversOf, revertAll, type OpenFault } from '../undo/undo.ts'

interface Planned extends OpenFault {
  readonly undo: PlannedFault
}

interface Armed {
  readonly planned: Planned
  readonly fault: ArmedFault
}

type Step = 'prepare' | 'inject' | 'effect'

export class FaultSet {
  private readonly planned: Planned[] = []
  private readonly deps: Pick<EngineDeps, 'ledger' | 'clock'>
  /** In the order in which they were planned. */
  private armed: readonly Armed[] = []
  /** Steps that have begun and not ended, perhaps as nobody waits for them any more: what they still do must be undone too. */
  private readonly underWay = new Map<Promise<unknown>, { readonly planned: Planned; readonly step: Step }>()
  private anyInjected = false

  constructor(deps: Pick<EngineDeps, 'ledger' | 'clock'>) {
    this.deps = deps
  }

  /** One of them at least was injected whole. */
  get isAnyInjected(): boolean {
    return this.anyInjected
  }

  /** Plans every fault and writes each plan to the ledger before anything else is done with it. */
  async plan(scenario: Scenario, ctx: FaultContext): Promise<void> {
    for (const request of scenario.faults) {
      const undo = await request.plan(ctx)
      ctx.signal.throwIfAborted()
      const entry = await this.deps.ledger.append({ scenarioId: scenario.id, ...undo.record })
      this.planned.push({ undo, close: () => this.deps.ledger.close(entry), reverted: false })
    }
  }

  descriptions(): FaultDescription[] {
    return this.planned.map(({ undo }) => undo.description)
  }

  /** Sum of the slow-downs that the faults announce for the canary; null when none does. */
  canaryDelayMs(): number | null {
    const delays = this.descriptions().flatMap(({ canaryDelayMs }) => canaryDelayMs ?? [])
    return delays.length === 0 ? null : delays.reduce((sum, delay) => sum + delay, 0)
  }

  async arm(ctx: FaultContext): Promise<void> {
    const planned = this.planned.map((one) => ({ planned: one }))
    this.armed = await this.all('prepare', ctx, planned, async (of, own) => ({ ...of, fault: await of.planned.undo.arm(own) }))
  }

  async inject(ctx: FaultContext): Promise<void> {
    await this.all('inject', ctx, this.armed, async ({ fault }, own) => {
      await fault.inject(own)
      this.anyInjected = true
    })
  }

  /** All must bite: one part that does nothing makes the whole unproven. */
  async effect(ctx: FaultContext): Promise<Evidence> {
    return mergeEvidence(await this.all('effect', ctx, this.armed, ({ fault }, own) => fault.effect(own)))
  }

  /**
   * Each within `limitMs` and on `ctx`'s own signal. Steps that are still under way are waited for before, as they could
   * break again what is mended; not for long.
   * @returns what could not be reverted; a second call does nothing for what the first one has reverted.
   */
  async revert(ctx: UndoContext, limitMs: number): Promise<string[]> {
    await this.awaitAbandoned()
    const late = [...this.underWay.keys()]
    const failures = await revertAll(this.planned, ctx, limitMs)
    if (late.length === 0) return failures
    await this.awaitAbandoned()
    const still = late.flatMap((work) => this.underWay.get(work) ?? [])
    // Whoever cleans up later must find its record.
    for (const { planned } of still) planned.reverted = false
    const told = still.map(({ planned, step }) => `${step} of ${planned.undo.kind} goes on, and what it does is not undone`)
    if (told.length > 0) return [...failures, ...told]
    for (const planned of this.planned) planned.reverted = false
    return revertAll(this.planned, ctx, limitMs)
  }

  /** Proof that nothing is left; closes the ledger's entries of what is proven gone. @throws when one could not be looked for. */
  leftovers(ctx: UndoContext): Promise<string[]> {
    return leftoversOf(this.planned, ctx)
  }

  /** A step of every fault at once. When one fails the others are broken off, and it ends when all have. */
  private async all<Of extends { readonly planned: Planned }, T>(
    step: Step,
    ctx: FaultContext,
    faults: readonly Of[],
    work: (fault: Of, own: FaultContext) => Promise<T>,
  ): Promise<readonly T[]> {
    const works = faults.map(
      (fault) => (signal: AbortSignal) => this.tracked({ planned: fault.planned, step }, work(fault, { ...ctx, signal })),
    )
    return together(ctx.signal, works)
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

function mergeEvidence(parts: readonly Evidence[]): Evidence {
  const only = parts[0]
  if (parts.length === 1 && only !== undefined) return only
  const measures: Record<string, Evidence['measures'][string]> = {}
  for (const [index, part] of parts.entries()) {
    for (const [name, value] of Object.entries(part.measures)) measures[`fault${index + 1}_${name}`] = value
  }
  const escaped = parts.flatMap((part) => part.escaped ?? [])
  return {
    confirmed: parts.length > 0 && parts.every((part) => part.confirmed),
    summary: parts.map((part) => part.summary).join('; '),
    mechanism: [...new Set(parts.map((part) => part.mechanism))].join(' + '),
    measures,
    reasons: parts.length === 0 ? ['the scenario has no fault'] : parts.flatMap((part) => part.reasons),
    ...(escaped.length === 0 ? {} : { escaped }),
  }
}
