/** What is said of a result in more than one place, in plain words. Unescaped. */
import type { Verdict } from '../core/model.ts'
import type { LoadResult } from '../core/result/load.ts'
import type { RunResult } from '../core/result/run.ts'
import type { ScenarioResult } from '../core/result/scenario.ts'

export type Result = RunResult
export type ScenarioOf = ScenarioResult
export type LoadOf = LoadResult

export const NONE = '–'
/** The worst news first; what passed or was skipped comes last. */
const ORDER: readonly Verdict[] = ['failed', 'error', 'inconclusive', 'skipped', 'passed']

export function byUrgency<T extends { readonly verdict: Verdict }>(entries: readonly T[]): T[] {
  return [...entries].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict))
}

export function isProblem(entry: { readonly verdict: Verdict }): boolean {
  return entry.verdict !== 'passed' && entry.verdict !== 'skipped'
}

/** Whose code the verdict is about: the most important thing after the verdict itself. */
export function judgedText(result: Result): string {
  if (result.run.reference) return 'the built-in reference services: this shows the harness, not your system'
  if (result.run.address !== null) return `the system at ${result.run.address}, which is not ours to look into`
  const images = [...new Set(result.run.images.filter((image) => !image.reference).map((image) => image.image))]
  if (images.length === 0) return `nothing: no image of the stack ${result.run.stack} was running`
  const shown = images.slice(0, 6).join(', ')
  const more = images.length > 6 ? ` and ${images.length - 6} more` : ''
  const mixed = result.run.images.some((image) => image.reference) ? ' (beside built-in reference services)' : ''
  return `${shown}${more}${mixed}`
}

/** What else must be known before the verdict is believed. */
export function caveats(result: Result): string[] {
  const texts: string[] = []
  if (result.run.noInject) texts.push('rehearsal: nothing was injected, so nothing can pass')
  if (result.run.defects.length > 0)
    texts.push(`the stack ran with ${result.run.reference ? 'the built-in' : 'its own'} defects ${result.run.defects.join(', ')}`)
  return texts
}

export function countsText(result: Result): string {
  const { counts } = result
  const all = [
    [counts.failed, 'failed'],
    [counts.error, 'error'],
    [counts.inconclusive, 'inconclusive'],
    [counts.passed, 'passed'],
    [counts.skipped, 'skipped'],
  ] as const
  const present = all.filter(([count]) => count > 0)
  return present.length === 0 ? 'no scenario was run' : present.map(([count, name]) => `${count} ${name}`).join(', ')
}

/** `820 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return NONE
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`
  const seconds = Math.round(ms / 1_000)
  const rest = seconds % 60
  return `${Math.floor(seconds / 60)} min${rest === 0 ? '' : ` ${rest} s`}`
}

/** What follows the other figures of a machine; nothing where its host left it what it asked for. */
export function stolenText(percent: number | null): string {
  const rounded = Math.round(percent ?? 0)
  return rounded === 0 ? '' : `, ${rounded} % of its CPU time taken by its host`
}
