/** Faults as everybody but their own folders sees them. */
import type { Descriptor } from '../core/descriptor.ts'
import type { JsonObject } from '../core/json.ts'
import type { Evidence } from '../core/result/scenario.ts'
import type { FaultContext, UndoContext } from './context.ts'

/**
 * One fault that a scenario asks for. It knows its kind, and nobody else needs to: what it asks for (`spec`) is read by that
 * kind alone, so that no other can be handed it.
 */
export interface FaultRequest {
  readonly kind: string
  /** For people and tests. */
  readonly spec: unknown
  /** How much longer than other faults it usually takes, ms. */
  readonly usualMs: number
  /** What it needs of a stack and this one does not have, with the keys of the entry that ask for it. */
  missing(descriptor: Descriptor): readonly Missing[]
  /** Resolves targets and records what undo needs; nothing is changed. @throws as `resolve` of the fault's definition. */
  plan(ctx: FaultContext): Promise<PlannedFault>
}

/** A key of a fault or clause that asks for something, and in words what the stack lacks for it. */
export interface Missing {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What it takes to undo a fault, known to this process or read from the undo record. */
export interface Undo {
  readonly kind: string
  /** Names of what it hits: two that share one are undone one after the other, the newest first. */
  readonly targets: readonly string[]
  /** Idempotent. */
  revert(ctx: UndoContext): Promise<void>
  /** Proof that it is gone: what of it can still be found. Empty is clean. */
  leftovers(ctx: UndoContext): Promise<string[]>
}

/** On disk before anything is done: enough for another process to undo it. */
export interface UndoRecord {
  readonly kind: string
  /** Of the shape of `plan`. */
  readonly version: number
  readonly plan: JsonObject
}

/** A fault of which only the kind is known: enough to undo what it wrote. */
export interface FaultKind {
  readonly kind: string
  /** Of the undo records that it writes. */
  readonly version: number
  /** @throws LEDGER_FAILED with a sentence for a record of a version that is not known, or that does not fit its schema. */
  readBack(version: number, plan: unknown): Undo
}

export interface PlannedFault extends Undo {
  readonly record: UndoRecord
  readonly description: FaultDescription
  /** Starts helpers and takes the baseline of the effect's measure; nothing bites yet. */
  arm(ctx: FaultContext): Promise<ArmedFault>
}

export interface ArmedFault {
  inject(ctx: FaultContext): Promise<void>
  /** Does it bite? Runs beside the during-expectations; may take until the window ends. */
  effect(ctx: FaultContext): Promise<Evidence>
}

export interface FaultDescription {
  /** Link or container names, for people. */
  readonly targets: readonly string[]
  /** Services whose containers the fault touches; a control is never one of them. */
  readonly services: readonly string[]
  readonly mechanism: string
  /** Names of the links that it is on; left out, it is on the containers of `services`. */
  readonly links?: readonly string[]
  /** By how much the canary should slow down; left out, or null, where the fault does not say so. */
  readonly canaryDelayMs?: number | null
  /** It sends a crowd of its own, whose connections the system may keep for a while. */
  readonly crowd?: boolean
  /** What is stored may have suffered from it, by a death or by a write that found no room. */
  readonly risksData?: boolean
  /** Each container that it tells to have hit dies of it once at most: what dies again does so by itself. */
  readonly endsOnce?: boolean
  /** Nothing can serve as a control. Left out, nothing can where these are all services of the stack. */
  readonly everything?: boolean
}
