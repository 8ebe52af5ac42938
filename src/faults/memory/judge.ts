/** Whether memory was really used up: held, or driven on until the kernel killed the main process. Pure. */
import { msBetween, type Wall } from '../../core/time/moment.ts'
import type { ContainerEvent } from '../../ports/docker.ts'
import { exitCodeOf, firstEvent, roundMs } from '../shared/containers/container-events.ts'
import type { Judgement } from '../shared/evidence.ts'

/** One look at the cgroup of the target. */
export interface MemoryReading {
  readonly usageBytes: number
  readonly limitBytes: number
}

export interface MemorySeen {
  readonly containerId: string
  readonly percent: number
  /** Before anything was filled. */
  readonly baseline: MemoryReading | null
  /** When the filling began, and of which main process; null when it did not, which `problem` says. */
  readonly begun: { readonly wallMs: Wall; readonly pid: number } | null
  readonly problem: string | null
  /** While the memory was held, oldest first. */
  readonly readings: readonly MemoryReading[]
}

export interface OomSeen extends MemorySeen {
  /** When it was driven on beyond `percent`; null when the process had died before, or it was not. */
  readonly pushedWallMs: Wall | null
  /** How often the filler's own writer was killed instead. */
  readonly writersKilled: number
  readonly events: readonly ContainerEvent[]
  readonly now: { readonly status: string; readonly pid: number } | null
}

/** The target's own memory goes up and down while it is held. */
const TOLERANCE_POINTS = 3
const SIGKILL_EXIT_CODE = 137

function percentOf({ usageBytes, limitBytes }: MemoryReading): number {
  return Math.round((usageBytes / limitBytes) * 1_000) / 10
}

/** Enough of the limit is in use. */
export function isHeld(reading: MemoryReading, percent: number): boolean {
  return percentOf(reading) >= percent - TOLERANCE_POINTS
}

export function judgeHold(seen: MemorySeen): Judgement {
  if (seen.begun === null) return untouched(seen)
  const [first] = seen.readings
  const lowest = Math.min(...seen.readings.map(percentOf))
  const limit = `${Math.round((first?.limitBytes ?? Number.NaN) / 1_048_576)} MiB`
  return {
    headline: first === undefined ? 'memory not read' : `${shareText(percentOf(first))} of ${limit} in use`,
    measures: {
      ...shareMeasures(seen),
      lowestPercent: first === undefined ? null : lowest,
      readings: seen.readings.length,
    },
    reasons: [
      ...baselineReasons(seen),
      ...(seen.problem === null ? [] : [seen.problem]),
      ...levelReasons(first, lowest, seen.percent),
    ],
  }
}

function levelReasons(first: MemoryReading | undefined, lowest: number, percent: number): string[] {
  if (first === undefined) return ['the memory in use was not read back']
  if (!isHeld(first, percent)) return [`${shareText(percentOf(first))} were in use instead of ${shareText(percent)}`]
  return lowest < percent - TOLERANCE_POINTS ? [`it fell to ${shareText(lowest)} while it was to be held`] : []
}

/** An `oom` says that the kernel killed something in the cgroup; only the death with it says that it was the main process. */
export function judgeOom(seen: OomSeen): Judgement {
  const { begun } = seen
  if (begun === null) return untouched(seen)
  const eventOf = (action: string): ContainerEvent | null =>
    firstEvent(seen.events, { containerId: seen.containerId, action, sinceWallMs: begun.wallMs })
  const [oom, die] = [eventOf('oom'), eventOf('die')]
  const exitCode = exitCodeOf(die)
  const fromMs = seen.pushedWallMs ?? begun.wallMs
  const toDieMs = die === null ? null : roundMs(msBetween(fromMs, die.atMs))
  return {
    headline: oomHeadline(seen, oom === null ? null : toDieMs),
    measures: {
      ...shareMeasures(seen),
      oomEvent: oom !== null,
      exitCode,
      pushToDieMs: toDieMs,
      writersKilled: seen.writersKilled,
      pidBefore: begun.pid,
      pidAfter: seen.now?.pid ?? null,
    },
    reasons: [
      ...(seen.problem === null ? [] : [seen.problem]),
      ...heldReasons(seen),
      ...(oom === null ? ['Docker told of no oom in this container'] : []),
      ...dieReasons(oom, die, exitCode),
      ...(seen.now?.pid === begun.pid ? [`its main process is still ${begun.pid} (${seen.now.status})`] : []),
    ],
  }
}

function untouched({ problem, baseline }: MemorySeen): Judgement {
  const why = problem ?? 'no memory was used up'
  return {
    headline: `untouched (${why})`,
    measures: { baselinePercent: baseline === null ? null : percentOf(baseline) },
    reasons: [why],
  }
}

function baselineReasons({ baseline, percent }: MemorySeen): string[] {
  if (baseline === null) return ['the memory in use was not read before the fault']
  return isHeld(baseline, percent) ? [`${shareText(percentOf(baseline))} were in use before the fault already`] : []
}

/** A process that died on the way there was not held, and need not have been. */
function heldReasons({ readings, percent, pushedWallMs }: OomSeen): string[] {
  const [first] = readings
  if (pushedWallMs === null || percent >= 100) return []
  if (first === undefined) return [`that ${shareText(percent)} were in use before it was driven on was not read back`]
  return isHeld(first, percent)
    ? []
    : [`${shareText(percentOf(first))} were in use instead of ${shareText(percent)} before it was driven on`]
}

function dieReasons(oom: ContainerEvent | null, die: ContainerEvent | null, exitCode: number | null): string[] {
  if (die === null) {
    return [
      oom === null ? 'Docker told of no death' : 'Docker told of no death: the oom killed something else than its main process',
    ]
  }
  return exitCode === SIGKILL_EXIT_CODE
    ? []
    : [`it died with exit code ${String(exitCode ?? 'unknown')}, and the kernel kills with SIGKILL`]
}

function oomHeadline({ readings, pushedWallMs }: OomSeen, toDieMs: number | null): string {
  const [first] = readings
  const held = first === undefined ? '' : `held at ${shareText(percentOf(first))}, then `
  if (toDieMs === null)
    return `${held}${pushedWallMs === null ? 'not ' : ''}driven on, and the kernel did not kill its main process`
  const since = pushedWallMs === null ? 'the filling began' : 'it was driven on'
  return `${held}killed by the kernel ${Math.round(toDieMs)} ms after ${since}`
}

function shareMeasures({ baseline, readings }: MemorySeen): Record<string, number | null> {
  const [first] = readings
  return {
    baselinePercent: baseline === null ? null : percentOf(baseline),
    heldPercent: first === undefined ? null : percentOf(first),
    limitBytes: (first ?? baseline)?.limitBytes ?? null,
  }
}

function shareText(percent: number): string {
  return `${percent} %`
}
