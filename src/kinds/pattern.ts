/** Regular expressions that users write. */
import * as z from 'zod'
import { wrong } from './schema-kit.ts'

const MAX_LENGTH = 500

/** @throws SyntaxError for what is none. */
export function compiled(pattern: string): RegExp {
  return new RegExp(pattern, 'su')
}

export function regularExpression(description: string): z.ZodString {
  return z
    .string({ error: ({ input }) => wrong(input, 'a regular expression') })
    .min(1, { error: 'is empty' })
    .max(MAX_LENGTH, { error: `is longer than ${MAX_LENGTH} characters` })
    .refine((pattern) => problemOf(pattern) === null, {
      error: ({ input }) => `is no regular expression: ${String(problemOf(String(input)))}`,
    })
    .meta({ description })
}

function problemOf(pattern: string): string | null {
  try {
    compiled(pattern)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
