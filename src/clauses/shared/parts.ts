import type { Observation } from '../../kinds/clause.ts'

/** One thing that a clause asserts, judged. */
export interface Part {
  readonly expected: string
  readonly observed: string
  readonly met: boolean | null
}

/** All parts must be met. A part that is missed decides, whatever another one could not tell. */
export function joinParts(parts: readonly Part[]): Observation {
  return {
    expected: parts.map((part) => part.expected).join('; '),
    observed: parts.map((part) => part.observed).join('; '),
    met: allMet(parts.map((part) => part.met)),
  }
}

/** Whether all are met: one that is false decides, then one that is null; nothing at all is undecided. */
export function allMet(each: readonly (boolean | null)[]): boolean | null {
  if (each.includes(false)) return false
  return each.length === 0 || each.includes(null) ? null : true
}

/** `97 %`, `99.5 %`: as many digits as the share needs, at most two; rounded down, so that 99.999 % never reads 100 %. */
export function percentText(share: number): string {
  if (!Number.isFinite(share)) return 'unknown'
  return `${Math.floor(share * 10_000 + 1e-9) / 100} %`
}

export function msText(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value)} ms` : 'unknown'
}

/** `0.31 s`, `12.4 s`. */
export function secondsText(ms: number): string {
  if (!Number.isFinite(ms)) return '? s'
  return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`
}

const MOST_LISTED = 5

/** The first few, and how many more there are. */
export function listText(items: readonly string[], separator = '; '): string {
  const left = items.length - MOST_LISTED
  return [...items.slice(0, MOST_LISTED), ...(left > 0 ? [`${left} more`] : [])].join(separator)
}

/** `4 × status 503` for each name, the commonest first. */
export function countTexts(names: readonly string[]): string[] {
  const byName = [...Map.groupBy(names, (name) => name)].sort(([, a], [, b]) => b.length - a.length)
  return byName.map(([name, all]) => `${all.length} × ${name}`)
}
