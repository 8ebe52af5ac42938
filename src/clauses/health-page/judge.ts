/** Whether a health page stayed good. Pure. */
import type { Observation } from '../../kinds/clause.ts'
import { eventuallyText } from '../shared/eventually.ts'
import { countTexts, listText, msText, percentText } from '../shared/parts.ts'
import type { HealthPageSpec } from './spec.ts'

export interface PageLook {
  /** Name of the container. */
  readonly container: string
  /** null without an answer. */
  readonly status: number | null
  /** Node's error code, `eof` or `timeout`; null when it was answered. */
  readonly error: string | null
  /** To the end of the answer; null without one. */
  readonly totalMs: number | null
}

/** From fewer than these nothing follows. */
const FEWEST = 5

export function healthPageText(spec: HealthPageSpec): string {
  const { service, within_ms: limitMs, share = 1, eventually_within_seconds: withinSeconds } = spec
  const expected = withinSeconds === undefined ? `≥ ${percentText(share)} good within ${limitMs} ms` : oneLookExpected(spec)
  return `health page of ${service}: ${eventuallyText(expected, withinSeconds)}`
}

export function oneLookExpected({ within_ms: limitMs }: HealthPageSpec): string {
  return `good at all containers at once, each within ${limitMs} ms`
}

/** The pages of all containers, asked at once. */
export function judgeOneLook(spec: HealthPageSpec, seen: readonly PageLook[]): Observation {
  const bad = seen.flatMap((look) => {
    const problem = problemOf(look, spec.within_ms)
    return problem === null ? [] : [`${look.container}: ${problem}`]
  })
  const good = `${seen.length - bad.length} of ${seen.length} good`
  return {
    expected: oneLookExpected(spec),
    observed: bad.length === 0 ? good : `${good} (${listText(bad)})`,
    met: seen.length === 0 ? null : bad.length === 0,
  }
}

export function judgeHealthPage({ within_ms: limitMs, share = 1 }: HealthPageSpec, seen: readonly PageLook[]): Observation {
  const expected = `≥ ${percentText(share)} good within ${limitMs} ms`
  if (seen.length < FEWEST) return { expected, observed: `only ${seen.length} looks, ${FEWEST} are needed to judge`, met: null }
  const bad = seen.flatMap((look) => problemOf(look, limitMs) ?? [])
  const good = seen.length - bad.length
  const slowest = Math.max(...seen.map(({ totalMs }) => totalMs ?? Number.NaN).filter(Number.isFinite))
  const problems = bad.length === 0 ? '' : ` (${countTexts(bad).slice(0, 4).join(', ')})`
  const observed = `${percentText(good / seen.length)} of ${seen.length}${problems}, slowest answer ${msText(slowest)}`
  return { expected, observed, met: good / seen.length >= share }
}

/** null when it is good. */
function problemOf({ status, error, totalMs }: PageLook, limitMs: number): string | null {
  if (error !== null) return status === null ? error : `${error} after ${status}`
  if (status === null || status >= 400) return `status ${String(status)}`
  return totalMs !== null && totalMs <= limitMs ? null : `later than ${limitMs} ms`
}
