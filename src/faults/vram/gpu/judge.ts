/** Whether memory of a GPU was really taken, stayed so, and is free again. Pure. */
import * as z from 'zod'
import type { GpuFacts, VramFacts } from '../../../toolbox/operations/resources/vram.ts'
import type { Judgement } from '../../shared/evidence.ts'
import { nothingTaken, shareMeasures, shareOf, shortOf, takenReasons, type TakenSeen } from '../judge.ts'
import { processBytes } from './find.ts'

export interface GpuVramSeen extends TakenSeen<VramFacts> {
  /** With the context of our program, and nothing held yet. */
  readonly baseline: VramFacts
  /** null when nothing was filled, which `problem` says. */
  readonly fill: { readonly end: 'full' | 'reached'; readonly tookMs: number } | null
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
  if (fill === null) return nothingTaken(seen.problem)
  const before = usedPercent(baseline)
  const first = readings[0]
  return {
    headline: headline(first, baseline),
    measures: {
      simulated: false,
      ...shareMeasures(before, readings.map(usedPercent)),
      freeBytesBefore: baseline.freeBytes,
      freeBytes: first?.freeBytes ?? null,
      heldBytes: first?.heldBytes ?? null,
      totalBytes: baseline.totalBytes,
      fillMs: fill.tookMs,
      filled: fill.end,
      readings: readings.length,
    },
    reasons: takenReasons(
      seen,
      before,
      (reading) => (reading.heldBytes === 0 ? 'our program holds nothing' : shortOf(percent, usedPercent(reading))),
      (reading) => overstated(reading, baseline),
    ),
  }
}

function headline(first: VramFacts | undefined, baseline: VramFacts): string {
  const before = `${usedPercent(baseline)} % before`
  if (first === undefined) return `memory in use not read back (${before})`
  const used = `${usedPercent(first)} % of ${mib(baseline.totalBytes)} in use (${before})`
  return `${used}, ${mib(first.heldBytes)} of it held by us, ${mib(first.freeBytes)} free (${mib(baseline.freeBytes)} before)`
}

/** The share in use in percent, with two decimals. */
export function usedPercent({ totalBytes, freeBytes }: VramFacts): number {
  return shareOf(totalBytes - freeBytes, totalBytes) ?? 0
}

/** What a program says that it holds is believed when the driver has as much less to give. */
function overstated({ heldBytes, freeBytes }: VramFacts, baseline: VramFacts): string | null {
  const missingBytes = baseline.freeBytes - freeBytes
  return missingBytes < heldBytes / 2 ? `${mib(heldBytes)} are said to be held, and ${mib(missingBytes)} less are free` : null
}

/**
 * What is not free again though nobody has it; null when nothing is. What other processes took meanwhile is theirs, where
 * the driver says how much that is.
 */
export function unreleased(before: GpuBefore, now: GpuFacts | undefined, ourPid: number | null): string | null {
  const { uuid } = before
  if (now === undefined) return `${uuid} is not to be seen any more`
  if (now.processes?.some(({ pid }) => pid === ourPid) === true) return `our process ${String(ourPid)} is still on ${uuid}`
  const nowUsed = processBytes(now)
  if (before.processBytes === null || nowUsed === null) return null
  const missing = before.freeBytes - now.freeBytes - (nowUsed - before.processBytes)
  const slack = Math.max(SLACK_BYTES, before.totalBytes * SLACK_SHARE)
  return missing > slack ? `${mib(missing)} of ${uuid} are not free again, and no process has them` : null
}

export function mib(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`
}
