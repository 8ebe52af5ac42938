/** Whether a process really ran out of file descriptors, and what that did to new connections. Pure. */
import type { HttpProbeSample } from '../../toolbox/operations/requests/probe-http.ts'
import type { Judgement } from '../shared/evidence.ts'

export interface DescriptorReading {
  readonly open: number
  readonly softLimit: number
}

export interface ProbeSeen extends Pick<HttpProbeSample, 'status' | 'error'> {
  readonly tookMs: number
}

export interface DescriptorsSeen {
  readonly windowMs: number
  /** New connections before the fault. */
  readonly before: readonly ProbeSeen[]
  /** null when the limit was not lowered, which `problem` says. */
  readonly lowered: { readonly limit: number; readonly previousSoft: number; readonly openBefore: number } | null
  readonly problem: string | null
  /** From the first connection of ours on, oldest first. */
  readonly readings: readonly DescriptorReading[]
  readonly watchedMs: number
  /** New connections straight to the target once it was full. */
  readonly probes: readonly ProbeSeen[]
  /** Connections from before it was full, tried at the end; null when they were not. */
  readonly old: { readonly tried: number; readonly answered: number } | null
  /** Most that were open, by a look and by the answers on the connections that were opened right after it. */
  readonly reached: number
  /** The process ended meanwhile: what was seen before has to do. */
  readonly targetEnded: boolean
}

/** The process opens and closes descriptors of its own, and a free one is taken a moment later. */
const KEPT_SHARE = 0.8
const KEPT_OUT_SHARE = 0.75
const WATCHED_SHARE = 0.8
const FEWEST_PROBES = 3
export const PROBE_LIMIT_MS = 1_000

/** One descriptor may just be on its way from one owner to the next. */
export function isExhausted({ open }: DescriptorReading, limit: number): boolean {
  return open >= limit - 1
}

/** Refused, reset, or closed without an answer, and soon: a peer that stays silent has not refused. */
export function isRefused({ status, error, tookMs }: ProbeSeen): boolean {
  return status === null && error !== null && error !== 'timeout' && tookMs <= PROBE_LIMIT_MS
}

export function judgeDescriptors(seen: DescriptorsSeen): Judgement {
  const { lowered, readings, probes } = seen
  if (lowered === null) {
    return { headline: 'limit not lowered', measures: {}, reasons: [seen.problem ?? 'the limit of descriptors was not lowered'] }
  }
  const { limit } = lowered
  const most = readings.length === 0 ? null : Math.max(...readings.map(({ open }) => open))
  const refused = probes.filter(isRefused)
  const answered = probes.filter(({ status }) => status !== null).length
  const silent = probes.filter(({ error }) => error === 'timeout').length
  const waits = refused.map(({ tookMs }) => tookMs)
  return {
    headline: `${String(most ?? 'unknown')} of ${limit} descriptors open, ${refused.length} of ${probes.length} new connections refused`,
    measures: {
      limit,
      limitBefore: lowered.previousSoft,
      openBefore: lowered.openBefore,
      mostOpen: most,
      readings: readings.length,
      readingsExhausted: readings.filter((reading) => isExhausted(reading, limit)).length,
      newConnections: probes.length,
      refused: refused.length,
      answered,
      silent,
      longestRefusalMs: waits.length === 0 ? null : Math.round(Math.max(...waits)),
      oldConnections: seen.old?.tried ?? null,
      oldAnswered: seen.old?.answered ?? null,
    },
    reasons: [
      ...(seen.problem === null ? [] : [seen.problem]),
      ...beforeReasons(seen),
      ...fullReasons(seen, limit),
      ...probeReasons(seen, answered),
    ],
  }
}

function beforeReasons({ before }: DescriptorsSeen): string[] {
  const answered = before.filter(({ status }) => status !== null).length
  if (before.length > 0 && answered === before.length) return []
  return [`only ${answered} of ${before.length} new connections were answered before the fault already`]
}

function fullReasons(seen: DescriptorsSeen, limit: number): string[] {
  const { readings, targetEnded, windowMs, watchedMs, problem } = seen
  const other = readings.find(({ softLimit }) => softLimit !== limit)
  if (other !== undefined) return [`the limit was read back as ${other.softLimit} instead of ${limit}`]
  const first = readings.findIndex((reading) => isExhausted(reading, limit))
  if (first < 0) {
    // One that died at once need not have been met alive at its limit: each connection that it answered took a descriptor.
    if (targetEnded && seen.reached >= limit - 1) return []
    const most = Math.max(0, ...readings.map(({ open }) => open))
    return [`at most ${most} of ${limit} descriptors were seen open`]
  }
  // A process that is dying closes them one after the other.
  if (targetEnded) return []
  const after = readings.slice(first)
  const kept = after.filter((reading) => isExhausted(reading, limit)).length
  if (kept < after.length * KEPT_SHARE)
    return [`descriptors were free at ${after.length - kept} of ${after.length} looks after they had run out`]
  if (problem === null && watchedMs < windowMs * WATCHED_SHARE)
    return [`it was watched for ${Math.round(watchedMs)} ms of a window of ${windowMs} ms`]
  return []
}

/**
 * An answer shows that a descriptor was free. Whether those that get none are turned away or left waiting is the service's
 * behaviour, which a `new_connections` clause judges. A process that died of it answers nobody.
 */
function probeReasons({ probes, targetEnded, problem }: DescriptorsSeen, answered: number): string[] {
  if (targetEnded || problem !== null) return []
  if (probes.length < FEWEST_PROBES) return [`only ${probes.length} new connections were tried`]
  if (probes.length - answered >= probes.length * KEPT_OUT_SHARE) return []
  return [`${answered} of ${probes.length} new connections were answered although no descriptor was to be free`]
}
