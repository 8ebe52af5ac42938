/** Whether memory of a GPU was really taken, stayed so, and is free again. Pure. */
import * as z from 'zod'
import type { GpuFacts, VramFacts } from '../../../toolbox/operations/resources/vram.ts'
import type { Judgement } from '../../shared/evidence.ts'
import { KEPT_SHARE, shareOf, TOLERANCE_POINTS, WATCHED_SHARE } from '../judge.ts'
import { processBytes } from './find.ts'

export interface GpuVramSeen {
  readonly percent: number
  readonly windowMs: number
  /** With the context of our program, and nothing held yet. */
  readonly baseline: VramFacts
  /** null when nothing was filled, which `problem` says. */
  readonly fill: { readonly end: 'full' | 'reached'; readonly tookMs: number } | null
  readonly problem: string | null
  /** From the end of the first filling on, oldest first. */
  readonly readings: readonly VramFacts[]
  readonly watchedMs: number
}

/** A GPU as it was before anything was done to it. */
export const gpuBefore = z.strictObject({
  uuid: z.string(),
  totalBytes: z.number(),
  freeBytes: z.number(),
  /** Of all processes together; null where the driver does not say. */
  processBytes: z.number().nullable(),
})
export type GpuBefore = Readonly<z.infer<typeof gpuBefore>>

/** What may be missing after the undo without being ours: a context that another process has just made, and rounding. */
const SLACK_BYTES = 512 * 1_048_576
const SLACK_SHARE = 0.01

export function judgeGpuVram(seen: GpuVramSeen): Judgement {
  const { percent, baseline, fill, readings } = seen
  if (fill === null) return { headline: 'no memory taken', measures: {}, reasons: [seen.problem ?? 'no memory was taken'] }
  const before = usedPercent(baseline)
  const shares = readings.map(usedPercent)
  const first = readings[0]
  return {
    headline: headline(first, baseline),
    measures: {
      simulated: false,
      usedPercentBefore: before,
      usedPercent: shares[0] ?? null,
      lowestUsedPercent: shares.length === 0 ? null : Math.min(...shares),
      freeBytesBefore: baseline.freeBytes,
      freeBytes: first?.freeBytes ?? null,
      heldBytes: first?.heldBytes ?? null,
      totalBytes: baseline.totalBytes,
      fillMs: fill.tookMs,
      filled: fill.end,
      readings: readings.length,
    },
    reasons: [...(seen.problem === null ? [] : [seen.problem]), ...baselineReasons(before, percent), ...takenReasons(seen)],
  }
}

function headline(first: VramFacts | undefined, baseline: VramFacts): string {
  const before = `${String(usedPercent(baseline))} % before`
  if (first === undefined) return `memory in use not read back (${before})`
  const used = `${String(usedPercent(first))} % of ${mib(baseline.totalBytes)} in use (${before})`
  return `${used}, ${mib(first.heldBytes)} of it held by us, ${mib(first.freeBytes)} free (${mib(baseline.freeBytes)} before)`
}

/** Two decimals. */
export function usedPercent({ totalBytes, freeBytes }: VramFacts): number {
  return shareOf(totalBytes - freeBytes, totalBytes) ?? 0
}

function isTaken(reading: VramFacts, percent: number): boolean {
  return reading.heldBytes > 0 && usedPercent(reading) >= percent - TOLERANCE_POINTS
}

function baselineReasons(before: number, percent: number): string[] {
  return before >= percent - TOLERANCE_POINTS ? [`${String(before)} % were in use before the fault already`] : []
}

function takenReasons({ readings, percent, windowMs, watchedMs, problem, baseline }: GpuVramSeen): string[] {
  const [first] = readings
  if (first === undefined) return problem === null ? ['the memory in use was not read back'] : []
  if (first.heldBytes === 0) return ['our program holds nothing']
  if (!isTaken(first, percent)) return [`${String(usedPercent(first))} % were in use instead of ${String(percent)} %`]
  // What a program says that it holds is believed when the driver has as much less to give.
  if (baseline.freeBytes - first.freeBytes < first.heldBytes / 2)
    return [`${mib(first.heldBytes)} are said to be held, and ${mib(baseline.freeBytes - first.freeBytes)} less are free`]
  const kept = readings.filter((reading) => isTaken(reading, percent)).length
  if (kept < readings.length * KEPT_SHARE)
    return [`at ${String(readings.length - kept)} of ${String(readings.length)} looks it was not in use, or not by us`]
  if (problem === null && watchedMs < windowMs * WATCHED_SHARE)
    return [`it was watched for ${String(Math.round(watchedMs))} ms of a window of ${String(windowMs)} ms`]
  return []
}

/**
 * What is not free again though nobody has it; null when nothing is. What other processes took meanwhile is theirs, where
 * the driver says how much that is.
 */
export function unreleased(before: GpuBefore, now: GpuFacts | undefined, ourPid: number | null): string | null {
  const { uuid } = before
  if (now === undefined) return `${uuid} is not to be seen any more`
  if ((now.processes ?? []).some(({ pid }) => pid === ourPid)) return `our process ${String(ourPid)} is still on ${uuid}`
  const nowUsed = processBytes(now)
  if (before.processBytes === null || nowUsed === null) return null
  const missing = before.freeBytes - now.freeBytes - (nowUsed - before.processBytes)
  const slack = Math.max(SLACK_BYTES, before.totalBytes * SLACK_SHARE)
  return missing > slack ? `${mib(missing)} of ${uuid} are not free again, and no process has them` : null
}

export function mib(bytes: number): string {
  return `${String(Math.round(bytes / 1_048_576))} MiB`
}
