/** `more` of a series file: what was measured beside the series. Somebody else may have written the file. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { LOAD_MEASURES, LOAD_MODELS } from '../../core/load.ts'
import { PROFILES } from '../../core/model.ts'
import { OPERATORS } from '../plan/threshold.ts'
import type { Measured } from './measured.ts'

/** Four hours of a look every second. */
const MOST_LOOKS = 4 * 3_600
const MOST_STAGES = 10_000
const MOST_THRESHOLDS = 1_000
const MOST_GENERATORS = 1_000

const text = z.string().max(10_000)
const json: z.ZodType<Json> = z.json()
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

const generator = z.strictObject({
  k6: z.strictObject({ exitCode: z.int(), stopped: z.boolean(), summary: json, log: text }),
  looks: z
    .array(
      z.strictObject({
        atMs: z.number(),
        cpuUs: z.number().nullable(),
        machineIdle: z.number().nullable(),
        machineStolen: z.number().nullable().default(null),
      }),
    )
    .max(MOST_LOOKS),
  cores: z.int().min(0),
})

const card = {
  pattern: z.strictObject({
    ...{ id: text, name: text, expectedBehavior: text },
    source: z.strictObject({ file: text, line: z.int().min(0) }),
  }),
  profile: z.enum(PROFILES),
  model: z.enum(LOAD_MODELS),
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
  gateTarget: z.number().nullable(),
  measure: z.array(z.enum(LOAD_MEASURES)),
  thresholds: z.array(threshold).max(MOST_THRESHOLDS),
  notes: z.array(text).max(1_000),
}

/** What is known before anything is sent. */
export const cardSchema = z.strictObject(card)

const measuredSchema = z.strictObject({
  ...card,
  ...{ startedWallMs: z.number(), durationMs: ms },
  generators: z.array(generator).min(1).max(MOST_GENERATORS),
  completion: z
    .strictObject({ served: z.int().min(0), unknown: z.int().min(0), examples: z.array(text).max(10), unclaimed: z.int().min(0) })
    .nullable(),
})

/** As JSON, for `SeriesFacts.more`. */
export function measuredJson(measured: Measured): Json {
  return JSON.parse(JSON.stringify(measured)) as Json
}

/** @throws ChaosError BAD_INPUT that names the file and the key. */
export function parseMeasured(more: Json, file: string): Measured {
  const result = measuredSchema.safeParse(more)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = ['more', ...(issue?.path ?? [])].join('.')
  throw new ChaosError('BAD_INPUT', `${file}, line 1: ${where}: ${issue?.message ?? 'it has another shape'}`.slice(0, 500))
}
