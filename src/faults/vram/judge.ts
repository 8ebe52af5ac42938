/** Whether GPU memory was really taken and stayed so, by whatever means. Pure. */
import type { Judgement, Measures } from '../shared/evidence.ts'

export interface TakenSeen<Reading> {
  readonly percent: number
  readonly windowMs: number
  /** Why it could not be taken, or not be kept taken; null when it could. */
  readonly problem: string | null
  /** From the end of the first filling on, oldest first. */
  readonly readings: readonly Reading[]
  readonly watchedMs: number
}

/** Less than the smallest request is left over in each container, and others' requests come and go. */
const TOLERANCE_POINTS = 0.5
/** Share of the looks at which it was in use, and of the window through which it was looked at. */
const KEPT_SHARE = 0.8
const WATCHED_SHARE = 0.8

/** The share in percent with two decimals; null where there is no total. */
export function shareOf(bytes: number, totalBytes: number): number | null {
  return totalBytes <= 0 ? null : Math.round((bytes / totalBytes) * 10_000) / 100
}

export function nothingTaken(problem: string | null): Judgement {
  return { headline: 'no memory taken', measures: {}, reasons: [problem ?? 'no memory was taken'] }
}

/** The measures made of the percentages in use before the fault and at each look that told one. */
export function shareMeasures(before: number | null, shares: readonly number[]): Measures {
  const lowest = shares.length === 0 ? null : Math.min(...shares)
  return { usedPercentBefore: before, usedPercent: shares[0] ?? null, lowestUsedPercent: lowest }
}

/** Why so many percent in use are too few; null when they are enough. */
export function shortOf(percent: number, usedPercent: number): string | null {
  const isShort = usedPercent < percent - TOLERANCE_POINTS
  return isShort ? `${usedPercent} % were in use instead of ${percent} %` : null
}

/**
 * `whyNot` says why a look does not show the memory taken by us, null when it does; `doubt` what else is asked of the first.
 */
export function takenReasons<Reading>(
  seen: TakenSeen<Reading>,
  before: number | null,
  whyNot: (reading: Reading) => string | null,
  doubt: (first: Reading) => string | null = () => null,
): string[] {
  return [seen.problem, beforeReason(before, seen.percent), keptReason(seen, whyNot, doubt)].filter((reason) => reason !== null)
}

function beforeReason(before: number | null, percent: number): string | null {
  if (before === null) return 'the memory in use was not read before the fault'
  return shortOf(percent, before) === null ? `${before} % were in use before the fault already` : null
}

function keptReason<Reading>(
  { readings, windowMs, watchedMs, problem }: TakenSeen<Reading>,
  whyNot: (reading: Reading) => string | null,
  doubt: (first: Reading) => string | null,
): string | null {
  const [first] = readings
  if (first === undefined) return problem === null ? 'the memory in use was not read back' : null
  const missed = whyNot(first) ?? doubt(first)
  if (missed !== null) return missed
  const lost = readings.filter((reading) => whyNot(reading) !== null).length
  if (readings.length - lost < readings.length * KEPT_SHARE)
    return `at ${lost} of ${readings.length} looks it was not in use, or not by us`
  if (problem === null && watchedMs < windowMs * WATCHED_SHARE)
    return `it was watched for ${Math.round(watchedMs)} ms of a window of ${windowMs} ms`
  return null
}
