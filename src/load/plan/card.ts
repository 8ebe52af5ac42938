/** All that is known of a measurement before it is made. It is read back from files that somebody else may have written. */
import * as z from 'zod'
import type { DeepReadonly } from '../../core/json.ts'
import { LOAD_MEASURES, LOAD_MODELS } from '../../core/load.ts'
import { PROFILES } from '../../core/model.ts'
import { planShape, text, thresholdShape } from './shapes.ts'

const MOST_THRESHOLDS = 1_000

export const cardSchema = z.strictObject({
  pattern: z.strictObject({
    ...{ id: text, name: text, expectedBehavior: text },
    source: z.strictObject({ file: text, line: z.int().min(0) }),
  }),
  profile: z.enum(PROFILES),
  model: z.enum(LOAD_MODELS),
  /** The address of the system, as k6 reached it. */
  address: text,
  k6: z.strictObject({ version: text, runsIn: text }),
  plan: planShape,
  /** The limits gate up to this target, in the plan's unit; null: they gate all the way. */
  gateTarget: z.number().nullable(),
  measure: z.array(z.enum(LOAD_MEASURES)),
  thresholds: z.array(thresholdShape).max(MOST_THRESHOLDS),
  /** Whatever is good to know for people. */
  notes: z.array(text).max(1_000),
})

export type PatternCard = DeepReadonly<z.infer<typeof cardSchema>>
