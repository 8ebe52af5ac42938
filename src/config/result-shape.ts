/** The result file: what `report` accepts of a file that somebody else may have written. */
import * as z from 'zod'
import type { Json } from '../core/json.ts'
import { PROFILES, RESULT_SCHEMA_VERSION, SUITES, VERDICTS } from '../core/model.ts'
import type { LoadResult, RunResult, ScenarioResult } from '../core/model.ts'

// Keys that are not known are left out of what is parsed: a newer version may add some, and nobody renders them here.

const verdict = z.enum(VERDICTS)
const runVerdict = z.enum(VERDICTS).exclude(['skipped'])
const suite = z.enum(SUITES)
const json: z.ZodType<Json> = z.json()
const number = z.number()
const numberOrNull = z.number().nullable()
const count = z.int().min(0)
const text = z.string()
const texts = z.array(z.string())
const met = z.boolean().nullable()

const counts = z.object({ passed: count, failed: count, inconclusive: count, error: count, skipped: count })

/** A file beside the result. Renderers open it, so it must not lead out of the result's folder. */
const fileBeside = z
  .string()
  .min(1)
  .max(1_000)
  .regex(/^(?!\/)(?![A-Za-z]:)(?!(?:.*\/)?\.\.(?:\/|$))[^\\\p{Cc}]+$/u, {
    error: 'must be a path below the folder of the result',
  })
const series = z.object({ file: fileBeside }).nullable()

const measures = z.record(text, z.union([z.number(), text, z.boolean(), z.null()]))

const phase = z.object({
  name: z.enum(['steady', 'plan', 'prepare', 'inject', 'effect', 'during', 'revert', 'clean', 'recovery', 'collect']),
  startedAt: text,
  durationMs: number,
})

const expectation = z.object({ phase: z.enum(['during', 'after']), text, expected: text, observed: text, met })

const canary = z.object({
  total: count,
  failed: count,
  p50Ms: numberOrNull,
  p95Ms: numberOrNull,
  longestOutageMs: numberOrNull,
  steadyP50Ms: numberOrNull,
  maxLatenessMs: numberOrNull,
})

const recovery = z.object({
  recovered: z.boolean(),
  afterMs: numberOrNull,
  limitMs: number,
  lastBadMs: numberOrNull,
  firstGoodMs: numberOrNull,
  streak: number,
  reason: text.nullable(),
})

const control = z.object({
  service: text,
  unaffected: z.boolean(),
  steadyP95Ms: numberOrNull,
  duringP95Ms: numberOrNull,
  reasons: texts,
})

const judged = { id: text, name: text, suite, verdict, reasons: texts }

const scenario = z.object({
  ...judged,
  recoveryOnly: z.boolean(),
  expectedBehavior: text,
  // Of a result that was written before there could be several, as below.
  stack: count.default(1),
  startedAt: text,
  durationMs: number,
  phases: z.array(phase),
  targets: texts,
  mechanism: text,
  effect: z.object({ confirmed: z.boolean(), summary: text, reasons: texts, measures }),
  expectations: z.array(expectation),
  canary,
  recovery,
  control: control.nullable(),
  controlReason: text.nullable(),
  cleanup: z.object({ clean: z.boolean(), leftovers: texts }),
  host: z
    .object({
      memAvailableMinBytes: number,
      memAvailableFloorBytes: number,
      diskFreeMinBytes: number,
      diskFreeFloorBytes: number,
      cpuStolenPercent: numberOrNull.default(null),
    })
    .nullable(),
  events: z.array(z.object({ at: text, source: text, kind: text, detail: text })),
  series,
  logs: z.array(z.object({ service: text, file: fileBeside })),
  repeatCommand: text,
  source: z.object({ file: text, line: number }),
})

