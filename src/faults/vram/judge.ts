/** Whether simulated GPU memory was really taken, by us, and stayed so. Pure. */
import type { Judgement } from '../shared/evidence.ts'
import { sumOf } from './filling.ts'
import type { MemoryOfOne } from './filling.ts'

export interface VramReading {
  readonly containers: readonly MemoryOfOne[]
  /** Running containers that did not tell. */
  readonly unread: number
  /** Our own requests that had no answer at that time. */
  readonly inFlight: number
}

export interface VramSeen {
  readonly percent: number
  readonly windowMs: number
  readonly baseline: VramReading | null
  /** False when nothing was sent, which `problem` says. */
  readonly begun: boolean
  readonly problem: string | null
  /** From the end of the first filling on, oldest first. */
  readonly readings: readonly VramReading[]
  readonly watchedMs: number
  readonly sent: number
  readonly answered: Readonly<Record<string, number>>
}

/** Less than the smallest request is left over in each container, and others' requests come and go. */
export const TOLERANCE_POINTS = 0.5
/** Of the looks at which it was in use, and of the window through which it was looked at. */
export const KEPT_SHARE = 0.8
export const WATCHED_SHARE = 0.8

/** In percent with two decimals; null where there is no total. */
export function shareOf(bytes: number, totalBytes: number): number | null {
  return totalBytes <= 0 ? null : Math.round((bytes / totalBytes) * 10_000) / 100
}

/** Two decimals; null where there is no total. */
function usedPercent(containers: readonly MemoryOfOne[]): number | null {
  const { usedBytes, totalBytes } = sumOf(containers)
  return shareOf(usedBytes, totalBytes)
}

function isTaken({ containers, unread, inFlight }: VramReading, percent: number): boolean {
  return unread === 0 && inFlight > 0 && (usedPercent(containers) ?? 0) >= percent - TOLERANCE_POINTS
}

export function judgeVram(seen: VramSeen): Judgement {
  const { percent, baseline, readings } = seen
  if (!seen.begun) return { headline: 'no memory taken', measures: {}, reasons: [seen.problem ?? 'no memory was taken'] }
  const before = baseline === null ? null : usedPercent(baseline.containers)
  const shares = readings.map(({ containers }) => usedPercent(containers)).filter((share) => share !== null)
  const first = readings[0]
  return {
    headline: `simulated: ${String(shares[0] ?? 'unknown')} % of the declared GPU memory in use (${String(before ?? 'unknown')} % before), ${String(first?.inFlight ?? 0)} requests of ours unanswered`,
    measures: {
      simulated: true,
      usedPercentBefore: before,
      usedPercent: shares[0] ?? null,
      lowestUsedPercent: shares.length === 0 ? null : Math.min(...shares),
      usedBytesBefore: baseline === null ? null : sumOf(baseline.containers).usedBytes,
      usedBytes: first === undefined ? null : sumOf(first.containers).usedBytes,
      totalBytes: first === undefined ? null : sumOf(first.containers).totalBytes,
      ownRequestsInFlight: first?.inFlight ?? 0,
      fewestOwnRequestsInFlight: readings.length === 0 ? null : Math.min(...readings.map(({ inFlight }) => inFlight)),
      requestsSent: seen.sent,
      readings: readings.length,
      ...Object.fromEntries(Object.entries(seen.answered).map(([status, count]) => [`answers${status}`, count])),
    },
    reasons: [...(seen.problem === null ? [] : [seen.problem]), ...baselineReasons(before, percent), ...takenReasons(seen)],
  }
}

function baselineReasons(before: number | null, percent: number): string[] {
  if (before === null) return ['the memory in use was not read before the fault']
  return before >= percent - TOLERANCE_POINTS ? [`${String(before)} % were in use before the fault already`] : []
}

function takenReasons({ readings, percent, windowMs, watchedMs, problem }: VramSeen): string[] {
  const [first] = readings
  if (first === undefined) return problem === null ? ['the memory in use was not read back'] : []
  if (!isTaken(first, percent)) return [whyNot(first, percent)]
  const kept = readings.filter((reading) => isTaken(reading, percent)).length
  if (kept < readings.length * KEPT_SHARE)
    return [`at ${String(readings.length - kept)} of ${String(readings.length)} looks it was not in use, or not by us`]
  if (problem === null && watchedMs < windowMs * WATCHED_SHARE)
    return [`it was watched for ${String(Math.round(watchedMs))} ms of a window of ${String(windowMs)} ms`]
  return []
}

function whyNot({ containers, unread, inFlight }: VramReading, percent: number): string {
  if (unread > 0) return `${String(unread)} containers did not tell how much they use`
  if (inFlight === 0) return 'no request of ours was under way'
  return `${String(usedPercent(containers) ?? 0)} % were in use instead of ${String(percent)} %`
}
