/** The `expect` block, made from the registry of the clauses: what makes the prose of `expected_behavior` checkable. */
import * as z from 'zod'
import { CLAUSES } from '../../clauses/registry.ts'
import type { ClausePhase, Expectation } from '../../kinds/clause.ts'
import { oneOf } from '../../kinds/schema-kit.ts'

const KEYS = CLAUSES.map(({ key }) => key)

/** One of the kinds per clause. `when` lets the count be checked even where a spec has mistakes of its own. */
export const clauseSchema = z
  .strictObject({
    phase: oneOf(['during', 'after'], 'While the fault bites (the default), or after it was reverted').optional(),
    ...Object.fromEntries(CLAUSES.map(({ key, schema }) => [key, schema.optional()])),
  })
  .refine((clause) => asked(clause).length === 1, {
    error: ({ input }) => `must hold exactly one of ${KEYS.join(', ')}; it has ${namesOf(input)}`,
    when: (payload) => typeof payload.value === 'object' && payload.value !== null,
  })
  .superRefine((clause, ctx) => {
    for (const { kind, spec } of asked(clause)) {
      const wrong = kind.wrongPhase(spec, phaseOf(clause))
      if (wrong !== null) ctx.addIssue({ code: 'custom', message: `has ${kind.key} in the wrong phase: ${wrong}` })
    }
  })
  .meta({ oneOf: KEYS.map((key) => ({ required: [key] })) })

export const expectSchema = z
  .array(clauseSchema)
  .min(1, { error: 'is an empty list: leave it out, or say what must hold' })
  .max(50)
  .meta({ id: 'expect', description: 'What must hold; without it only effect and recovery are judged' })

type ClauseInput = z.output<typeof clauseSchema>

/** Of a clause that the schema let through. */
export function toExpectation(clause: ClauseInput): Expectation {
  const [only] = asked(clause)
  if (only === undefined) throw new TypeError('a clause without a kind passed the schema')
  return only.kind.read(only.spec, phaseOf(clause))
}

function phaseOf({ phase = 'during' }: { readonly phase?: ClausePhase | undefined }): ClausePhase {
  return phase
}

/** The kinds that a clause has, one if it is right. */
function asked(clause: unknown): { readonly kind: (typeof CLAUSES)[number]; readonly spec: unknown }[] {
  if (typeof clause !== 'object' || clause === null) return []
  const given = new Map<string, unknown>(Object.entries(clause))
  return CLAUSES.filter(({ key }) => given.has(key)).map((kind) => ({ kind, spec: given.get(kind.key) }))
}

function namesOf(clause: unknown): string {
  const names = asked(clause).map(({ kind }) => kind.key)
  return names.length === 0 ? 'none' : names.join(' and ')
}
