import type { Evidence } from '../../core/result/scenario.ts'

export type Measures = Record<string, number | string | boolean | null>

/** What was seen of a fault in one place. `reasons` say why it is not confirmed; empty is confirmed. */
export interface Judgement {
  readonly headline: string
  readonly measures: Measures
  readonly reasons: readonly string[]
  /** Promises that the system broke to get round the fault. */
  readonly escaped?: readonly string[]
  /** The slow-down that was measured; lets the summary add up several links. */
  readonly addedMs?: number
}

export interface PlaceJudgement extends Judgement {
  /** Name of a container or of a link. */
  readonly place: string
}

/**
 * All places must be confirmed. With several of them each measure carries its place's name in front. `choice`: how many of how
 * many the places are, where that was to be found out.
 */
export function combinePlaces(mechanism: string, places: readonly PlaceJudgement[], choice?: string): Evidence {
  const several = places.length > 1
  const measures: Measures = {}
  for (const at of places) {
    for (const [name, value] of Object.entries(at.measures)) measures[several ? `${at.place}.${name}` : name] = value
  }
  const reasons = places.flatMap((at) => at.reasons.map((reason) => `${at.place}: ${reason}`))
  if (places.length === 0) reasons.push('nothing was measured')
  const told = summarize(places)
  const summary = choice === undefined ? told : `${choice}: ${told}`
  const escaped = places.flatMap((at) => (at.escaped ?? []).map((how) => `${at.place}: ${how}`))
  return { confirmed: reasons.length === 0, summary, mechanism, measures, reasons, ...(escaped.length === 0 ? {} : { escaped }) }
}

function summarize(places: readonly PlaceJudgement[]): string {
  const added = places.flatMap((at) => (at.addedMs === undefined ? [] : [at.addedMs]))
  if (added.length !== places.length || places.length < 2) return places.map((at) => `${at.place}: ${at.headline}`).join('; ')
  const sum = added.reduce((total, value) => total + value, 0)
  const each = places.map((at) => `${at.place} ${signedMs(at.addedMs ?? Number.NaN)}`).join(', ')
  return `${signedMs(sum)} median over ${places.length} links (${each})`
}

/** Both directions of one link as one judgement. Measures must not share names. */
export function joinJudgements(parts: readonly Judgement[]): Judgement {
  return {
    headline: parts.map((part) => part.headline).join(', '),
    measures: Object.assign({}, ...parts.map((part) => part.measures)) as Measures,
    reasons: parts.flatMap((part) => part.reasons),
  }
}

/** `+12 ms`, `−3 ms`; `unknown` for what was not measured. */
export function signedMs(value: number): string {
  if (!Number.isFinite(value)) return 'unknown'
  const rounded = Math.round(value)
  return `${rounded < 0 ? '−' : '+'}${Math.abs(rounded)} ms`
}
