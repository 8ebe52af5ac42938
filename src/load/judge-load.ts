/** What a load pattern has shown, for `decideLoad` to decide on. Pure, but for the series that it watches. */
import type {
  BreakingPoint,
  K6Facts,
  LimitResult,
  LoadEvidence,
  LoadFigures,
  LoadJudgement,
  SpikeRecovery,
} from '../core/load-judgement.ts'
import { decideLoad } from '../core/verdict.ts'
import type { Later, PassingSeries } from '../core/load.ts'
import { breakingPoint } from './breaking-point.ts'
import { generatorHealth, isDoubtful } from './generator-health.ts'
import type { GeneratorHealth } from './generator-health.ts'
import { judgeLimits, stretchesOf, withDefaults } from './judge-limits.ts'
import type { Stretch } from './judge-limits.ts'
import { disagreements } from './k6-agreement.ts'
import { k6Exit } from './k6-exit.ts'
import { loadFigures } from './load-figures.ts'
import { spikeRecoveries } from './spike-recovery.ts'
import { firstAboveMs } from './stages.ts'
import type { LoadPlan } from './stages.ts'
import { windowLimits } from './window-limits.ts'

/** The last samples of a whole run may come a little before its planned end. */
const END_TOLERANCE_MS = 3_000
const END_TOLERANCE_SHARE = 0.05
/** Of k6's log, in a reason. */
const LOG_LENGTH = 500

/** The judgement is made when the series has gone by. */
export function judgeLoad(evidence: LoadEvidence<LoadPlan>): Later<LoadJudgement> {
  const { plan, gateTarget, measure, series, generators } = evidence
  const thresholds = withDefaults(evidence.thresholds, series)
  const stretches = stretchesOf(plan, gateTarget, series.seconds)
  const windows = windowLimits(thresholds)
  const health = generatorHealth(series, generators)
  const never = (): null => null
  const nothing = (): [] => []
  const seen: Seen = {
    limits: judgeLimits(thresholds, stretches, series),
    health,
    point: measure.includes('breaking_point') ? breakingPoint(plan, series, windows, health) : never,
    recoveries: measure.includes('spike_recovery') ? spikeRecoveries(plan, series, windows) : nothing,
    broken: brokenRun(evidence),
    errorsIn: errorsIn(stretches, series),
    figures: loadFigures(series),
  }
  return () => judgementOf(evidence, seen)
}

/** By status or k6's error code. */
type ErrorCounts = readonly (readonly [string, number])[]

/** What was asked of the series. */
interface Seen {
  readonly limits: Later<LimitResult[]>
  readonly health: Later<GeneratorHealth>
  readonly point: Later<BreakingPoint | null>
  readonly recoveries: Later<SpikeRecovery[]>
  readonly broken: Later<string[]>
  readonly errorsIn: (limit: LimitResult) => ErrorCounts
  readonly figures: Later<LoadFigures>
}

function judgementOf(evidence: LoadEvidence<LoadPlan>, seen: Seen): LoadJudgement {
  const [limits, health, point, recoveries] = [seen.limits(), seen.health(), seen.point(), seen.recoveries()]
  const decided = decideLoad({
    errors: seen.broken(),
    misses: [
      ...limits.filter((limit) => isMissed(limit) && !isExcused(limit, health, seen.errorsIn(limit))).map(missText),
      ...recoveries.filter(({ afterMs }) => afterMs === null).map(recoveryText),
      ...unknownJobs(evidence),
    ],
    doubts: doubtsOf(limits, health, evidence),
    stolenPercent: health.result.stolenPercent,
  })
  const isUnbroken = evidence.measure.includes('breaking_point') && point === null
  const notes = isUnbroken ? ['it did not break up to the highest stage'] : []
  return {
    ...decided,
    ...{ figures: seen.figures(), limits, breakingPoint: point, recoveries, generator: health.result },
    ...{ completion: evidence.completion, notes },
  }
}

/** Why what was measured is not what was asked for. */
function brokenRun({ generators, plan, thresholds, series }: LoadEvidence<LoadPlan>): Later<string[]> {
  const k6 = generators.map((generator) => generator.k6)
  const ends = badEnds(k6)
  const [requests, iterations] = [series.ask({ metric: 'http_reqs' }), series.ask({ metric: 'iterations' })]
  const differences = disagreements(k6, thresholds, series)
  const missingMs = plan.durationMs - series.seconds * 1_000
  return () => {
    if (ends.length > 0) return ends
    if ((requests()?.sum ?? 0) === 0) return ['not a single request was sent']
    if ((iterations()?.sum ?? 0) === 0) return ['not a single iteration of the script came to its end']
    if (plan.hasFixedLength && missingMs > Math.max(END_TOLERANCE_MS, plan.durationMs * END_TOLERANCE_SHARE))
      return [`the run was cut short: ${seconds(series.seconds * 1_000)} of ${seconds(plan.durationMs)} were measured`]
    return differences()
  }
}

