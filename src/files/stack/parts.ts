/** What several parts of the descriptor's schema are made of. */
import type * as z from 'zod'
import { port, serviceName } from '../../kinds/schema-kit.ts'

export const MAX_REPLICAS = 1_000

export const endpoint = { service: serviceName('A service of the stack'), port: port('Port inside the stack’s network') }

export function orNull<T extends z.ZodType>(schema: T, description: string): z.ZodDefault<z.ZodNullable<T>> {
  return schema.nullable().default(null).meta({ description })
}
