/**
 * Keys whose value is a name that the stack must have. The schema that makes such a key says so here, and what the stack
 * lacks is derived from it: a key that is renamed takes its check along.
 */
import * as z from 'zod'
import type { Descriptor } from '../core/descriptor.ts'
import type { Missing } from './fault.ts'
import { didYouMean } from '../core/suggest.ts'
import { listText, show } from './display.ts'

const NAMES = {
  service: ({ services }: Descriptor) => services.map(({ name }) => name),
  request: ({ requests }: Descriptor, kind: string | null) =>
    Object.keys(requests).filter((name) => kind === null || requests[name]?.kind === kind),
} as const

export type Referred = keyof typeof NAMES

const referred = new WeakMap<z.ZodType, { readonly what: Referred; readonly kind: string | null }>()

/**
 * `kind`: of the requests that will do, where not any will.
 * @returns the schema, which now refers to names of the stack. It must be used as it is: a copy with other `meta` refers to nothing.
 */
export function refersTo<Schema extends z.ZodType>(what: Referred, schema: Schema, kind: string | null = null): Schema {
  referred.set(schema, { what, kind })
  return schema
}

/** Names in `value`, which has the keys of `shape`, that the stack does not have. */
export function missingNames(shape: z.ZodRawShape, value: Readonly<Record<string, unknown>>, descriptor: Descriptor): Missing[] {
  return Object.entries(shape).flatMap(([key, schema]) => missingIn(schema as z.ZodType, value[key], [key], descriptor))
}

function missingIn(schema: z.ZodType, value: unknown, path: readonly (string | number)[], descriptor: Descriptor): Missing[] {
  const reference = referred.get(schema)
  if (reference !== undefined) {
    const { what, kind } = reference
    const names = NAMES[what](descriptor, kind)
    const noun = kind === null ? what : `${kind} ${what}`
    return typeof value !== 'string' || names.includes(value) ? [] : [{ path, message: unknownName(noun, value, names) }]
  }
  if (schema instanceof z.ZodOptional) return missingIn(schema.unwrap() as z.ZodType, value, path, descriptor)
  if (schema instanceof z.ZodUnion) {
    const fitting = (schema.options as z.ZodType[]).filter((option) => option.safeParse(value).success)
    return fitting.slice(0, 1).flatMap((option) => missingIn(option, value, path, descriptor))
  }
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.flatMap((item, index) => missingIn(schema.element as z.ZodType, item, [...path, index], descriptor))
  return []
}

export function unknownName(what: string, name: string, names: readonly string[]): string {
  const list = names.length === 0 ? `there are no ${what}s` : `known: ${listText(names)}`
  return `there is no ${what} ${show(name)}${didYouMean(name, names)} (${list})`
}
