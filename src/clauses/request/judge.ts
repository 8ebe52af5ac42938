import type { RequestSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { answerText, type RequestOutcome } from '../../core/request.ts'
import { eventuallyText } from '../shared/eventually.ts'
import { joinParts, msText, type Part } from '../shared/parts.ts'

export interface SteadyAnswer {
  readonly good: boolean
  /** Why it was not good, when it was not. */
  readonly why: string
  readonly bodyHash: string | null
  readonly bytes: number
}

export type RequestSeen = Omit<RequestOutcome, 'body'>

/** `request large: answered well within 15000 ms; the same body as in the steady state; 5 to 13 KB/s`. */
export function requestText(spec: RequestSpec): string {
  return `request ${spec.name}: ${eventuallyText(requestExpected(spec), spec.eventually_within_seconds)}`
}

/** Of one answer. */
export function requestExpected(spec: RequestSpec): string {
  const answer = { status: null, error: null, good: false, reason: null, complete: false, bytes: 0, bodyHash: null }
  const nothing = { ...answer, firstByteMs: null, totalMs: Number.NaN, why: '' }
  return judgeRequest(spec, nothing, nothing).expected
}

/** Pure. Without a good answer in the steady state nothing is decided: there is nothing to compare with. */
export function judgeRequest(spec: RequestSpec, steady: SteadyAnswer, during: RequestSeen): Observation {
  const parts = [spec.status === undefined ? goodPart(spec, during) : statusPart(spec, spec.status, during)]
  if (spec.same_as_steady === true) parts.push(samePart(steady, during))
  if (spec.rate_kb_per_s !== undefined) parts.push(ratePart(spec.rate_kb_per_s, during))
  const judged = joinParts(parts)
  if (steady.good) return judged
  return { ...judged, observed: `no good answer in the steady state to compare with (${steady.why})`, met: null }
}

function goodPart(spec: RequestSpec, during: RequestSeen): Part {
  const why = during.reason ?? during.error
  const good = during.good && during.complete
  const what = good ? 'good' : `not good: ${why ?? (during.complete ? 'refused by its rule' : 'cut short')}`
  return {
    expected: `a good answer within ${spec.within_ms} ms`,
    observed: `${answerText(during)}, ${what}, ${sizeText(during)}`,
    met: good && during.totalMs <= spec.within_ms,
  }
}

/** Whatever the body, but all of it: an answer that was cut is none. */
function statusPart(spec: RequestSpec, statuses: readonly number[], during: RequestSeen): Part {
  const cut = during.complete ? '' : `not whole: ${during.error ?? 'cut short'}, `
  const right = statuses.some((status) => status === during.status)
  return {
    expected: `an answer with status ${statuses.join(' or ')} within ${spec.within_ms} ms`,
    observed: `${answerText(during)}, ${cut}${sizeText(during)}`,
    met: right && during.complete && during.totalMs <= spec.within_ms,
  }
}

function sizeText(during: RequestSeen): string {
  return `${during.bytes} bytes after ${msText(during.totalMs)}`
}

function samePart(steady: SteadyAnswer, during: RequestSeen): Part {
  const same = during.complete && during.bodyHash !== null && during.bodyHash === steady.bodyHash
  return {
    expected: 'the same body as in the steady state',
    observed: same ? 'the same body' : `another body: ${during.bytes} bytes, ${steady.bytes} in the steady state`,
    met: same,
  }
}

/** From the first byte to the last: the wait for the first says nothing about the rate. */
function ratePart(rate: NonNullable<RequestSpec['rate_kb_per_s']>, during: RequestSeen): Part {
  const tookMs = during.firstByteMs === null ? Number.NaN : during.totalMs - during.firstByteMs
  const measured = during.bytes / tookMs
  const expected = `${rate.at_least} to ${rate.at_most} KB/s`
  if (!(tookMs > 0) || during.bytes === 0) {
    const observed = `no rate: ${during.bytes} bytes in one piece`
    return { expected, observed, met: during.bytes > 0 && tookMs === 0 ? false : null }
  }
  return {
    expected,
    observed: `${Math.round(measured * 10) / 10} KB/s`,
    met: measured >= rate.at_least && measured <= rate.at_most,
  }
}
