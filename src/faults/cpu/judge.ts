/** How much CPU time is to be burnt, and whether it was. Pure. */
import { msBetween, type Mono } from '../../core/time/moment.ts'
import type { CgroupFacts } from '../../toolbox/operations/resources/cgroup.ts'
import type { Judgement, Measures } from '../shared/evidence.ts'

export interface CpuLoad {
  readonly workers: number
  /** Of one CPU, each worker. */
  readonly loadPercent: number
  /** What 100 % is, in CPUs: the quota, or the whole machine. */
  readonly cpus: number
  readonly hasQuota: boolean
}

/** One look at the cgroup of the target. */
export interface CpuReading {
  readonly atMs: Mono
  readonly usageUs: number
  /** null where the kernel does not count them. */
  readonly throttledPeriods: number | null
}

export interface BurnReading extends CpuReading {
  readonly burnersAlive: number
  readonly burnersUs: number
  /** What the burners could have run and did not; null where the kernel does not count it. */
  readonly waitedUs: number | null
}

export interface CpuSeen {
  readonly percent: number
  readonly windowMs: number
  readonly baseline: { readonly first: CpuReading; readonly last: CpuReading } | null
  /** null when nothing was started, which `problem` says. */
  readonly load: CpuLoad | null
  readonly problem: string | null
  /** While it burns, oldest first. */
  readonly readings: readonly BurnReading[]
  /** The target's main process ended meanwhile: what was seen before has to do. */
  readonly targetEnded: boolean
}

/** The kernel gives out quota in slices, and what is left of one expires. */
const NEAR_ENOUGH = 0.8
/**
 * A machine that is busy with others, or whose own host takes some of it away, does not give the quota. CPU time is used up
 * there as well when the burners took or waited for nearly all that they were to: the target gets its turn between theirs.
 * Less than this of what was wanted, and the target is slow for the sake of others rather than for the fault's.
 */
const SHORT_ENOUGH = 0.5
const WANTED_SHARE = 0.9
const WATCHED_SHARE = 0.8
/** Before a target that died. */
const SHORTEST_MS = 500

/** A quota is used up by more workers than it has CPUs; a share of it by just as many as that takes. */
export function planLoad(
  percent: number,
  { cpuQuotaUs, cpuPeriodUs }: Pick<CgroupFacts, 'cpuQuotaUs' | 'cpuPeriodUs'>,
  machineCpus: number,
): CpuLoad {
  const hasQuota = cpuQuotaUs !== null && cpuPeriodUs !== null
  const cpus = hasQuota ? Math.min(machineCpus, cpuQuotaUs / cpuPeriodUs) : machineCpus
  if (percent >= 100) return { workers: hasQuota ? Math.ceil(cpus) + 1 : cpus, loadPercent: 100, cpus, hasQuota }
  const wanted = (cpus * percent) / 100
  const workers = wholeAbove(wanted)
  return { workers, loadPercent: wholeAbove((wanted / workers) * 100), cpus, hasQuota }
}

/** 7 % of a CPU are 7.000000000000001 as binary fractions, and no reason to burn 8. */
function wholeAbove(value: number): number {
  return Math.ceil(round(value, 6))
}

export function loadText({ workers, loadPercent, cpus, hasQuota }: CpuLoad): string {
  const whole = hasQuota ? `a quota of ${round(cpus, 3)} CPUs` : `no quota, so of all ${cpus} CPUs`
  return `${workers} workers of ${loadPercent} % of a CPU each, in a cgroup with ${whole}`
}

export function judgeCpu(seen: CpuSeen): Judgement {
  const { load, baseline, readings, percent } = seen
  if (load === null) return { headline: 'no CPU time burnt', measures: {}, reasons: [seen.problem ?? 'no CPU time was burnt'] }
  const before = baseline === null ? null : usedPercent(baseline.first, baseline.last, load.cpus)
  const stretch = stretchOf(readings, load.cpus)
  if (stretch === null) {
    const why = seen.problem ?? 'the CPU time was not read while it was burnt'
    return { headline: 'CPU time not read', measures: {}, reasons: [why] }
  }
  const { first, last, used } = stretch
  const [from, to] = [first.throttledPeriods, last.throttledPeriods]
  const throttled = from === null || to === null ? null : to - from
  const demand = demandPercent(load, first, last)
  // What the machine had no more of, no quota had to keep back.
  const needsThrottling = load.hasQuota && percent >= 100 && !isWaitedFor(percent, used, demand)
  const rest = isShort(percent, used, demand) ? ', the rest waited for: the machine had no more' : ''
  return {
    headline: `${used} % of ${round(load.cpus, 3)} CPUs used (${String(before ?? 'unknown')} % before)${rest}`,
    measures: {
      baselinePercent: before,
      usedPercent: used,
      demandPercent: demand,
      quotaCpus: load.hasQuota ? round(load.cpus, 3) : null,
      throttledPeriods: throttled,
      ...burnerMeasures(load, readings, first, last),
    },
    reasons: [
      ...(seen.problem === null ? [] : [seen.problem]),
      ...watchReasons(seen, msBetween(first.atMs, last.atMs)),
      ...useReasons(percent, before, used, demand),
      ...(needsThrottling ? throttleReasons(throttled) : []),
      ...burnerReasons(load, readings, first, last),
    ],
  }
}

