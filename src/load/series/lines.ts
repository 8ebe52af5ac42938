/**
 * A series as lines of JSON: one that says what it is, then one for each second. Gzipped it is what a run keeps of a load
 * pattern, and what several generators hand in to be merged. Pure.
 */
import { sinceEpochMs } from '../../core/time/moment.ts'
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import { parseJson, type DeepReadonly } from '../../core/json.ts'
import { decodeBuckets } from './buckets.ts'
import type { Cell } from './cell.ts'
import { count, factsShape, headShape, MOST_GROUPS, text, type SeriesFacts, type SeriesHead, type SeriesSecond } from './data.ts'

const SERIES_SCHEMA_VERSION = 1

const headSchema = z.strictObject({ schemaVersion: z.literal(SERIES_SCHEMA_VERSION), ...factsShape.shape, ...headShape.shape })

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

type CellTuple = DeepReadonly<z.infer<typeof cellSchema>>

const secondSchema = z.strictObject({
  second: count,
  inFlight: z.number().min(0),
  errors: z.record(text, count),
  cells: z.array(cellSchema).max(MOST_GROUPS),
})

/** Where a line stands, for messages. */
export interface Place {
  readonly file: string
  /** The number of the line, from 1. */
  readonly line: number
}

/** Writes the first line, with its newline. */
export function headLine(head: SeriesHead, facts: SeriesFacts): string {
  const { patternId, fingerprint, k6Version, segment, more } = facts
  const { startWallMs, seconds, types, groups, late, outside } = head
  const line: DeepReadonly<z.input<typeof headSchema>> = {
    ...{ schemaVersion: SERIES_SCHEMA_VERSION, patternId, fingerprint, k6Version, segment },
    ...{ startWallMs: sinceEpochMs(startWallMs), seconds, types, groups, late, ...(outside === 0 ? {} : { outside }), more },
  }
  return `${JSON.stringify(line)}\n`
}

/** Writes the line of a second, with its newline. */
export function secondLine({ second, inFlight, errors, cells }: SeriesSecond): string {
  const tuples = [...cells].map(([group, cell]): CellTuple => {
    const { count: samples, sum, min, max, nonZero, last, histograms } = cell
    return [group, samples, sum, min, max, nonZero, last, histograms]
  })
  const line: DeepReadonly<z.infer<typeof secondSchema>> = { second, inFlight, errors, cells: tuples }
  return `${JSON.stringify(line)}\n`
}

/** @throws ChaosError BAD_INPUT that names the file and the line. */
export function parseHead(line: string, place: Place): { readonly head: SeriesHead; readonly facts: SeriesFacts } {
  const { patternId, fingerprint, k6Version, segment, more, ...rest } = parsed(headSchema, line, place)
  const { startWallMs, seconds, types, groups, late, outside } = rest
  return {
    head: { startWallMs, seconds, types, groups, late, outside },
    facts: { patternId, fingerprint, k6Version, segment, more },
  }
}

/** `groups`: how many there are. @throws ChaosError BAD_INPUT that names the file and the line. */
export function parseSecond(line: string, groups: number, place: Place): SeriesSecond {
  const { cells: tuples, ...rest } = parsed(secondSchema, line, place)
  const cells = new Map<number, Cell>()
  for (const tuple of tuples) {
    if (tuple[0] >= groups) throw mistake(place, `there is no group ${tuple[0]}`)
    cells.set(tuple[0], checkedCell(tuple, place))
  }
  return { ...rest, cells }
}

export function mistake({ file, line }: Place, what: string): ChaosError {
  return new ChaosError('BAD_INPUT', `${file}, line ${line}: ${what.slice(0, 500)}`)
}

/** A histogram must hold what its cell counts: anything else is damaged, or made up. */
function checkedCell(tuple: CellTuple, place: Place): Cell {
  const [, samples, sum, min, max, nonZero, last, histograms] = tuple
  if (histograms.length > 0) {
    const buckets = new Map<number, number>()
    try {
      for (const histogram of histograms) decodeBuckets(histogram, buckets)
    } catch (error) {
      throw mistake(place, error instanceof RangeError ? error.message : 'a histogram cannot be read')
    }
    const held = [...buckets.values()].reduce((all, each) => all + each, 0)
    if (held !== samples) throw mistake(place, `a histogram holds ${held} samples of ${samples}`)
  }
  return { count: samples, sum, min, max, nonZero, last, histograms }
}

function parsed<T>(schema: z.ZodType<T>, line: string, place: Place): T {
  const value = parseJson(line)
  if (value === undefined) throw mistake(place, 'it is not JSON')
  return shaped(schema, value, place)
}

/** @throws ChaosError BAD_INPUT that names the file, the line and the key. */
export function shaped<T>(schema: z.ZodType<T>, value: unknown, place: Place): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw mistake(place, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it has another shape'}`)
}
