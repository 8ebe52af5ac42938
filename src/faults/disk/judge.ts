/** Whether a volume was really full, and stayed so. Pure. */
import type { ReplyOf } from '../../toolbox/operations/registry.ts'
import type { FillFacts, VolumeFacts } from '../../toolbox/operations/resources/disk.ts'
import type { Judgement } from '../shared/evidence.ts'
import type { DiskPlan, DiskUnit } from './plan.ts'

export type DiskGoal = Pick<DiskPlan, 'of' | 'percent' | 'bytes'>

/** One look at the volume, and what was written after it if the system had freed some of it. */
export interface DiskReading {
  readonly free: number
  /** null when nothing had to be written. */
  readonly end: FillFacts['end'] | null
}

/** When the first filling ended, and how. */
type FirstFilling = Pick<ReplyOf<'disk.fill'>, 'end' | 'volume' | 'filledBytes'>

export interface DiskSeen {
  readonly goal: DiskGoal
  readonly windowMs: number
  readonly baseline: VolumeFacts | null
  /** null when there was none, which `problem` says. */
  readonly filled: FirstFilling | null
  readonly problem: string | null
  /** While it is kept full, oldest first. */
  readonly readings: readonly DiskReading[]
  readonly watchedMs: number
  /** A last write of ours, at the window's end: `full` is ENOSPC. null where the volume need not be full to the end. */
  readonly lastWrite: FillFacts['end'] | null
}

/** What the system frees is taken again a moment later. */
const KEPT_SHARE = 0.8
const WATCHED_SHARE = 0.8
const TOLERANCE_POINTS = 1

/** Free units: bytes or inodes. */
export function freeOf({ freeBytes, freeInodes }: VolumeFacts, of: DiskUnit): number {
  return of === 'bytes' ? freeBytes : freeInodes
}

function totalOf({ totalBytes, totalInodes }: VolumeFacts, of: DiskUnit): number {
  return of === 'bytes' ? totalBytes : totalInodes
}

/** The goal is a volume into which nothing more fits: it was asked for, or the bytes asked for are more than it has. */
export function mustBeFull({ percent }: DiskGoal, end: FillFacts['end'] | null): boolean {
  return percent === null ? end === 'full' : percent >= 100
}

/** How much may be free while the goal counts as reached; null with bytes to spare, where the goal is what we have written. */
function mostFree(goal: DiskGoal, filled: FirstFilling): number | null {
  const percent = mustBeFull(goal, filled.end) ? 100 : goal.percent
  return percent === null ? null : (totalOf(filled.volume, goal.of) * (100 - percent + TOLERANCE_POINTS)) / 100
}

export function judgeDisk(seen: DiskSeen): Judgement {
  const { goal, baseline, filled } = seen
  if (filled === null) return { headline: 'nothing filled', measures: {}, reasons: [seen.problem ?? 'nothing was filled'] }
  const free = freeOf(filled.volume, goal.of)
  const before = baseline === null ? null : freeOf(baseline, goal.of)
  const unit = goal.of === 'bytes' ? 'Bytes' : 'Inodes'
  const highest = Math.max(free, ...seen.readings.map((reading) => reading.free))
  return {
    headline: `${amount(free, goal.of)} of ${amount(totalOf(filled.volume, goal.of), goal.of)} free, ${amount(before, goal.of)} before`,
    measures: {
      [`free${unit}Before`]: before,
      [`free${unit}`]: free,
      [`highestFree${unit}`]: highest,
      [`total${unit}`]: totalOf(filled.volume, goal.of),
      filledBytes: filled.filledBytes,
      refills: seen.readings.filter(({ end }) => end !== null).length,
      readings: seen.readings.length,
      lastWriteRefused: seen.lastWrite === null ? null : seen.lastWrite === 'full',
    },
    reasons: [
      ...(seen.problem === null ? [] : [seen.problem]),
      ...levelReasons(goal, filled, before),
      ...watchReasons(seen, mostFree(goal, filled)),
      ...(mustBeFull(goal, filled.end) && seen.problem === null && seen.lastWrite !== 'full'
        ? ['a write of our own was not refused at the end of the window']
        : []),
    ],
  }
}

function levelReasons(goal: DiskGoal, filled: FirstFilling, before: number | null): string[] {
  if (before === null) return ['the free space was not read before the fault']
  if (filled.end === 'killed') return ['the writer was killed']
  const free = freeOf(filled.volume, goal.of)
  const limit = mostFree(goal, filled)
  if (limit === null) return writtenReasons(filled.filledBytes, goal.bytes, before, free)
  if (before <= limit) return [`only ${amount(before, goal.of)} were free before the fault already`]
  return free > limit ? [`${amount(free, goal.of)} were left free instead of ${amount(Math.floor(limit), goal.of)}`] : []
}

/** The volume must have less for what was written, whatever the system freed meanwhile. */
function writtenReasons(written: number, wanted: number | null, before: number, free: number): string[] {
  if (written < (wanted ?? 0)) return [`${amount(written, 'bytes')} were written instead of ${amount(wanted, 'bytes')}`]
  return before - free >= Math.min(written, before) / 2
    ? []
    : [`the volume has ${amount(free, 'bytes')} free, hardly less than before`]
}

function watchReasons(seen: DiskSeen, limit: number | null): string[] {
  const { readings, windowMs, watchedMs } = seen
  // What broke it off is a reason of its own.
  if (seen.problem !== null) return []
  if (readings.length === 0 || watchedMs < windowMs * WATCHED_SHARE)
    return [`it was watched for ${Math.round(watchedMs)} ms of a window of ${windowMs} ms`]
  const kept = readings.filter(({ free }) => limit === null || free <= limit).length
  if (kept >= readings.length * KEPT_SHARE) return []
  return [`at ${readings.length - kept} of ${readings.length} looks the system had freed more than it may`]
}

function amount(value: number | null, of: DiskUnit): string {
  if (value === null) return 'an unknown number'
  if (of === 'inodes') return `${value} inodes`
  if (value < 1_024) return `${Math.round(value)} B`
  return value < 1_048_576 ? `${Math.round(value / 1_024)} KiB` : `${Math.round(value / 104_857.6) / 10} MiB`
}
