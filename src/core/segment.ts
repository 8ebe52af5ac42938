/** Generators of one load, as people write them. Pure. */

export interface K6Segment {
  /** From 1. */
  readonly index: number
  readonly count: number
}

export const MOST_SEGMENTS = 1_000

/** `2/3`; null for what is no segment. */
export function parseSegment(text: string): K6Segment | null {
  const [, index, count] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []).map(Number)
  if (index === undefined || count === undefined || index < 1 || index > count || count > MOST_SEGMENTS) return null
  return { index, count }
}
