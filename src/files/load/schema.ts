/** A manifest of load patterns as users write it. */
import * as z from 'zod'
import { LOAD_MEASURES, LOAD_MODELS, type LoadScale } from '../../core/load.ts'
import { SCENARIO_ID } from '../scenarios/schema.ts'
import { count, line, oneOf, prose, quantity, schemaKey, shaped } from '../../kinds/schema-kit.ts'

const DAY_SECONDS = 86_400
const MOST_USERS = 1_000_000
export const MAX_PATTERNS = 200

const scale = z
  .strictObject({
    duration_seconds: quantity({
      unit: 's',
      minimum: 1,
      maximum: DAY_SECONDS,
      description: 'Length of all stages together in this profile',
    }).optional(),
    users: count(MOST_USERS, 'Users at the highest stage').optional(),
    gate_users: count(
      MOST_USERS,
      "The gate in this profile, of its own users; left out, the pattern's is scaled with the users",
    ).optional(),
  })
  .refine((value) => Object.keys(value).length > 0, { error: 'says nothing: give duration_seconds, users or gate_users' })
  .meta({ description: 'How long, and with how many users, in this profile', minProperties: 1 })
  .transform(({ duration_seconds: durationSeconds, users, gate_users: gateUsers }): LoadScale => ({
    durationSeconds,
    users,
    gateUsers,
  }))

export const patternSchema = z.strictObject({
  id: shaped(
    SCENARIO_ID,
    'an id of 1 to 64 letters, digits, dots, dashes and underscores that begins with a letter or digit',
    'Unique over all scenarios and patterns, for example LT-004',
  ),
  name: line(200, 'What the pattern does, in one line'),
  script: shaped(
    /^(?!\/)[^\\\p{Cc}]*[^\\/\p{Cc}]\.(?:m?js|ts)$/u,
    'the relative path of a k6 script (.js, .mjs or .ts)',
    'The k6 script, relative to this file',
  ),
  expected_behavior: prose(4_000, 'What should happen, for people; thresholds make it checkable'),
  description: prose(4_000, 'More about it, for people').optional(),
  thresholds: z
    .array(line(300, 'One limit, for example "http_req_duration p95 < 500 ms"'))
    .min(1)
    .max(50)
    .optional()
    .meta({ description: "Limits that take the place of the script's own" }),
  gate_users: count(
    MOST_USERS,
    'Up to so many users, of those of the script, the limits decide; above them they are measured only',
  ).optional(),
  measure: z
    .array(oneOf(LOAD_MEASURES, 'Where the system breaks; how long it takes to be well again after a spike'))
    .max(LOAD_MEASURES.length)
    .refine((names) => new Set(names).size === names.length, { error: 'names one twice' })
    .meta({ description: 'What is found out beside whether the limits are kept' })
    .optional(),
  model: oneOf(LOAD_MODELS, 'closed: users wait for answers; open: requests come at a rate whatever is answered').optional(),
  think_seconds: quantity({
    unit: 's',
    minimum: 0,
    maximum: 3_600,
    description: 'Mean pause of a user between two requests: from it the open variant takes its rate',
  }).optional(),
  answer_seconds: quantity({
    unit: 's',
    minimum: 0,
    maximum: 3_600,
    description: 'How long a good answer takes, for the same; 0.1 when left out',
  }).optional(),
  on_demand: z.boolean().meta({ description: 'Only run when --only names it' }).optional(),
  profiles: z
    .strictObject({ smoke: scale.exactOptional(), quick: scale.exactOptional(), full: scale.exactOptional() })
    .meta({ description: 'How much of it a profile runs; limits are never scaled' })
    .optional(),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, { error: 'is no name for a variable' }), z.string().max(4_000))
    .meta({ description: "Variables for the script's __ENV" })
    .optional(),
})

const PATTERNS = { description: 'Load patterns: a k6 script each, and what is asked of the system under it' }

/** The keys around the patterns; each of those is checked on its own. */
export const manifestSchema = z
  .strictObject({
    $schema: schemaKey(),
    name: line(200, 'Name of the collection'),
    description: prose(4_000, 'More about it, for people').optional(),
    patterns: z.array(z.unknown()).min(1).max(MAX_PATTERNS).meta(PATTERNS),
  })
  .meta({ title: 'chaos-action load patterns' })

/** For editors, which see the whole file at once. */
export const manifestJsonSchema = manifestSchema.extend({
  patterns: z.array(patternSchema).min(1).max(MAX_PATTERNS).meta(PATTERNS),
})

export type PatternInput = z.output<typeof patternSchema>
