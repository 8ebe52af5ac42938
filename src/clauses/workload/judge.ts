import { msBetween, type Mono } from '../../core/time/moment.ts'
import type { WorkloadSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { answerText, tellsError, type RequestOutcome } from '../../core/request.ts'
import { joinParts, listText, msText, percentText, type Part } from '../shared/parts.ts'

/** One request of a lane that has ended. */
export interface WorkloadRecord {
  readonly startedMs: Mono
  readonly endedMs: Mono
  readonly end: RequestEnd
  /** For people: `status 503`, `no answer, ECONNREFUSED`. */
  readonly what: string
  /** Id that the answer gave the request; null where there was none. */
  readonly id: string | null
}

/** `unknown`: our own limit ended it, which says nothing of the system. */
export type RequestEnd = 'good' | 'clean error' | 'broken' | 'unknown'

export interface WorkloadSeen {
  readonly records: readonly WorkloadRecord[]
  /** The first moment at which the fault may have met a request. */
  readonly faultMs: Mono
  readonly windowEndMs: Mono
  /** When those were sent that had no end when we stopped looking. */
  readonly unendedMs: readonly Mono[]
  /** The lanes stopped before the window's end, as they had sent all that they may. */
  readonly exhausted: boolean
}

/** Pure. An error must say so, whole and in time; everything else that is not good breaks the promise. */
export function endOf(outcome: RequestOutcome, withinMs: number): { end: RequestEnd; what: string } {
  const status = answerText(outcome)
  if (outcome.error === 'body too large') return { end: 'unknown', what: `${status}, more body than is read` }
  if (outcome.error === 'deadline') return { end: 'broken', what: `no whole answer within ${msText(withinMs)}` }
  if (!outcome.complete) return { end: 'broken', what: `${status}, ${outcome.error ?? 'cut short'}` }
  if (outcome.totalMs > withinMs) return { end: 'broken', what: `${status} only after ${msText(outcome.totalMs)}` }
  if (outcome.good) return { end: 'good', what: status }
  if (tellsError(outcome)) return { end: 'clean error', what: status }
  return { end: 'broken', what: `${status} with a body that is not good: ${outcome.reason ?? 'refused by its rule'}` }
}

/** Pure. Judges what was under way when the fault came, or begun in its window; what ended before is no concern of it. */
export function judgeWorkload(spec: WorkloadSpec, seen: WorkloadSeen): Observation {
  const met = seen.records.filter(({ startedMs, endedMs }) => endedMs >= seen.faultMs && startedMs < seen.windowEndMs)
  const parts = [underWayPart(met, seen), honestPart(spec, met, seen), goodPart(spec, met)]
  return joinParts(parts)
}

/** `8 requests infer at a time: each ends within 5000 ms, good or with an error that says so; ≥ 90 % good`. */
export function workloadText(spec: WorkloadSpec): string {
  return `${spec.in_flight} requests ${spec.name} at a time: ${honestExpected(spec)}; ${goodExpected(spec)}`
}

function underWayPart(met: readonly WorkloadRecord[], seen: WorkloadSeen): Part {
  const started = [...met.map(({ startedMs }) => startedMs), ...seen.unendedMs]
  const underWay = started.filter((startedMs) => startedMs < seen.faultMs).length
  return {
    expected: 'at least one under way when the fault came',
    observed: `${underWay} under way when the fault came`,
    met: underWay > 0 ? true : null,
  }
}

function honestPart(spec: WorkloadSpec, met: readonly WorkloadRecord[], seen: WorkloadSeen): Part {
  const broken = met.filter(({ end }) => end === 'broken')
  const unknown = met.filter(({ end }) => end === 'unknown')
  const slowest = Math.max(...met.map(({ startedMs, endedMs }) => msBetween(startedMs, endedMs)))
  const told = [...broken, ...unknown].map((record) => recordText(record, seen.faultMs))
  const doubts = [
    ...(seen.unendedMs.length > 0 ? [`${seen.unendedMs.length} had no end when we stopped looking`] : []),
    ...(seen.exhausted ? [`no more were sent after ${seen.records.length}`] : []),
  ]
  const share = `${met.length - broken.length - unknown.length} of ${met.length} did, slowest ${msText(slowest)}`
  const decided = unknown.length === 0 && doubts.length === 0
  return {
    expected: honestExpected(spec),
    observed: [share, ...doubts, ...(told.length > 0 ? [listText(told)] : [])].join('; '),
    met: broken.length > 0 ? false : decided ? true : null,
  }
}

function goodPart(spec: WorkloadSpec, met: readonly WorkloadRecord[]): Part {
  const judged = met.filter(({ end }) => end !== 'unknown')
  const good = judged.filter(({ end }) => end === 'good').length
  const share = good / judged.length
  const errors = judged.filter(({ end }) => end === 'clean error').map(({ what }) => what)
  const counts = [...new Set(errors)].map((what) => `${errors.filter((error) => error === what).length} × ${what}`)
  return {
    expected: goodExpected(spec),
    observed: `${percentText(share)} good${counts.length > 0 ? ` (${listText(counts, ', ')})` : ''}`,
    met: judged.length === 0 ? null : share >= spec.good_share,
  }
}

function honestExpected(spec: WorkloadSpec): string {
  return `each ends within ${spec.within_ms} ms, good or with an error that says so`
}

function goodExpected(spec: WorkloadSpec): string {
  return `≥ ${percentText(spec.good_share)} good`
}

/** `task-7 sent 312 ms before the fault: status 200, ECONNRESET`. */
function recordText(record: WorkloadRecord, faultMs: Mono): string {
  const sinceMs = msBetween(faultMs, record.startedMs)
  const when = sinceMs < 0 ? `sent ${msText(-sinceMs)} before the fault` : `sent ${msText(sinceMs)} after the fault`
  return `${record.id ?? 'one'} ${when}: ${record.what}`
}
