import type { z } from 'zod'

/** A value that survives JSON.stringify → JSON.parse unchanged: what plans and the ledger are made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** An object whose every value is Json. Written as a mapped type so that interfaces are assignable. */
export type JsonObject = { readonly [key: string]: Json }

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Read-only all the way down, arrays and tuples too. Json, which is recursive and read-only already, is left as it is. */
export type DeepReadonly<T> = Json extends T ? T : T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/** What a text says by the schema; null when it is no JSON, or has another shape. */
export function parseAs<T>(schema: z.ZodType<T>, text: string): T | null {
  return schema.safeParse(parseJson(text)).data ?? null
}
