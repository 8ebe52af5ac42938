/** A series as data: what the recorder makes, the file holds, and a merge adds up. */
import * as z from 'zod'
import type { DeepReadonly, Json } from '../../core/json.ts'
import { wallSchema } from '../../core/time/wall-schema.ts'
import type { Cell } from './cell.ts'
import { METRIC_TYPES } from './questions.ts'

/** Four hours. What is recorded and what is read back have the same limits. */
export const MOST_SECONDS = 4 * 3_600
export const MOST_GROUPS = 2_000

export const text = z.string().max(1_000)
export const count = z.int().min(0)
const json: z.ZodType<Json> = z.json()

const group = z.strictObject({
  metric: text,
  scenario: text,
  outcome: text,
  /** null where it is of no filter; where it is of one, scenario and outcome say nothing. */
  filter: z.record(text, text).nullable(),
})

export const factsShape = z.strictObject({
  patternId: text,
  /** A hash of the script and its settings: series of different ones are not merged. */
  fingerprint: text,
  k6Version: text,
  segment: z.strictObject({ index: z.int().min(1).max(1_000), count: z.int().min(1).max(1_000) }).nullable(),
  /** Whatever else a judgement of it needs. */
  more: json,
})

export const headShape = z.strictObject({
  startWallMs: wallSchema,
  seconds: count.max(MOST_SECONDS),
  types: z.record(text, z.enum(METRIC_TYPES)),
  groups: z.array(group).max(MOST_GROUPS),
  /** How many samples came when their second was closed, and count to a later one. */
  late: count,
  /** How many HTTP requests setup() and teardown() made: they are of no second. */
  outside: count.default(0),
})

export type SeriesFacts = DeepReadonly<z.infer<typeof factsShape>>
/** The head is all that is known of a series as a whole. */
export type SeriesHead = DeepReadonly<z.infer<typeof headShape>>
/** A group is of a metric, scenario and outcome; or of all samples that meet a filter of other tags. */
export type GroupKey = SeriesHead['groups'][number]

export interface SeriesSecond {
  readonly second: number
  /** How many requests were under way, the mean of the second. */
  readonly inFlight: number
  /** How many requests were not served, by status or k6's error code. */
  readonly errors: Readonly<Record<string, number>>
  /** Cells by the place of their group in the head, in its order. */
  readonly cells: ReadonlyMap<number, Cell>
}

/** Adds up counts of requests that were not served. */
export function addErrors(into: Record<string, number>, counts: SeriesSecond['errors']): void {
  for (const [kind, count] of Object.entries(counts)) into[kind] = (into[kind] ?? 0) + count
}

/** A series that lies somewhere, too long to be held in memory. */
export interface StoredSeries {
  readonly head: SeriesHead
  /** Reads them from the first to the last, as often as they are wanted. */
  readonly seconds: () => AsyncIterable<SeriesSecond>
}
