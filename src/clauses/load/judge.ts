/** What the load that held meanwhile met. Pure. */
import type { LoadSpec } from './spec.ts'
import type { HeldLimits, StretchFigures } from '../../ports/held-load.ts'
import type { Observation } from '../../kinds/clause.ts'
import { joinParts, msText, percentText, secondsText, type Part } from '../shared/parts.ts'

export interface LoadSeen {
  /** null where requests come at a rate. */
  readonly users: number | null
  readonly before: StretchFigures
  readonly during: StretchFigures
}

export function judgeDuring(spec: LoadSpec, { before, during, users }: LoadSeen): Observation {
  const parts: Part[] = [
    {
      expected: `requests that end while the fault is on${users === null ? '' : `, ${users} or more`}`,
      observed: `${figuresText(during)} (before: ${figuresText(before)})`,
      // k6 tells of a request at its end: of users who all hang, those few who do not say nothing.
      met: Number.isNaN(during.errorShare) || during.requests < (users ?? 1) ? null : true,
    },
  ]
  if (spec.error_rate !== undefined) {
    const met = Number.isNaN(during.errorShare) ? null : during.errorShare <= spec.error_rate
    parts.push({ expected: errorsExpected(spec.error_rate), observed: `${percentText(during.errorShare)} failed`, met })
  }
  if (spec.p95_ms !== undefined) {
    const met = Number.isNaN(during.p95Ms) ? null : during.p95Ms < spec.p95_ms
    parts.push({ expected: p95Expected(spec.p95_ms), observed: msText(during.p95Ms), met })
  }
  return joinParts(parts)
}

/** `keptAfterMs`: since when the limits were kept again, from the end of the fault; null when they never were. */
export function judgeAfter(withinSeconds: number, keptAfterMs: number | null, limits: HeldLimits): Observation {
  return {
    expected: `${keptExpected(withinSeconds)} (errors ≤ ${percentText(limits.errorShare)}, p95 ≤ ${msText(limits.p95Ms)})`,
    observed: keptAfterMs === null ? 'they were not' : `kept again after ${secondsText(keptAfterMs)}`,
    met: keptAfterMs !== null && keptAfterMs <= withinSeconds * 1_000,
  }
}

export function loadText(spec: LoadSpec): string {
  const said = [
    ...(spec.error_rate === undefined ? [] : [errorsExpected(spec.error_rate)]),
    ...(spec.p95_ms === undefined ? [] : [p95Expected(spec.p95_ms)]),
    ...(spec.kept_again_within_seconds === undefined ? [] : [keptExpected(spec.kept_again_within_seconds)]),
  ]
  return `load: ${said.join('; ') || 'goes on'}`
}

function figuresText({ requests, errorShare, p95Ms }: StretchFigures): string {
  return `${requests} requests, ${percentText(errorShare)} failed, p95 ${msText(p95Ms)}`
}

function errorsExpected(share: number): string {
  return `at most ${percentText(share)} fail`
}

function p95Expected(ms: number): string {
  return `p95 < ${msText(ms)}`
}

function keptExpected(seconds: number): string {
  return `its limits are kept again within ${seconds} s`
}
