/** The faults of one scenario, from plan to proof that they are gone. */
import { ChaosError, describeError, isChaosError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { Evidence } from '../core/model.ts'
import type { Fault, FaultContext, FaultDescription, UndoContext } from '../core/ports.ts'
import type { FaultRequest, Scenario } from '../core/scenario.ts'
import { withDeadline } from '../core/wait.ts'
import { REVERT_BUDGET_MS } from './options.ts'
import type { EngineDeps } from './deps.ts'

interface Planned {
  readonly fault: Fault
  readonly plan: JsonObject
  readonly entry: number
  readonly description: FaultDescription
}

export class FaultSet {
  private readonly planned: Planned[] = []
  private readonly deps: EngineDeps
  private reverted = false

  constructor(deps: EngineDeps) {
    this.deps = deps
  }

  /** Plans every fault and writes each plan to the ledger before anything else is done with it. */
  async plan(scenario: Scenario, ctx: FaultContext): Promise<void> {
    for (const request of scenario.faults) {
      const fault = faultOf(this.deps, scenario, request)
      const plan = await fault.plan(request.spec, ctx)
      const entry = await this.deps.ledger.append({ scenarioId: scenario.id, kind: fault.kind, plan })
      this.planned.push({ fault, plan, entry, description: fault.describe(plan) })
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
    await Promise.all(this.planned.map(({ fault, plan }) => fault.prepare(plan, ctx)))
  }

  async inject(ctx: FaultContext): Promise<void> {
    await Promise.all(this.planned.map(({ fault, plan }) => fault.inject(plan, ctx)))
  }

  /** All must bite: one part that does nothing makes the whole unproven. */
  async effect(ctx: FaultContext): Promise<Evidence> {
    const parts = await Promise.all(this.planned.map(({ fault, plan }) => fault.effect(plan, ctx)))
    return mergeEvidence(parts)
  }

  /**
   * Newest first on each target, targets in parallel, each within the revert budget and on `ctx`'s own signal.
   * @returns what could not be reverted; a second call does nothing when the first one succeeded.
   */
  async revert(ctx: UndoContext): Promise<string[]> {
    if (this.reverted) return []
    const tails = new Map<string, Promise<void>>()
    const failures: string[] = []
    const all = [...this.planned].reverse().map((planned) => {
      const before = planned.description.targets.flatMap((target) => tails.get(target) ?? [])
      const own = Promise.all(before).then(() => revertOne(planned, ctx, failures))
      for (const target of planned.description.targets) tails.set(target, own)
      return own
    })
    await Promise.all(all)
    this.reverted = failures.length === 0
    return failures
  }

  /** Proof that nothing is left; closes the ledger's entries of what is proven gone. */
  async leftovers(ctx: UndoContext): Promise<string[]> {
    const found: string[] = []
    for (const { fault, plan, entry } of this.planned) {
      const left = await fault.leftovers(plan, ctx)
      found.push(...left)
      if (left.length === 0 && this.reverted) await this.deps.ledger.close(entry)
    }
    return found
  }
}

function faultOf(deps: EngineDeps, scenario: Scenario, request: FaultRequest): Fault {
  const fault = deps.faults.get(request.kind)
  if (fault !== undefined) return fault
  const known = [...deps.faults.keys()].sort().join(', ')
  throw new ChaosError('BAD_INPUT', `${scenario.id}: this version has no fault of kind ${request.kind} (it has: ${known})`)
}

async function revertOne(planned: Planned, ctx: UndoContext, failures: string[]): Promise<void> {
  try {
    await withDeadline(`reverting ${planned.fault.kind}`, REVERT_BUDGET_MS, ctx.signal, (signal) =>
      planned.fault.revert(planned.plan, { ...ctx, signal }),
    )
  } catch (error) {
    const what = `${planned.fault.kind} on ${planned.description.targets.join(', ')}`
    failures.push(isChaosError(error, 'ABORTED') ? `${what}: the revert was cut short` : `${what}: ${describeError(error, 500)}`)
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
