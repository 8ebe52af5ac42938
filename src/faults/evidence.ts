import type { Evidence } from '../core/model.ts'

export type Measures = Record<string, number | string | boolean | null>

/** What was seen of a fault in one place. `reasons` say why it is not confirmed; empty is confirmed. */
export interface Judgement {
  readonly headline: string
  readonly measures: Measures
  readonly reasons: readonly string[]
  /** The slow-down that was measured; lets the summary add up several links. */
  readonly addedMs?: number
}

export interface LinkJudgement extends Judgement {
  readonly link: string
}

/** All links must be confirmed. With several links each measure carries its link's name in front. */
export function combineLinks(mechanism: string, links: readonly LinkJudgement[]): Evidence {
  const several = links.length > 1
  const measures: Measures = {}
  for (const link of links) {
    for (const [name, value] of Object.entries(link.measures)) measures[several ? `${link.link}.${name}` : name] = value
  }
  const reasons = links.flatMap((link) => link.reasons.map((reason) => `${link.link}: ${reason}`))
  if (links.length === 0) reasons.push('nothing was measured')
  return { confirmed: reasons.length === 0, summary: summarize(links), mechanism, measures, reasons }
}

function summarize(links: readonly LinkJudgement[]): string {
  const added = links.flatMap((link) => (link.addedMs === undefined ? [] : [link.addedMs]))
  if (added.length !== links.length || links.length < 2) return links.map((link) => `${link.link}: ${link.headline}`).join('; ')
  const sum = added.reduce((total, value) => total + value, 0)
  const each = links.map((link) => `${link.link} ${signedMs(link.addedMs ?? Number.NaN)}`).join(', ')
  return `${signedMs(sum)} median over ${String(links.length)} links (${each})`
}

/** Both directions of one link as one judgement. Measures must not share names. */
export function joinJudgements(parts: readonly Judgement[]): Judgement {
  return {
    headline: parts.map((part) => part.headline).join(', '),
    measures: Object.assign({}, ...parts.map((part) => part.measures)) as Measures,
    reasons: parts.flatMap((part) => part.reasons),
  }
}

/** `+12 ms`, `−3 ms`; `? ms` for what was not measured. */
export function signedMs(value: number): string {
  if (!Number.isFinite(value)) return '? ms'
  const rounded = Math.round(value)
  return `${rounded < 0 ? '−' : '+'}${String(Math.abs(rounded))} ms`
}
