/** The facts that are known of the programs that made a load, as they are kept in the file of a series. */
import * as z from 'zod'
import type { DeepReadonly, Json } from '../../core/json.ts'

/** Four hours of a look every second. */
const MOST_LOOKS = 4 * 3_600
const json: z.ZodType<Json> = z.json()

const look = z.strictObject({
  /** When it was taken, ms from the start of the load. */
  atMs: z.number(),
  /** CPU time that k6 has used so far, µs; null when it could not be read. */
  cpuUs: z.number().nullable(),
  /** Share of all of the machine's CPU time that was idle since the look before, 0…1; null at the first look. */
  machineIdle: z.number().nullable(),
  /** Share of the CPU time asked for since then that the machine's host gave to others, 0…1; null when it is not known. */
  machineStolen: z.number().nullable().default(null),
})

const k6 = z.strictObject({
  exitCode: z.int(),
  /** Whether we ended it before its time. */
  stopped: z.boolean(),
  /** `--summary-export`; its thresholds are inverted. null when there was none. */
  summary: json,
  log: z.string().max(10_000),
})

/** `cores` are those of the machine that it ran on; 0 when nobody looked. */
export const generatorShape = z.strictObject({ k6, looks: z.array(look).max(MOST_LOOKS), cores: z.int().min(0) })

/** One of the programs that made the load; usually the only one. */
export type GeneratorFacts = DeepReadonly<z.infer<typeof generatorShape>>
/** One look at the generator's own machine. */
export type GeneratorLook = GeneratorFacts['looks'][number]
export type K6Facts = GeneratorFacts['k6']