function badEnds(k6: readonly K6Facts[]): string[] {
  return k6.flatMap(({ exitCode, stopped, summary, log }) => {
    const { ending, text } = k6Exit(exitCode)
    const said = log.trim() === '' ? '' : `; it said: ${log.trim().slice(-LOG_LENGTH)}`
    if (ending === 'broken') return [`k6 ended with ${String(exitCode)}: ${text}${said}`]
    if (ending === 'cut' || stopped) return [`the run was cut short: k6 ended with ${String(exitCode)}: ${text}${said}`]
    return summary === null ? [`k6 ended with ${String(exitCode)} and left no summary`] : []
  })
}

/** In the stretch of a limit that decides: no two of these begin at the same time. */
function errorsIn(stretches: readonly Stretch[], series: PassingSeries): Seen['errorsIn'] {
  const errors = stretches.map(({ fromMs, toMs }) => ({ fromMs, counts: series.errors(fromMs, toMs) }))
  return (limit) => errors.filter(({ fromMs }) => fromMs === limit.fromMs).flatMap(({ counts }) => Object.entries(counts()))
}

function isMissed({ gates, met }: LimitResult): boolean {
  return gates && met === false
}

/**
 * A generator at its own end makes answers look late. Errors that the system itself gave stay its own, and iterations that
 * were dropped are no excuse: users were waiting for it.
 */
function isExcused(limit: LimitResult, { starved }: GeneratorHealth, errors: ErrorCounts): boolean {
  if (!isDoubtful(starved, limit.fromMs, limit.toMs)) return false
  const all = errors.reduce((sum, [, count]) => sum + count, 0)
  const answers = errors.reduce((sum, [kind, count]) => (kind.startsWith('error ') ? sum : sum + count), 0)
  return limit.unit !== 'share' || answers * 2 <= all
}

/** Why what was seen may not be what is: limits that are not decided, and a generator that did not do its part. */
function doubtsOf(limits: readonly LimitResult[], health: GeneratorHealth, evidence: LoadEvidence<LoadPlan>): string[] {
  const undecided = limits
    .filter(({ gates, met }) => gates && met === null)
    .map(
      (limit) =>
        `undecided: ${limit.text} ${where(limit)}: ${String(limit.samples)} samples, ${String(limit.neededSamples)} are needed`,
    )
  const judgedMs = stretchThatCounts(evidence)
  const busy = new Set([...health.starved, ...health.dropped])
  if (!isDoubtful(busy, 0, judgedMs)) return undecided
  return [...undecided, ...health.result.reasons.map((reason) => `the generator was at its own end: ${reason}`)]
}

/** Above the gate the generator may do what it can; spikes have no gate. */
function stretchThatCounts({ plan, gateTarget, series }: LoadEvidence<LoadPlan>): number {
  const endMs = series.seconds * 1_000
  return gateTarget === null ? endMs : Math.min(endMs, firstAboveMs(plan.stages, gateTarget) ?? endMs)
}

function unknownJobs({ completion }: LoadEvidence<LoadPlan>): string[] {
  if (completion === null || completion.unknown === 0) return []
  const { unknown, served, examples } = completion
  return [
    `${String(unknown)} of ${String(served)} served answers are of jobs that the system never completed: ${examples.join(', ')}`,
  ]
}

function missText(limit: LimitResult): string {
  // One that was missed has a figure.
  const observed = shown(limit.observed ?? Number.NaN, limit.unit)
  return `${limit.text} ${where(limit)}: ${observed} of ${String(limit.samples)} samples`
}

function where({ scope, fromMs, toMs, target }: LimitResult): string {
  const span = `${seconds(fromMs)} to ${seconds(toMs)}`
  return scope === 'hold' ? `in the hold at ${String(Math.round(target ?? 0))}, ${span}` : `from ${span}`
}

function recoveryText({ fromTarget, toTarget, limitMs, detail }: SpikeRecovery): string {
  const crowd = `${String(Math.round(fromTarget))} → ${String(Math.round(toTarget))}`
  const when = limitMs === 0 ? 'when' : `within ${seconds(limitMs)} after`
  return `not as before ${when} the crowd had left (${crowd}): ${detail}`
}

function shown(value: number, unit: string): string {
  if (unit === 'share') return `${(value * 100).toFixed(2)} %`
  if (unit === 'ms') return `${String(Math.round(value))} ms`
  return `${String(Math.round(value * 100) / 100)}${unit}`
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 100) / 10)} s`
}
