/** Keys that specs of several clauses have. */
import type * as z from 'zod'
import { line, quantity } from '../../kinds/schema-kit.ts'
import { refersTo } from '../../kinds/references.ts'

export const REQUEST_DEADLINE_MS = 600_000

/** 0…1. Zero is refused: a share that everything has is no expectation. */
export function share(description: string): z.ZodNumber {
  return quantity({ minimum: 0, above: true, maximum: 1, description })
}

export function withinSeconds(description: string): z.ZodNumber {
  return quantity({ unit: 's', minimum: 0, above: true, maximum: 600, description })
}

/** The same key in every clause that may hold once instead of all the time, or at the end. */
export function eventuallyWithinSeconds(holds: string): z.ZodNumber {
  return withinSeconds(
    `Enough that ${holds} at some moment within this time, from the fault on or from the beginning of the phase after it`,
  )
}

export function whole(minimum: number, description: string): z.ZodNumber {
  return quantity({ minimum, maximum: 1_000_000_000, integer: true, description })
}

/** A clause that gives none of its keys says nothing, but for those that only tell what it is about. The message has their names. */
export function atLeastOne<Schema extends z.ZodObject>(schema: Schema, about: readonly string[] = []): Schema {
  const keys = Object.keys(schema.shape).filter((key) => !about.includes(key))
  return schema.refine((spec) => keys.some((key) => Object.hasOwn(spec, key)), {
    error: `says nothing: give at least one of ${keys.join(', ')}`,
  })
}

/** The stack must have a request of that name, and of that kind where one is given. */
export function requestName(kind: string | null = null): z.ZodString {
  const which = kind === null ? '' : ` of kind ${kind}`
  return refersTo('request', line(64, `One of the descriptor's requests${which}`), kind)
}
