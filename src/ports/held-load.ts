import type { Wall } from '../core/time/moment.ts'
/** A load pattern that holds while scenarios run, as they may ask it. */

/** What became of the requests of a stretch. */
export interface StretchFigures {
  readonly requests: number
  /** 0…1; NaN without requests. */
  readonly errorShare: number
  /** NaN with too few samples. */
  readonly p95Ms: number
}

export interface HeldLimits {
  /** 0…1. */
  readonly errorShare: number
  readonly p95Ms: number
}

export interface HeldLoad {
  /** Id of the pattern. */
  readonly id: string
  /** Users that ask again when they have their answer; null where requests come at a rate. */
  readonly users: number | null
  /** Those of the pattern, or the usual ones: a second that misses one of them is bad. */
  readonly limits: HeldLimits
  /** Seconds before this are recorded whole: k6 tells of a request when it has ended, and writes twice a second. */
  wholeUntilWallMs(): Wall
  figures(fromWallMs: Wall, toWallMs: Wall): Promise<StretchFigures>
  /** Since when, of the whole seconds after `fromWallMs`, none was bad; null while the newest is, or none can be decided. */
  goodSinceWallMs(fromWallMs: Wall): Promise<Wall | null>
  /** Why it does not hold any more; null while it does. */
  problem(): string | null
}
