/** A recorded series as data: what the recorder makes, the file holds, and a merge adds up. */
import type { Json } from '../../core/json.ts'
import type { MetricType, TagFilter } from '../../core/load.ts'
import type { Cell } from './cell.ts'

/** By metric, scenario and outcome; or all samples that meet a filter of other tags. */
export interface GroupKey {
  readonly metric: string
  readonly scenario: string
  readonly outcome: string
  /** null: of no filter. Then scenario and outcome say nothing. */
  readonly filter: TagFilter | null
}

export interface Group {
  readonly key: GroupKey
  /** By second. */
  readonly cells: ReadonlyMap<number, Cell>
}

export interface SeriesSegment {
  readonly index: number
  readonly count: number
}

export interface SeriesFacts {
  readonly patternId: string
  /** Of the script and its settings: series of different ones are not merged. */
  readonly fingerprint: string
  readonly k6Version: string
  readonly segment: SeriesSegment | null
  /** What else a judgement of it needs. */
  readonly more: Json
}

export interface SeriesData {
  readonly startWallMs: number
  readonly seconds: number
  readonly types: Readonly<Record<string, MetricType>>
  readonly groups: readonly Group[]
  /** By second: requests that were not served, by status or k6's error code. */
  readonly errors: ReadonlyMap<number, Readonly<Record<string, number>>>
  /** Mean requests under way, by second. */
  readonly inFlight: readonly number[]
  /** Samples that came after their second was closed. */
  readonly late: number
}
