/**
 * Moments of the two kinds of time. To the compiler neither is a number, so it takes no difference, no comparison and no sum
 * that mixes them: what is done with a moment is done by the functions here. Durations are plain numbers, ms.
 */
declare const kind: unique symbol

/** A moment of this process's own clock, in ms since some moment of it: never set back, and for intervals. */
export interface Mono {
  readonly [kind]: 'mono'
}

/** A moment by the wall clock, in ms since the epoch: what Docker, k6 and people name, and what may be set while we look. */
export interface Wall {
  readonly [kind]: 'wall'
}

/** One moment by both clocks, read together. */
export interface Instant {
  readonly atMs: Mono
  readonly atWallMs: Wall
}

export function monoAt(ms: number): Mono {
  const moment: unknown = ms
  return moment as Mono
}

export function wallAt(epochMs: number): Wall {
  const moment: unknown = epochMs
  return moment as Wall
}

export const EPOCH = wallAt(0)

/** @returns null for what is no date. */
export function parseWall(text: string): Wall | null {
  const epochMs = Date.parse(text)
  return Number.isNaN(epochMs) ? null : wallAt(epochMs)
}

/** For who writes it down: ms since the epoch. */
export function sinceEpochMs(wall: Wall): number {
  return Number(wall)
}

/** An ISO time for reports. */
export function isoTime(wall: Wall): string {
  return new Date(Number(wall)).toISOString()
}

/** The moment `byMs` after `at`; before it where that is negative. */
export function later<T extends Mono | Wall>(at: T, byMs: number): T {
  const moment: unknown = Number(at) + byMs
  return moment as T
}

/** From one moment to another of the same kind, ms; negative where `to` was first. */
export function msBetween<T extends Mono | Wall>(from: T, to: T): number {
  return Number(to) - Number(from)
}

export function earliest<T extends Mono | Wall>(first: T, ...others: readonly T[]): T {
  const moment: unknown = Math.min(...[first, ...others].map(Number))
  return moment as T
}

export function latest<T extends Mono | Wall>(first: T, ...others: readonly T[]): T {
  const moment: unknown = Math.max(...[first, ...others].map(Number))
  return moment as T
}
