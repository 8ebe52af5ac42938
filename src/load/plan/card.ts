/** What is known of a measurement before it is made. It is read back from files that somebody else may have written. */
import * as z from 'zod'
import type { DeepReadonly } from '../../core/json.ts'
import { LOAD_MEASURES, LOAD_MODELS } from '../../core/load.ts'
import { PROFILES } from '../../core/model.ts'
import { OPERATORS } from './threshold.ts'

const MOST_STAGES = 10_000
const MOST_THRESHOLDS = 1_000

const text = z.string().max(10_000)
const ms = z.number().min(0)

const stage = z.strictObject({ durationMs: ms, target: z.number().min(0) })
const hold = z.strictObject({ fromMs: ms, toMs: ms, target: z.number().min(0) })

const threshold = z.strictObject({
  metric: text,
  filter: z.record(text, text),
  aggregate: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['avg', 'min', 'med', 'max', 'rate', 'count', 'value']) }),
    z.strictObject({ kind: z.literal('percentile'), percent: z.number().min(0).max(100) }),
  ]),
  operator: z.enum(OPERATORS),
  limit: z.number(),
  unit: z.enum(['ms', 'share', '/s', '']),
  from: z.enum(['script', 'manifest', 'input', 'default']),
  text,
})

export const cardSchema = z.strictObject({
  pattern: z.strictObject({
    ...{ id: text, name: text, expectedBehavior: text },
    source: z.strictObject({ file: text, line: z.int().min(0) }),
  }),
  profile: z.enum(PROFILES),
  model: z.enum(LOAD_MODELS),
  /** As k6 reached it. */
  address: text,
  k6: z.strictObject({ version: text, runsIn: text }),
  plan: z.strictObject({
    stages: z.array(stage).max(MOST_STAGES),
    holds: z.array(hold).max(MOST_STAGES),
    durationMs: ms,
    peakTarget: z.number().min(0),
    unit: z.enum(['users', 'iterations/s']),
    hasFixedLength: z.boolean(),
  }),
  /** Up to here the limits gate, in the plan's unit; null: all the way. */
  gateTarget: z.number().nullable(),
  measure: z.array(z.enum(LOAD_MEASURES)),
  thresholds: z.array(threshold).max(MOST_THRESHOLDS),
  /** For people. */
  notes: z.array(text).max(1_000),
})

export type PatternCard = DeepReadonly<z.infer<typeof cardSchema>>