const threshold = z.object({
  text,
  metric: text,
  filter: text.nullable(),
  aggregate: text,
  operator: text,
  limit: number,
  unit: text,
  from: z.enum(['script', 'manifest', 'input', 'default']),
  scope: z.enum(['run', 'hold', 'worst_10_s']),
  fromMs: number,
  toMs: number,
  target: numberOrNull,
  observed: numberOrNull,
  samples: number,
  neededSamples: number,
  met,
  gates: z.boolean(),
})

const breakingPoint = z.object({
  atMs: number,
  users: number,
  requestsPerSecond: number,
  reason: z.enum(['errors', 'latency', 'throughput_knee']),
  detail: text,
  generatorSaturated: z.boolean(),
})

const spikeRecovery = z.object({
  atMs: number,
  fromTarget: number,
  toTarget: number,
  afterMs: numberOrNull,
  limitMs: number,
  detail: text,
})

const load = z.object({
  ...judged,
  expectedBehavior: text,
  startedAt: text,
  durationMs: number,
  model: z.enum(['closed', 'open']),
  users: number,
  requests: number,
  rps: number,
  errorRate: number,
  outcomes: z.object({ served: number, rejected: number, failed: number }),
  errors: z.record(text, number),
  p50Ms: numberOrNull,
  p95Ms: numberOrNull,
  p99Ms: numberOrNull,
  peakInFlight: number,
  thresholds: z.array(threshold),
  breakingPoint: breakingPoint.nullable(),
  recoveries: z.array(spikeRecovery),
  generator: z.object({
    cpuPercent: numberOrNull,
    machinePercent: numberOrNull,
    stolenPercent: numberOrNull.default(null),
    droppedIterations: number,
    saturated: z.boolean(),
    reasons: texts,
  }),
  completion: z.object({ served: number, unknown: number, examples: texts, unclaimed: number }).nullable(),
  k6: z.object({ version: text, runsIn: text, exitCode: numberOrNull }).nullable(),
  notes: texts,
  series,
  logs: z.array(z.object({ service: text, file: fileBeside })),
  repeatCommand: text,
  source: z.object({ file: text, line: number }),
})

const run = z.object({
  id: text,
  profile: z.enum(PROFILES),
  seed: number.nullable(),
  startedAt: text,
  durationMs: number,
  plannedMs: number,
  stack: text,
  stacks: count.default(1),
  address: text.nullable(),
  images: z.array(z.object({ service: text, image: text, id: text, reference: z.boolean() })),
  reference: z.boolean(),
  noInject: z.boolean(),
  strict: z.boolean(),
  defects: texts,
})

export const resultSchema = z
  .object({
    schemaVersion: z.literal(RESULT_SCHEMA_VERSION),
    tool: z.object({ name: z.literal('chaos-action'), version: text }),
    run,
    verdict: runVerdict,
    reasons: texts,
    counts,
    suites: z.array(z.object({ name: suite, verdict: runVerdict, counts })),
    criteria: z.array(z.object({ text, met })),
    scenarios: z.array(scenario),
    load: z.array(load),
    environment: z.record(text, json),
  })
  .meta({ title: 'chaos-action result' })

// The schema and the model are one thing: a key or type that only one of them has does not compile.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type Plain<T> = T extends (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T
type SameParts = readonly [
  Same<Plain<z.output<typeof scenario>>, Plain<ScenarioResult>>,
  Same<Plain<z.output<typeof load>>, Plain<LoadResult>>,
  Same<Plain<Omit<z.output<typeof resultSchema>, RunJsonKeys>>, Plain<Omit<RunResult, RunJsonKeys>>>,
  Same<keyof z.output<typeof resultSchema>, keyof RunResult>,
  Same<keyof z.output<typeof load>, keyof LoadResult>,
]
/** Json is recursive, which the comparison would follow for ever; this is held to the model by the assignment below. */
type RunJsonKeys = 'environment'
export const RESULT_SCHEMA_MATCHES: SameParts = [true, true, true, true, true]
export const RESULT_OUTPUT: z.ZodType<RunResult> = resultSchema
