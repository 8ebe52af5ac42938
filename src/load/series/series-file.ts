/**
 * A series as lines of JSON: one that says what it is, then one for each second. Gzipped it is what a run keeps of a load
 * pattern, what reports draw, and what several generators hand in to be merged.
 */
import { gunzipSync, gzipSync } from 'node:zlib'
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import type { Cell } from './cell.ts'
import { decodeBuckets } from './buckets.ts'
import type { Group, SeriesData, SeriesFacts } from './series-data.ts'

export const SERIES_SCHEMA_VERSION = 1
/** Of a file that somebody else may have written: four hours of many groups are below it. */
const MOST_BYTES = 256 * 1024 * 1024
const MOST_SECONDS = 4 * 3_600
const MOST_GROUPS = 2_000

const text = z.string().max(1_000)
const count = z.int().min(0)
const json: z.ZodType<Json> = z.json()

const headSchema = z.strictObject({
  schemaVersion: z.literal(SERIES_SCHEMA_VERSION),
  patternId: text,
  fingerprint: text,
  k6Version: text,
  segment: z.strictObject({ index: z.int().min(1).max(1_000), count: z.int().min(1).max(1_000) }).nullable(),
  startWallMs: z.number(),
  seconds: count.max(MOST_SECONDS),
  types: z.record(text, z.enum(['trend', 'rate', 'counter', 'gauge'])),
  groups: z
    .array(z.strictObject({ metric: text, scenario: text, outcome: text, filter: z.record(text, text).nullable() }))
    .max(MOST_GROUPS),
  late: count,
  more: json,
})

/** Group, count, sum, min, max, non-zero, last, histograms. */
const cellSchema = z.tuple([
  count,
  count,
  z.number(),
  z.number(),
  z.number(),
  count,
  z.number(),
  z.array(
    z
      .string()
      .max(1024 * 1024)
      .regex(/^[A-Za-z0-9+/]*=*$/),
  ),
])

const secondSchema = z.strictObject({
  second: count,
  inFlight: z.number().min(0),
  errors: z.record(text, count),
  cells: z.array(cellSchema).max(MOST_GROUPS),
})

/** Lines, each with its newline. */
export function* seriesLines(data: SeriesData, facts: SeriesFacts): Generator<string> {
  const head: z.infer<typeof headSchema> = {
    schemaVersion: SERIES_SCHEMA_VERSION,
    ...{ patternId: facts.patternId, fingerprint: facts.fingerprint, k6Version: facts.k6Version, segment: facts.segment },
    ...{ startWallMs: data.startWallMs, seconds: data.seconds, types: { ...data.types } },
    groups: data.groups.map(({ key }) => ({ ...key, filter: key.filter === null ? null : { ...key.filter } })),
    ...{ late: data.late, more: facts.more },
  }
  yield `${JSON.stringify(head)}\n`
  for (let second = 0; second < data.seconds; second += 1) {
    const cells = data.groups.flatMap(({ cells: own }, group) => {
      const cell = own.get(second)
      return cell === undefined ? [] : [asTuple(group, cell)]
    })
    const line = { second, inFlight: data.inFlight[second] ?? 0, errors: data.errors.get(second) ?? {}, cells }
    yield `${JSON.stringify(line)}\n`
  }
}

export function packSeries(data: SeriesData, facts: SeriesFacts): Buffer {
  return gzipSync([...seriesLines(data, facts)].join(''))
}

/** @throws ChaosError BAD_INPUT that names the file and the line. */
export function unpackSeries(packed: Uint8Array, file: string): { readonly data: SeriesData; readonly facts: SeriesFacts } {
  const lines = unpacked(packed, file).split('\n')
  if (lines.pop() !== '') throw mistake(file, lines.length + 1, 'the last line is cut off')
  const head = parsed(headSchema, lines[0] ?? '', file, 1)
  if (lines.length !== head.seconds + 1)
    throw mistake(file, lines.length, `there are ${String(lines.length - 1)} seconds, and ${String(head.seconds)} are promised`)
  const cells = head.groups.map(() => new Map<number, Cell>())
  const errors = new Map<number, Readonly<Record<string, number>>>()
  const inFlight: number[] = []
  for (let second = 0; second < head.seconds; second += 1) {
    const line = parsed(secondSchema, lines[second + 1] ?? '', file, second + 2)
    if (line.second !== second)
      throw mistake(file, second + 2, `it is second ${String(line.second)} in the place of ${String(second)}`)
    inFlight.push(line.inFlight)
    if (Object.keys(line.errors).length > 0) errors.set(second, line.errors)
    for (const tuple of line.cells) {
      const own = cells[tuple[0]]
      if (own === undefined) throw mistake(file, second + 2, `there is no group ${String(tuple[0])}`)
      own.set(second, checkedCell(tuple, file, second + 2))
    }
  }
  const { patternId, fingerprint, k6Version, segment, more, startWallMs, seconds, types, late } = head
  const groups = head.groups.map((key, index): Group => ({ key, cells: cells[index] ?? new Map<number, Cell>() }))
  return {
    data: { startWallMs, seconds, types, groups, errors, inFlight, late },
    facts: { patternId, fingerprint, k6Version, segment, more },
  }
}

function asTuple(group: number, { count: samples, sum, min, max, nonZero, last, histograms }: Cell): z.infer<typeof cellSchema> {
  return [group, samples, sum, min, max, nonZero, last, [...histograms]]
}

/** A histogram must hold what its cell counts: anything else is damaged, or made up. */
function checkedCell(tuple: z.infer<typeof cellSchema>, file: string, line: number): Cell {
  const [, samples, sum, min, max, nonZero, last, histograms] = tuple
  if (histograms.length > 0) {
    const buckets = new Map<number, number>()
    try {
      for (const histogram of histograms) decodeBuckets(histogram, buckets)
    } catch (error) {
      throw mistake(file, line, error instanceof RangeError ? error.message : 'a histogram cannot be read')
    }
    const held = [...buckets.values()].reduce((all, each) => all + each, 0)
    if (held !== samples) throw mistake(file, line, `a histogram holds ${String(held)} samples of ${String(samples)}`)
  }
  return { count: samples, sum, min, max, nonZero, last, histograms }
}

function unpacked(packed: Uint8Array, file: string): string {
  try {
    return gunzipSync(packed, { maxOutputLength: MOST_BYTES }).toString('utf8')
  } catch (error) {
    throw new ChaosError(
      'BAD_INPUT',
      `${file} is no gzipped series of a load, or a larger one than ${String(MOST_BYTES)} bytes`,
      {
        cause: error,
      },
    )
  }
}

function parsed<T>(schema: z.ZodType<T>, line: string, file: string, number: number): T {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw mistake(file, number, 'it is not JSON')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw mistake(file, number, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it has another shape'}`)
}

function mistake(file: string, line: number, what: string): ChaosError {
  return new ChaosError('BAD_INPUT', `${file}, line ${String(line)}: ${what.slice(0, 500)}`)
}
