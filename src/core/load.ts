/** A load pattern as files and front ends know it: what src/load plans, runs and judges. */
import type { JsonObject } from './json.ts'
import type { ProfileName } from './model.ts'

/** How much of a pattern a profile runs. What is undefined stays as the script has it; limits are never scaled. */
export interface LoadScale {
  /** Length of all stages together. */
  readonly durationSeconds?: number | undefined
  /** Users at the highest stage. */
  readonly users?: number | undefined
  /** How many of these users the limits gate; else the pattern's gate is scaled with the users. */
  readonly gateUsers?: number | undefined
}

/** A load pattern as it was found: an entry of a manifest, or a script without one. */
export interface LoadPattern {
  readonly id: string
  readonly name: string
  readonly expectedBehavior: string
  /** Absolute path of the k6 script. */
  readonly script: string
  /** The limits as written; null: the script's own apply. */
  readonly thresholds: readonly string[] | null
  /** The limits gate up to this number of users; above it they are measured only. null: they gate all the way. */
  readonly gateUsers: number | null
  readonly measure: readonly LoadMeasure[]
  /** `open`: iterations begin at a rate, however many users that takes. */
  readonly model: (typeof LOAD_MODELS)[number]
  /** Mean pause of a user between two requests, seconds: what the open variant of a closed curve is made with. */
  readonly thinkSeconds: number | null
  /** How long a good answer takes, seconds; null: as long as usual. */
  readonly answerSeconds: number | null
  /** Whether it is run only when it is named. */
  readonly onDemand: boolean
  readonly scales: Readonly<Partial<Record<ProfileName, LoadScale>>>
  /** Variables for the script's `__ENV`. */
  readonly environment: Readonly<Record<string, string>>
  /** The script's options where they stand in it word for word; null: only k6 can tell them. */
  readonly scriptOptions: JsonObject | null
  readonly source: { readonly file: string; readonly line: number }
}

export const LOAD_MODELS = ['closed', 'open'] as const

/** What is measured beside the thresholds: where it breaks, and how long it takes to be well again after a spike. */
export const LOAD_MEASURES = ['breaking_point', 'spike_recovery'] as const
export type LoadMeasure = (typeof LOAD_MEASURES)[number]
