/**
 * A clause as its folder defines it: a schema, from which its type, the published schema, the README's row and the names that
 * a stack must have are derived, and the steps that observe it, of which it gives the first that it needs.
 */
import type * as z from 'zod'
import type { BegunClause, ClausePhase, Expectation, Observation, SteadyClause } from './clause.ts'
import type { Descriptor } from '../core/descriptor.ts'
import type { ClauseContext } from './context.ts'
import { missingNames } from './references.ts'

export interface ClauseTerms<Schema extends z.ZodObject> {
  /** The key of `expect` that holds it; never changed, as scenario files and results name it. */
  readonly key: string
  /** Its keys with their units and limits, and rules over several of them. Its description is what the README says of it. */
  readonly schema: Schema
  /** One line for people: what will be asserted. */
  text(spec: z.output<Schema>): string
  /** Why it cannot stand in that phase; null when it can. It can stand in both when left out. */
  wrongPhase?(spec: z.output<Schema>, phase: ClausePhase): string | null
  /** What it needs of a stack beside the names in its keys, and this one lacks; null when nothing. */
  lacks?(descriptor: Descriptor, spec: z.output<Schema>): string | null
  /** The longest that `observe` may need beyond the planned end of the window, ms. 0 when left out. */
  afterWindowMs?(spec: z.output<Schema>): number
}

/** As of `Expectation`. A clause that compares with nothing leaves out `steady`, one that needs nothing under way `begin`. */
export type ClauseSteps<Spec> =
  | { steady(spec: Spec, ctx: ClauseContext): Promise<SteadyClause | BegunClause> }
  | { begin(spec: Spec, ctx: ClauseContext): Promise<BegunClause> }
  | { observe(spec: Spec, ctx: ClauseContext): Promise<Observation> }

export interface DefinedClause<Spec = unknown> {
  readonly key: string
  readonly schema: z.ZodObject
  /** null as well for what is no spec of it: its schema tells that. */
  wrongPhase(spec: unknown, phase: ClausePhase): string | null
  expect(spec: Spec, phase: ClausePhase): Expectation
  /** @throws ZodError for what is no spec of it: scenario files are checked before. */
  read(spec: unknown, phase: ClausePhase): Expectation
}

export function defineClause<Schema extends z.ZodObject>(
  clause: ClauseTerms<Schema> & ClauseSteps<z.output<Schema>>,
): DefinedClause<z.output<Schema>> {
  const expectation = (spec: z.output<Schema>, phase: ClausePhase): Expectation => ({
    ...{ kind: clause.key, phase, spec, text: clause.text(spec), afterWindowMs: clause.afterWindowMs?.(spec) ?? 0 },
    missing(descriptor) {
      const lacking = clause.lacks?.(descriptor, spec) ?? null
      const names = missingNames(clause.schema.shape, spec, descriptor)
      return lacking === null ? names : [...names, { path: [], message: lacking }]
    },
    async steady(ctx) {
      if (!('steady' in clause)) return { begin: (beginCtx) => begun(clause, spec, beginCtx) }
      const taken = await clause.steady(spec, ctx)
      return 'begin' in taken ? taken : { begin: () => Promise.resolve(taken) }
    },
  })
  return {
    key: clause.key,
    schema: clause.schema,
    wrongPhase(spec, phase) {
      const { data } = clause.schema.safeParse(spec)
      return data === undefined ? null : (clause.wrongPhase?.(data, phase) ?? null)
    },
    expect: expectation,
    read: (spec, phase) => expectation(clause.schema.parse(spec), phase),
  }
}

async function begun<Spec>(
  clause: Exclude<ClauseSteps<Spec>, { steady: unknown }>,
  spec: Spec,
  ctx: ClauseContext,
): Promise<BegunClause> {
  if ('begin' in clause) return clause.begin(spec, ctx)
  return { observe: (observeCtx) => clause.observe(spec, observeCtx) }
}
