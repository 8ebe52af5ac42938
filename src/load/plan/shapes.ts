/** The shapes of plans and of limits, which are their types: both are read back from files that somebody else may have written. */
import * as z from 'zod'
import type { DeepReadonly } from '../../core/json.ts'

const MOST_STAGES = 10_000
export const OPERATORS = ['<', '<=', '>', '>=', '==', '!='] as const
export const PLAIN_AGGREGATES = ['avg', 'min', 'med', 'max', 'rate', 'count', 'value'] as const

export const text = z.string().max(10_000)
const ms = z.number().min(0)
/** Virtual users, or iterations a second in the arrival-rate variant. */
const target = z.number().min(0)

const stage = z.strictObject({ durationMs: ms, target })
const hold = z.strictObject({ fromMs: ms, toMs: ms, target })

export const planShape = z.strictObject({
  stages: z.array(stage).max(MOST_STAGES),
  holds: z.array(hold).max(MOST_STAGES),
  durationMs: ms,
  peakTarget: target,
  unit: z.enum(['users', 'iterations/s']),
  /** False when it ends once its iterations are done, so that `durationMs` is only the longest that it may take. */
  hasFixedLength: z.boolean(),
})

export const thresholdShape = z.strictObject({
  metric: text,
  filter: z.record(text, text),
  /** A trend has avg, min, med, max, p(N), count; a rate has rate, count; a counter count, rate (a second); a gauge value. */
  aggregate: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(PLAIN_AGGREGATES) }),
    z.strictObject({ kind: z.literal('percentile'), percent: z.number().min(0).max(100) }),
  ]),
  operator: z.enum(OPERATORS),
  /** The limit in its unit: ms, 0…1, a second. */
  limit: z.number(),
  /** `ms` for times, `share` for rates, `/s` for rates of counters, `` for plain numbers. */
  unit: z.enum(['ms', 'share', '/s', '']),
  /** `default`: nobody limited the errors, so that ours does. */
  from: z.enum(['script', 'manifest', 'input', 'default']),
  /** The limit as it was written. */
  text,
})

/** The curve of a whole run; all scenarios of the script together. It begins at a target of 0. */
export type LoadPlan = DeepReadonly<z.infer<typeof planShape>>
/** A piece of the users' curve: `target` is reached, from what was before, evenly over `durationMs`. */
export type LoadStage = LoadPlan['stages'][number]
/** A stage, or a merged row of stages, in which the target does not change. Times from the start of the first stage. */
export type HoldStage = LoadPlan['holds'][number]
/** A limit on what k6 measured. */
export type Threshold = DeepReadonly<z.infer<typeof thresholdShape>>
export type Aggregate = Threshold['aggregate']
export type Operator = Threshold['operator']
