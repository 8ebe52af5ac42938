/** A series as data: what the recorder makes, the file holds, and a merge adds up. */
import type { Json } from '../../core/json.ts'
import type { K6Segment } from '../../core/segment.ts'
import type { Cell } from './cell.ts'
import type { MetricType, TagFilter } from './questions.ts'

/** By metric, scenario and outcome; or all samples that meet a filter of other tags. */
export interface GroupKey {
  readonly metric: string
  readonly scenario: string
  readonly outcome: string
  /** null: of no filter. Then scenario and outcome say nothing. */
  readonly filter: TagFilter | null
}

export interface SeriesFacts {
  readonly patternId: string
  /** Of the script and its settings: series of different ones are not merged. */
  readonly fingerprint: string
  readonly k6Version: string
  readonly segment: K6Segment | null
  /** What else a judgement of it needs. */
  readonly more: Json
}

/** What is known of a series as a whole. */
export interface SeriesHead {
  readonly startWallMs: number
  readonly seconds: number
  readonly types: Readonly<Record<string, MetricType>>
  readonly groups: readonly GroupKey[]
  /** Samples that came when their second was closed, and count to a later one. */
  readonly late: number
}

export interface SeriesSecond {
  readonly second: number
  /** Mean requests under way. */
  readonly inFlight: number
  /** Requests that were not served, by status or k6's error code. */
  readonly errors: Readonly<Record<string, number>>
  /** By the place of their group in the head, in its order. */
  readonly cells: ReadonlyMap<number, Cell>
}

/** A series that lies somewhere, too long to be held in memory. */
export interface StoredSeries {
  readonly head: SeriesHead
  /** From the first to the last, as often as they are wanted. */
  readonly seconds: () => AsyncIterable<SeriesSecond>
}
