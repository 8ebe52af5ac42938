/**
 * A fault as its folder defines it, and what everybody else holds of it: a request that knows its own kind, so that nobody
 * can hand the spec of one to another, and an undo record that is read back by its own schema.
 */
import * as z from 'zod'
import { ChaosError } from '../core/errors.ts'
import type { Descriptor } from '../core/descriptor.ts'
import type { JsonObject } from '../core/json.ts'
import type { Evidence } from '../core/result/scenario.ts'
import type { FaultDescription, FaultKind, FaultRequest, Missing } from './fault.ts'
import type { FaultContext, UndoContext } from './context.ts'

/**
 * `Spec` is what an entry asks for, `Plan` the undo record, `Armed` what this process knows beyond it between `arm` and the
 * undo: baselines, what was hit, what still runs beside the fault.
 */
export interface FaultDefinition<Spec, Plan extends JsonObject, Armed> {
  /** In results and undo records; never changed, as records outlive the version that wrote them. */
  readonly kind: string
  readonly record: RecordFormat<Plan>
  /**
   * Resolves targets and records what undo needs; changes nothing.
   * @throws TARGET_NOT_FOUND for none, CAPABILITY_MISSING where the scenario is to be skipped, BAD_INPUT.
   */
  resolve(spec: Spec, ctx: FaultContext): Promise<Plan>
  /** Starts helpers (named in the plan) and takes the baseline that the effect is measured against. Nothing bites yet. */
  arm(plan: Plan, ctx: FaultContext): Promise<Armed>
  inject(plan: Plan, ctx: FaultContext, armed: Armed): Promise<void>
  /** Does it bite? Runs beside the during-expectations; may take until the window ends. */
  effect(plan: Plan, ctx: FaultContext, armed: Armed): Promise<Evidence>
  /** Takes it back; harmless when repeated. `armed` is null when another process armed it, or none came so far. */
  revert(plan: Plan, ctx: UndoContext, armed: Armed | null): Promise<void>
  /** What of this plan can still be found. Empty is the proof that it is gone. */
  leftovers(plan: Plan, ctx: UndoContext, armed: Armed | null): Promise<string[]>
  /** What the plan hits, and how, for the report. */
  describe(plan: Plan): FaultDescription
  /** How much longer than other faults it usually takes to arm, to inject, to hold and to revert, ms. 0 when left out. */
  usualMs?(spec: Spec): number
}

/** The undo record on disk. A change that an old record does not fit makes a new version. */
export interface RecordFormat<Plan extends JsonObject> {
  /** From 1. */
  readonly version: number
  readonly schema: z.ZodType<Plan>
  /** From the record of a version to that of the next one. A version that has none is refused. */
  readonly upgrades?: Readonly<Record<number, (plan: unknown) => unknown>>
}

export interface DefinedFault<Spec> extends FaultKind {
  /** `missing`: what the entry that asks for it needs of a stack, and the stack lacks. */
  request(spec: Spec, missing?: (descriptor: Descriptor) => readonly Missing[]): FaultRequest
}

export function defineFault<Spec, Plan extends JsonObject, Armed>(
  definition: FaultDefinition<Spec, Plan, Armed>,
): DefinedFault<Spec> {
  const { kind, record } = definition
  return {
    kind,
    version: record.version,
    request: (spec, missing = () => []) => ({
      kind,
      spec,
      usualMs: definition.usualMs?.(spec) ?? 0,
      missing,
      async plan(ctx) {
        // What could not be read back must not be written.
        const plan = checked(kind, record, await definition.resolve(spec, ctx), 'was planned')
        const description = definition.describe(plan)
        let armed: Armed | null = null
        return {
          kind,
          record: { kind, version: record.version, plan },
          description,
          targets: description.targets,
          async arm(armCtx) {
            const own = await definition.arm(plan, armCtx)
            armed = own
            return {
              inject: (injectCtx) => definition.inject(plan, injectCtx, own),
              effect: (effectCtx) => definition.effect(plan, effectCtx, own),
            }
          },
          revert: (undoCtx) => definition.revert(plan, undoCtx, armed),
          leftovers: (undoCtx) => definition.leftovers(plan, undoCtx, armed),
        }
      },
    }),
    readBack(version, stored) {
      const plan = checked(kind, record, upgraded(kind, record, version, stored), 'is in the undo record')
      return {
        kind,
        targets: definition.describe(plan).targets,
        revert: (ctx) => definition.revert(plan, ctx, null),
        leftovers: (ctx) => definition.leftovers(plan, ctx, null),
      }
    },
  }
}

function upgraded<Plan extends JsonObject>(kind: string, record: RecordFormat<Plan>, from: number, stored: unknown): unknown {
  let plan = stored
  for (let version = from; version !== record.version; version += 1) {
    const upgrade = record.upgrades?.[version]
    if (upgrade === undefined) {
      throw new ChaosError(
        'LEDGER_FAILED',
        `the undo record of ${kind} is of version ${from}, and this version of the action reads version ${record.version}: it is not executed`,
        { hint: 'Clean up with the version of the action that wrote it.' },
      )
    }
    plan = upgrade(plan)
  }
  return plan
}

function checked<Plan extends JsonObject>(kind: string, record: RecordFormat<Plan>, plan: unknown, where: string): Plan {
  const parsed = record.schema.safeParse(plan)
  if (parsed.success) return parsed.data
  const why = z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ').slice(0, 500)
  throw new ChaosError('LEDGER_FAILED', `what ${where} for ${kind} is no plan of it, so it is not executed: ${why}`)
}
