/** Clauses of `expect` as everybody but their own folders sees them. */
import type { Descriptor } from '../core/descriptor.ts'
import type { Missing } from './fault.ts'
import type { ClauseContext } from './context.ts'

/** While the fault bites, or after it was reverted. */
export type ClausePhase = 'during' | 'after'

/**
 * One clause that a scenario asks for. It knows its kind, and nobody else needs to: what it asks for (`spec`) is read by that
 * kind alone, so that no other can be handed it. The steps follow from each other: what was not begun cannot be observed.
 */
export interface Expectation {
  readonly kind: string
  readonly phase: ClausePhase
  /** For people and tests. */
  readonly spec: unknown
  /** One line for people: what will be asserted. */
  readonly text: string
  /** The longest that `observe` may need beyond the planned end of the window, ms: the fault is held for it. */
  readonly afterWindowMs: number
  /** What it needs of a stack and this one does not have, with the keys of the clause that ask for it. */
  missing(descriptor: Descriptor): readonly Missing[]
  /**
   * Takes in the steady state what `observe` compares with.
   * @throws CAPABILITY_MISSING where the scenario is to be skipped, TARGET_NOT_FOUND.
   */
  steady(ctx: ClauseContext): Promise<SteadyClause>
}

export interface SteadyClause {
  /** Just before the fault is injected: starts what must be under way when it is. `ctx.window()` throws until inject has returned. */
  begin(ctx: ClauseContext): Promise<BegunClause>
}

export interface BegunClause {
  /** Observes for as long as the clause needs, at most until its limit, and judges. A target that is down is a value, not a throw. */
  observe(ctx: ClauseContext): Promise<Observation>
  /** Ends what runs beside the fault. Called at the scenario's end whatever happened; idempotent. */
  stop?(): void
}

export interface Observation {
  readonly expected: string
  readonly observed: string
  /** null: could not be decided, for example too few samples. */
  readonly met: boolean | null
}