function burnerMeasures(load: CpuLoad, readings: readonly BurnReading[], first: BurnReading, last: BurnReading): Measures {
  const usageUs = last.usageUs - first.usageUs
  return {
    burnerSharePercent: usageUs > 0 ? round(((last.burnersUs - first.burnersUs) / usageUs) * 100, 1) : null,
    fewestBurnersAlive: Math.min(...readings.map(({ burnersAlive }) => burnersAlive)),
    workers: load.workers,
    readings: readings.length,
  }
}

/** From the first look to the last; null where there are not two with time between them. */
function stretchOf(
  readings: readonly BurnReading[],
  cpus: number,
): { readonly first: BurnReading; readonly last: BurnReading; readonly used: number } | null {
  const [first] = readings
  if (first === undefined) return null
  const last = readings.at(-1) ?? first
  const used = usedPercent(first, last, cpus)
  return used === null ? null : { first, last, used }
}

/** One decimal; null where no time lies between the two. */
function usedPercent(first: CpuReading, last: CpuReading, cpus: number): number | null {
  const wallUs = msBetween(first.atMs, last.atMs) * 1_000
  return wallUs > 0 ? round(((last.usageUs - first.usageUs) / wallUs / cpus) * 100, 1) : null
}

/**
 * What the burners took and what they waited for, of all that they were to take: 100 says that none of them was ever idle by
 * itself. The kernel counts a wait when it has ended, so that one period of the quota may be missing. One decimal; null where
 * waiting is not counted.
 */
function demandPercent({ workers, loadPercent }: CpuLoad, first: BurnReading, last: BurnReading): number | null {
  if (first.waitedUs === null || last.waitedUs === null) return null
  const toTakeUs = msBetween(first.atMs, last.atMs) * 1_000 * workers * (loadPercent / 100)
  return round(((last.burnersUs - first.burnersUs + last.waitedUs - first.waitedUs) / toTakeUs) * 100, 1)
}

/** Less was used than was to be, and the burners wanted the rest. */
function isWaitedFor(percent: number, used: number, demand: number | null): boolean {
  return used < percent && (demand ?? 0) >= WANTED_SHARE * 100
}

/** By more than the kernel's way to give out a quota explains. */
function isShort(percent: number, used: number, demand: number | null): boolean {
  return used < percent * NEAR_ENOUGH && isWaitedFor(percent, used, demand)
}

function watchReasons({ windowMs, targetEnded }: CpuSeen, watchedMs: number): string[] {
  const neededMs = targetEnded ? SHORTEST_MS : windowMs * WATCHED_SHARE
  if (watchedMs >= neededMs) return []
  return [`it was watched for ${Math.round(watchedMs)} ms of a window of ${windowMs} ms`]
}

function useReasons(percent: number, before: number | null, used: number, demand: number | null): string[] {
  if (before === null) return ['the CPU time was not read before the fault']
  const enough = percent * (isShort(percent, used, demand) ? SHORT_ENOUGH : NEAR_ENOUGH)
  if (before >= enough) return [`${before} % were used before the fault already`]
  if (used >= enough) return []
  const wanted = demand === null ? '' : `, and ${demand} % of what was to be burnt was used or waited for`
  return [`${used} % were used instead of ${percent} %${wanted}`]
}

function throttleReasons(throttled: number | null): string[] {
  if (throttled === null) return ['the kernel does not count throttled periods, so that the quota was used up is not proven']
  return throttled > 0 ? [] : ['the cgroup was never throttled']
}

/** A busy application uses its quota without us: ours must have been at it from the first half to the end. */
function burnerReasons(load: CpuLoad, readings: readonly BurnReading[], first: BurnReading, last: BurnReading): string[] {
  const fewest = Math.min(...readings.map(({ burnersAlive }) => burnersAlive))
  if (fewest < load.workers) return [`only ${fewest} of ${load.workers} workers were alive in the cgroup at one time`]
  if (fewest < first.burnersAlive) return [`${first.burnersAlive - fewest} of the burning processes died on the way`]
  const middle = readings[Math.floor(readings.length / 2)] ?? last
  const idle = middle.burnersUs <= first.burnersUs || (middle !== last && last.burnersUs <= middle.burnersUs)
  return idle ? ['the workers used no CPU time in one half of the window'] : []
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
