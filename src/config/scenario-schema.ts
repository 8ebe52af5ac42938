/** A scenario file as users write it: the schemas that check it and that editors get as JSON Schema. */
import * as z from 'zod'
import { SUITES } from '../core/model.ts'
import { actionKeys, CRASH_RULES, crashKeys } from './crash-schema.ts'
import type { ActionInput, CrashInput } from './crash-schema.ts'
import { expectSchema } from './expect-schema.ts'
import { attributesSchema, hasStream, linkSchema, streamSchema, TOXIC_NAMES, toxicitySchema } from './network-schema.ts'
import type { Attributes, ToxicName } from './network-schema.ts'
import { RESOURCE_KEYS, RESOURCE_NAMES } from './resource-schema.ts'
import type { ResourceInput } from './resource-schema.ts'
import { line, oneOf, prose, quantity, serviceName, shaped } from './schema-kit.ts'

const DAY_SECONDS = 86_400

export const SCENARIO_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const MAX_ENTRIES = 1_000

function seconds(description: string): z.ZodNumber {
  return quantity({ unit: 's', minimum: 0, above: true, maximum: DAY_SECONDS, description })
}

const profile = z.strictObject({ duration_seconds: seconds('Length of the fault window in this profile') })

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
  recovery_seconds: seconds('Limit of the recovery; the default is 20, and 60 in the full profile').optional(),
  exclusive: z
    .boolean()
    .meta({ description: 'It uses up the machine as well: where several stacks run side by side, no scenario runs beside it' })
    .optional(),
  profiles: z
    .strictObject({ smoke: profile.optional(), quick: profile.optional(), full: profile.optional() })
    .meta({ description: 'Values of their own for some profiles' })
    .optional(),
}

const network = { link: linkSchema.optional(), stream: streamSchema.optional(), toxicity: toxicitySchema.optional() }

function networkKeys(toxic: ToxicName): z.ZodRawShape {
  const streams = hasStream(toxic) ? network : { link: network.link }
  return { toxic: z.literal(toxic), attributes: attributesSchema(toxic), ...streams }
}

/** Schemas of one fault: alone in an entry, together with what every entry has, or as a part of a combined one. */
export interface FaultSchemas<Fault> {
  readonly entry: z.ZodType<CommonInput & Fault>
  readonly part: z.ZodType<Fault>
}

function schemasOf<Fault>(keys: z.ZodRawShape, rules: Readonly<Record<string, unknown>> = {}): FaultSchemas<Fault> {
  return {
    entry: z.strictObject({ ...common, ...keys }).meta(rules) as unknown as z.ZodType<CommonInput & Fault>,
    part: z.strictObject(keys).meta(rules) as unknown as z.ZodType<Fault>,
  }
}

function byName<Name extends string, Fault>(
  names: readonly Name[],
  schemas: (name: Name) => FaultSchemas<Fault>,
): Readonly<Record<Name, FaultSchemas<Fault>>> {
  return Object.fromEntries(names.map((name) => [name, schemas(name)])) as Record<Name, FaultSchemas<Fault>>
}

export const networkSchemas = byName(TOXIC_NAMES, (toxic) => schemasOf<NetworkInput>(networkKeys(toxic)))
export const crashSchemas = schemasOf<CrashInput>(crashKeys, CRASH_RULES)
export const actionSchemas = schemasOf<ActionInput>(actionKeys)
export const resourceSchemas = byName(RESOURCE_NAMES, (name) => schemasOf<ResourceInput>(RESOURCE_KEYS[name]))

export const MOST_PARTS = 20

function partsOf(part: z.ZodType): z.ZodType<unknown[]> {
  return z
    .array(part)
    .min(2, { error: 'takes at least two faults: one alone is an entry of its own' })
    .max(MOST_PARTS)
    .meta({ description: 'Faults that are on at the same time, each as in an entry of its own, without id and name' })
}

/** Its parts are checked one by one with the schema of their kind. */
export const combinedSchema = z.strictObject({ ...common, faults: partsOf(z.unknown()) })

export type CommonInput = z.output<z.ZodObject<typeof common>>
export interface NetworkInput {
  readonly toxic: ToxicName
  readonly attributes?: Attributes | undefined
  readonly link?: string | string[] | undefined
  readonly stream?: 'upstream' | 'downstream' | 'both' | undefined
  readonly toxicity?: number | undefined
}

const resourceKeyNames = [...new Set(RESOURCE_NAMES.flatMap((name) => Object.keys(RESOURCE_KEYS[name])))]

/** Which keys belong to which kind of entry; the first one of each names the fault. */
export const KIND_KEYS = {
  network: ['toxic', 'attributes', 'link', 'stream', 'toxicity'],
  crash: ['signal', ...Object.keys(crashKeys).filter((key) => key !== 'signal')],
  action: ['action', ...Object.keys(actionKeys).filter((key) => key !== 'action')],
  resource: ['resource', ...resourceKeyNames.filter((key) => key !== 'resource')],
  combined: ['faults'],
} as const satisfies Record<string, readonly [string, ...string[]]>
export type EntryKind = keyof typeof KIND_KEYS
export type FaultKind = Exclude<EntryKind, 'combined'>
export const COMMON_KEYS = Object.keys(common)

/** Checks what can be checked of an entry that does not say, or says twice, what it breaks. */
export const commonEntrySchema = z.object({ ...common, ...network })

const fileKeys = {
  $schema: z.string().max(2_000).optional(),
  name: line(200, 'What the scenarios of this file are about'),
  description: prose(4_000, 'For people').optional(),
  created_by: line(200, 'For people').optional(),
  date: line(100, 'For people').optional(),
  suite: oneOf(SUITES, 'Which suite they belong to; else the name of the folder says it, else it is chaos').optional(),
}

function listOf<T extends z.ZodType>(entry: T): z.ZodArray<T> {
  return z.array(entry).min(1, { error: 'is empty: a file without a scenario checks nothing' }).max(MAX_ENTRIES)
}

/** The file around its entries, which are checked one by one with the schema of their kind. */
export const scenarioFileSchema = z.strictObject({ ...fileKeys, scenarios: listOf(z.unknown()) })

function allOf(form: 'entry' | 'part'): z.ZodType {
  const group = (schemas: Readonly<Record<string, FaultSchemas<unknown>>>): [z.ZodObject, ...z.ZodObject[]] =>
    Object.values(schemas).map((each) => each[form]) as unknown as [z.ZodObject, ...z.ZodObject[]]
  return z.union([
    z.discriminatedUnion('toxic', group(networkSchemas)),
    crashSchemas[form],
    actionSchemas[form],
    z.discriminatedUnion('resource', group(resourceSchemas)),
  ])
}

/** The whole file for editors. */
export const scenarioFileJsonSchema = z
  .strictObject({
    ...fileKeys,
    scenarios: listOf(z.union([allOf('entry'), z.strictObject({ ...common, faults: partsOf(allOf('part')) })])),
  })
  .meta({ title: 'chaos-action scenarios' })
