import { later, msBetween, type Mono } from '../../core/time/moment.ts'
import { endsText, latencyMs, recoveryStreak, type CanarySample } from '../../core/canary.ts'
import { isChaosError } from '../../core/errors.ts'
import type { RecoveryResult } from '../../core/result/scenario.ts'
import { median } from '../../core/statistics.ts'
import type { RunningCanary } from '../../ports/canary.ts'
import type { EngineDeps } from '../deps.ts'
import { awaitWell } from './well.ts'

/** Latency is back when the streak's median is under twice the steady one, or this much above it. */
const LATENCY_FACTOR = 2
const LATENCY_MARGIN_MS = 250

export interface RecoveryTerms {
  /** End of the fault. */
  readonly fromMs: Mono
  readonly limitMs: number
  readonly backends: number
  readonly steadyP50Ms: number
}

export interface Recovery {
  readonly result: RecoveryResult
  /** Intended send time of the first of the newest requests that are enough for the proof; null without one. */
  readonly provenSinceMs: Mono | null
}

interface Streak {
  readonly lastBadMs: number | null
  readonly firstGoodMs: number | null
  readonly length: number
  readonly p50Ms: number
}

/** Waits for an unbroken streak at near-baseline latency on a healthy stack; a miss is a value, not a throw. */
export async function awaitRecovery(
  deps: Pick<EngineDeps, 'clock' | 'stack'>,
  canary: Pick<RunningCanary, 'samples'>,
  terms: RecoveryTerms,
  signal: AbortSignal,
): Promise<Recovery> {
  const needed = recoveryStreak(terms.backends)
  const latencyLimitMs = Math.max(terms.steadyP50Ms * LATENCY_FACTOR, terms.steadyP50Ms + LATENCY_MARGIN_MS)
  const what = `a streak of ${needed} good requests with a median under ${Math.round(latencyLimitMs)} ms`
  const read = (): Streak => currentStreak(canary.samples(terms.fromMs), terms.fromMs)
  const isEnough = (seen: Streak): boolean => seen.length >= needed && seen.p50Ms <= latencyLimitMs
  const tell = ({ length, p50Ms }: Streak): string => {
    const newest = length === 0 ? 'the newest of them bad' : `the newest ${length} good, their median ${Math.round(p50Ms)} ms`
    return `${endsText(canary.samples(terms.fromMs))}, ${newest}`
  }
  try {
    const streak = await awaitWell(deps, { what, read, isEnough, tell }, terms.limitMs, signal)
    const proof = canary.samples(terms.fromMs).at(-needed)
    return { result: result(streak, terms, needed, null), provenSinceMs: proof?.intendedMs ?? null }
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    const reason = `no recovery within ${terms.limitMs} ms: ${error.message}`
    return { result: result(read(), terms, needed, reason), provenSinceMs: null }
  }
}

/** A streak that broke again before the scenario ended was no recovery. */
export function withoutRelapse(recovery: RecoveryResult, samples: readonly CanarySample[], fromMs: Mono): RecoveryResult {
  if (!recovery.recovered || recovery.firstGoodMs === null) return recovery
  const goodSince = later(fromMs, recovery.firstGoodMs)
  const relapse = samples.find((sample) => !sample.ok && sample.intendedMs >= fromMs && sample.doneMs > goodSince)
  if (relapse === undefined) return recovery
  return {
    ...recovery,
    recovered: false,
    reason: `relapse ${Math.round(msBetween(fromMs, relapse.intendedMs))} ms after the fault ended: ${relapse.error ?? 'bad answer'}`,
  }
}

/** The unbroken run of good requests up to the newest outcome; requests sent before the fault ended do not count. */
export function currentStreak(samples: readonly CanarySample[], fromMs: Mono): Streak {
  const after = samples.filter((sample) => sample.intendedMs >= fromMs)
  const lastBad = after.findLastIndex((sample) => !sample.ok)
  const streak = after.slice(lastBad + 1)
  const bad = after[lastBad]
  const first = streak[0]
  return {
    lastBadMs: bad === undefined ? null : msBetween(fromMs, bad.intendedMs),
    firstGoodMs: first === undefined ? null : msBetween(fromMs, first.doneMs),
    length: streak.length,
    p50Ms: median(streak.map(latencyMs)),
  }
}

function result(streak: Streak, terms: RecoveryTerms, needed: number, reason: string | null): RecoveryResult {
  const round = (value: number | null): number | null => (value === null ? null : Math.round(value))
  return {
    recovered: reason === null,
    afterMs: reason === null ? round(streak.firstGoodMs) : null,
    limitMs: terms.limitMs,
    lastBadMs: round(streak.lastBadMs ?? 0),
    firstGoodMs: round(streak.firstGoodMs),
    streak: needed,
    reason,
    calm: null,
  }
}
