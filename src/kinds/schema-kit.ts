/** Building blocks of the schemas, whose messages say what is allowed and what was found. */
import * as z from 'zod'
import { show } from './display.ts'
import { refersTo } from './references.ts'
import { jmespathProblem, MAX_JMESPATH_LENGTH } from './jmespath.ts'

export interface Quantity {
  /** ms, s, %, bytes …; what follows `;` or ` (` explains and is left out of messages. */
  readonly unit?: string
  readonly minimum: number
  readonly maximum: number
  /** The minimum itself is refused. */
  readonly above?: boolean
  readonly integer?: boolean
  readonly description?: string
}

/** A number in a range; each of its mistakes gets the same whole message. */
export function quantity(rule: Quantity): z.ZodNumber {
  const unit = rule.unit?.split(/;| \(/)[0] ?? null
  const noun = rule.integer === true ? 'a whole number' : 'a number'
  const from = rule.above === true ? `above ${rule.minimum} and up to` : `from ${rule.minimum} to`
  const allowed = `${noun}${unit === null ? '' : ` in ${unit}`}, ${from} ${rule.maximum}`
  const error = (issue: { readonly input?: unknown }): string => wrong(issue.input, allowed, numberHint(issue.input, unit))
  const base = rule.integer === true ? z.int({ error }) : z.number({ error })
  const low = rule.above === true ? base.gt(rule.minimum, { error }) : base.min(rule.minimum, { error })
  return low
    .max(rule.maximum, { error })
    .meta({ description: rule.description ?? (rule.unit === undefined ? allowed : `in ${rule.unit}`) })
}

/** "500ms" where 500 was meant: said only when the unit is the right one, as nobody knows what "5s" of milliseconds is. */
function numberHint(input: unknown, unit: string | null): string {
  if (typeof input !== 'string') return ''
  const parts = /^\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*([^\d\s]{0,10})\s*$/.exec(input)
  if (parts === null || (parts[2] !== '' && parts[2] !== unit)) return ''
  return `: write ${parts[1] ?? ''} without quotes and unit`
}

export function wrong(input: unknown, allowed: string, hint = ''): string {
  return input === undefined ? `is missing: it must be ${allowed}` : `must be ${allowed}, not ${show(input)}${hint}`
}

export function milliseconds(minimum: number, maximum: number, description: string): z.ZodNumber {
  return quantity({ unit: 'ms', minimum, maximum, integer: true, description })
}

/** How many of something: one at least. */
export function count(maximum: number, description: string): z.ZodNumber {
  return quantity({ minimum: 1, maximum, integer: true, description })
}

export function port(description: string): z.ZodNumber {
  return count(65_535, description)
}

/** Text of a given shape: `pattern` must match all of it. */
export function shaped(pattern: RegExp, allowed: string, description: string, maximum = 1_000): z.ZodString {
  const error = (issue: { readonly input?: unknown }): string => wrong(issue.input, allowed)
  return z.string({ error }).max(maximum, { error }).regex(pattern, { error }).meta({ description })
}

/** The key of a file that tells an editor which schema it has. */
export function schemaKey(): z.ZodOptional<z.ZodString> {
  return z.string().max(2_000).meta({ description: 'Where editors find the schema of this file' }).optional()
}

/** Of the service that is asked: `//host` and `/\host` are addresses of others for whoever reads them as browsers do. */
export function urlPath(description: string): z.ZodString {
  const allowed = 'a path that begins with one / and holds no blank, backslash or #'
  return shaped(/^\/(?!\/)[^\s#\\\p{Cc}]*$/u, allowed, description, 2_000)
}

/** One line of 1 to `maximum` characters without control characters. */
export function line(maximum: number, description: string): z.ZodString {
  return shaped(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, `one line of 1 to ${maximum} characters`, description, maximum)
}

/** Prose, of several lines if need be. */
export function prose(maximum: number, description: string): z.ZodString {
  return shaped(/\S/, `text of 1 to ${maximum} characters`, description, maximum)
}

export const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** Where it is a key of a fault or clause, the stack must have a service of that name. */
export function serviceName(description: string): z.ZodString {
  return refersTo('service', shaped(SERVICE_NAME, 'the name of a compose service', description))
}

export function jmespath(description: string): z.ZodString {
  const allowed = `a JMESPath expression of 1 to ${MAX_JMESPATH_LENGTH} characters`
  const error = (issue: { readonly input?: unknown }): string => wrong(issue.input, allowed)
  return z
    .string({ error })
    .min(1, { error, abort: true })
    .max(MAX_JMESPATH_LENGTH, { error, abort: true })
    .superRefine((text, ctx) => {
      const problem = jmespathProblem(text)
      if (problem !== null) ctx.addIssue({ code: 'custom', message: problem })
    })
    .meta({ description: `${description} (JMESPath)` })
}

export function statuses(description: string): z.ZodArray<z.ZodNumber> {
  return z
    .array(quantity({ minimum: 100, maximum: 599, integer: true, description: 'an HTTP status' }))
    .min(1)
    .max(50)
    .meta({ description })
}

export function oneOf<const Names extends readonly [string, ...string[]]>(
  names: Names,
  description: string,
): z.ZodEnum<{ [K in Names[number]]: K }> {
  return z.enum(names).meta({ description })
}
