/** What every renderer says about a result, in plain words. Unescaped: each renderer escapes for its own medium. */
import type { DeepReadonly } from '../core/json.ts'
import type { Verdict } from '../core/model.ts'
import type { LoadResult } from '../core/result/load.ts'
import type { RunResult } from '../core/result/run.ts'
import type { ScenarioResult } from '../core/result/scenario.ts'

export type Result = DeepReadonly<RunResult>
export type ScenarioOf = DeepReadonly<ScenarioResult>
export type LoadOf = DeepReadonly<LoadResult>

const NONE = '–'
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
  const more = images.length > 6 ? ` and ${String(images.length - 6)} more` : ''
  const mixed = result.run.images.some((image) => image.reference) ? ' (beside built-in reference services)' : ''
  return `${shown}${more}${mixed}`
}

/** What else must be known before the verdict is believed. */
export function caveats(result: Result): string[] {
  const texts: string[] = []
  if (result.run.noInject) texts.push('rehearsal: nothing was injected, so nothing can pass')
  if (result.run.defects.length > 0) texts.push(`the stack ran with the built-in defects ${result.run.defects.join(', ')}`)
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
  return present.length === 0 ? 'no scenario was run' : present.map(([count, name]) => `${String(count)} ${name}`).join(', ')
}

/** `820 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return NONE
  if (ms < 1_000) return `${String(Math.round(ms))} ms`
  if (ms < 60_000) return `${String(Math.round(ms / 100) / 10)} s`
  const seconds = Math.round(ms / 1_000)
  const rest = seconds % 60
  return `${String(Math.floor(seconds / 60))} min${rest === 0 ? '' : ` ${String(rest)} s`}`
}

export function effectText(scenario: ScenarioOf): string {
  if (scenario.verdict === 'skipped') return NONE
  const text = scenario.effect.summary === '' ? 'nothing measured' : scenario.effect.summary
  return scenario.effect.confirmed ? text : `not confirmed: ${text}`
}

export function outageText(scenario: ScenarioOf): string {
  return scenario.verdict === 'skipped' ? NONE : duration(scenario.canary.longestOutageMs)
}

export function recoveryText(scenario: ScenarioOf): string {
  const { recovery } = scenario
  if (scenario.verdict === 'skipped') return NONE
  if (!recovery.recovered) return recovery.reason === null ? 'not shown' : `no: ${recovery.reason}`
  return `${duration(recovery.afterMs)} (limit ${duration(recovery.limitMs)})`
}

export function canaryText(scenario: ScenarioOf): string {
  const { canary } = scenario
  const failed = canary.total === 0 ? '' : `, ${String(canary.failed)} failed`
  const steady = canary.steadyP50Ms === null ? '' : `, steady p50 ${duration(canary.steadyP50Ms)}`
  return `${String(canary.total)} sent${failed}, p50 ${duration(canary.p50Ms)}, p95 ${duration(canary.p95Ms)}, longest outage ${duration(canary.longestOutageMs)}${steady}`
}

export function controlText(scenario: ScenarioOf): string {
  const { control, controlReason } = scenario
  if (control === null) return `none: ${controlReason ?? 'no reason was given'}`
  const p95 = `p95 ${duration(control.steadyP95Ms)} before, ${duration(control.duringP95Ms)} during`
  return control.unaffected
    ? `${control.service} unaffected (${p95})`
    : `${control.service} was hit: ${control.reasons.join('; ')}`
}

/** The scenario's name as it is shown everywhere: one without `expect` was judged by effect and recovery alone. */
export function titleOf(scenario: ScenarioOf): string {
  return scenario.recoveryOnly ? `${scenario.name} (recovery only)` : scenario.name
}

/** How close the machine itself came to its limits while the fault was on. */
export function hostText({ host }: ScenarioOf): string {
  if (host === null) return 'not looked at'
  const part = (what: string, lowest: number, floor: number): string =>
    `${what} never below ${binarySize(lowest)} (floor ${binarySize(floor)})`
  return [
    part('memory', host.memAvailableMinBytes, host.memAvailableFloorBytes),
    part('disk', host.diskFreeMinBytes, host.diskFreeFloorBytes),
  ]
    .join(', ')
    .concat(stolenText(host.cpuStolenPercent))
}

/** What follows the other figures of a machine; nothing where its host left it what it asked for. */
export function stolenText(percent: number | null): string {
  const rounded = Math.round(percent ?? 0)
  return rounded === 0 ? '' : `, ${String(rounded)} % of its CPU time taken by its host`
}

function binarySize(bytes: number): string {
  const mib = bytes / 1024 ** 2
  return mib < 1_024 ? `${String(Math.round(mib))} MiB` : `${(mib / 1_024).toFixed(1)} GiB`
}
