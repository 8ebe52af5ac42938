/** A scenario file as users write it: the schemas that check it and that editors get as JSON Schema. */
import * as z from 'zod'
import { SUITES } from '../../core/model.ts'
import type { EntryForm } from '../../kinds/define-entry.ts'
import { GROUPS, type EntryGroup } from './entry-groups.ts'
import { expectSchema } from './expect-schema.ts'
import { line, oneOf, prose, quantity, schemaKey, serviceName, shaped } from '../../kinds/schema-kit.ts'

const DAY_SECONDS = 86_400

export const SCENARIO_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const MAX_ENTRIES = 1_000

function seconds(description: string): z.ZodNumber {
  return quantity({ unit: 's', minimum: 0, above: true, maximum: DAY_SECONDS, description })
}

const profile = z
  .strictObject({ duration_seconds: seconds('Length of the fault window in this profile') })
  .meta({ description: 'Values of its own in this profile' })
  .transform(({ duration_seconds: own }) => own)

const common = {
  id: shaped(
    SCENARIO_ID,
    'an id of 1 to 64 letters, digits, dots, dashes and underscores that begins with a letter or digit',
    'Unique over all scenario files, for example NF-006',
  ),
  name: line(200, 'What the scenario does, in one line'),
  expected_behavior: prose(4_000, 'What should happen, for people; expect makes it checkable'),
  description: prose(4_000, 'More about it, for people').optional(),
  duration_seconds: seconds('How long the fault is held in the full profile; the default is 30').optional(),
  expect: expectSchema.optional(),
  control: serviceName('A service that must stay untouched; chosen by the engine where it is left out').optional(),
  may_die: z
    .array(serviceName('A service'))
    .min(1)
    .max(100)
    .meta({
      description:
        'Services that may die, restart or turn unhealthy although the fault does not aim at them, or more often than it kills them; of others it is a miss',
    })
    .optional(),
  recovery_seconds: seconds('Limit of the recovery; the default is 20, and 60 in the full profile').optional(),
  exclusive: z
    .boolean()
    .meta({ description: 'It uses up the machine as well: where several stacks run side by side, no scenario runs beside it' })
    .optional(),
  fresh_stack: z
    .boolean()
    .meta({
      description: 'It runs on a stack on which no other scenario has run: where one has, the stack is made anew before it',
    })
    .optional(),
  unused: oneOf(
    ['allowed'],
    'What the fault breaks need not be used by the system itself; where this is left out, a fault that nobody met is no proof',
  ).optional(),
  profiles: z
    .strictObject({ smoke: profile.optional(), quick: profile.optional(), full: profile.optional() })
    .meta({ description: 'Values of their own for some profiles' })
    .optional(),
}

/** What every entry has beside the keys of its fault. Other keys are left out. */
export const commonSchema = z.object(common)
export const COMMON_KEYS = Object.keys(common)

/** Of one fault: alone in an entry, together with what every entry has, or as a part of a combined one. */
export function schemaOf(form: EntryForm, place: 'entry' | 'part'): z.ZodObject {
  const { key, shape, rules, docs } = form
  const named = shape[key] as z.ZodType
  // A key whose value names the fault says of it what the README does.
  const choosing = named.description === undefined ? { [key]: named.meta({ description: docs.what }) } : {}
  return z.strictObject({ ...(place === 'entry' ? common : {}), ...shape, ...choosing }).meta(rules)
}

const MOST_PARTS = 20

function partsOf(part: z.ZodType): z.ZodType<unknown[]> {
  return z
    .array(part)
    .min(2, { error: 'takes at least two faults: one alone is an entry of its own' })
    .max(MOST_PARTS)
    .meta({ description: 'Faults that are on at the same time, each as in an entry of its own, without id and name' })
}

/** Its parts are checked one by one with the schema of their kind. */
export const combinedSchema = z.strictObject({ ...common, faults: partsOf(z.unknown()) })

export type CommonInput = z.output<typeof commonSchema>

const fileKeys = {
  $schema: schemaKey(),
  name: line(200, 'What the scenarios of this file are about'),
  description: prose(4_000, 'For people').optional(),
  created_by: line(200, 'For people').optional(),
  date: line(100, 'For people').optional(),
  suite: oneOf(SUITES, 'Which suite they belong to; else the name of the folder says it, else it is chaos').optional(),
}

function listOf<T extends z.ZodType>(entry: T): z.ZodArray<T> {
  return z
    .array(entry)
    .min(1, { error: 'is empty: a file without a scenario checks nothing' })
    .max(MAX_ENTRIES)
    .meta({ description: 'Faults to be tried, and what is expected then; each has an id of its own' })
}

/** The file around its entries, which are checked one by one with the schema of their kind. */
export const scenarioFileSchema = z.strictObject({ ...fileKeys, scenarios: listOf(z.unknown()) })

function allOf(place: 'entry' | 'part'): z.ZodType {
  return z.union(GROUPS.map((group) => ofGroup(group, place)))
}

function ofGroup({ key, forms }: EntryGroup, place: 'entry' | 'part'): z.ZodType {
  const [first, ...others] = forms.map((form) => schemaOf(form, place))
  if (first === undefined || others.length === 0) return first ?? z.never()
  return z.discriminatedUnion(key, [first, ...others])
}

/** The whole file for editors. */
export const scenarioFileJsonSchema = z
  .strictObject({
    ...fileKeys,
    scenarios: listOf(z.union([allOf('entry'), z.strictObject({ ...common, faults: partsOf(allOf('part')) })])),
  })
  .meta({ title: 'chaos-action scenarios' })
