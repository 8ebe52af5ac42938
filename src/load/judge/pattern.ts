/** What a load has shown, for `decideLoad`: a pattern, or one that held beside scenarios. Pure, but for the series that it watches. */
import { decideLoad } from '../../core/verdict.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import { breakingPoint } from './breaking-point.ts'
import { lateNotes, loadFigures } from './figures.ts'
import { generatorHealth, isDoubtful, type GeneratorHealth } from './generator-health.ts'
import { calmStretches, gatedBySamples, heldNotes, spanText, undecidedInCalm } from './held.ts'
import type { LimitResult, LoadEvidence, LoadJudgement, SpikeRecovery } from './judgement.ts'
import type { K6Facts } from './generator-facts.ts'
import { disagreements } from './k6-agreement.ts'
import { k6EndText, k6Exit } from './k6-exit.ts'
import { judgeLimits, stretchesOf, withDefaults, type Stretch } from './limits.ts'
import { spikeRecoveries } from './spike-recovery.ts'
import { windowLimits } from './window-limits.ts'

/** The last samples of a whole run may come a little before its planned end. */
const END_TOLERANCE_MS = 3_000
const END_TOLERANCE_SHARE = 0.05
/** k6's exit code where it was interrupted, as a load is that holds until we end it. */
const INTERRUPTED = 105

/** The judgement is made when the series has gone by. */
export function judgeLoad(evidence: LoadEvidence): Later<LoadJudgement> {
  const { plan, gateTarget, measure, series, generators, calm, completion } = evidence
  const isHeld = calm !== null
  const thresholds = withDefaults(evidence.thresholds, series)
  const stretches = isHeld ? calmStretches(calm, plan) : stretchesOf(plan, gateTarget, series.seconds)
  const windows = windowLimits(thresholds)
  const healthLater = generatorHealth(series, generators)
  const limitsLater = judgeLimits(thresholds, stretches, series)
  const pointLater = measure.includes('breaking_point') ? breakingPoint(plan, series, windows, healthLater) : null
  const recoveriesLater = measure.includes('spike_recovery') ? spikeRecoveries(plan, series, windows) : null
  const broken = brokenRun(evidence)
  const errorsOf = errorsIn(stretches, series)
  const figures = loadFigures(series)
  return () => {
    const health = healthLater()
    const limits = isHeld ? gatedBySamples(limitsLater()) : limitsLater()
    const [point, recoveries] = [pointLater?.() ?? null, recoveriesLater?.() ?? []]
    const isExcused = (limit: LimitResult): boolean => !isHeld && isGenerators(limit, health, errorsOf(limit))
    const decided = decideLoad({
      errors: broken(),
      misses: [
        ...limits.filter((limit) => isMissed(limit) && !isExcused(limit)).map((limit) => missText(limit, isHeld)),
        ...recoveries.filter(({ afterMs }) => afterMs === null).map(recoveryText),
        ...unknownJobs(evidence),
      ],
      doubts: [
        ...(isHeld ? undecidedInCalm(thresholds, limits) : undecided(limits)),
        // Above the gate the generator of a pattern may do what it can: its first stretch ends there.
        ...generatorDoubts(health, isHeld ? stretches : stretches.slice(0, 1)),
      ],
      stolenPercent: health.result.stolenPercent,
    })
    const isUnbroken = pointLater !== null && point === null
    const notes = isHeld ? heldNotes(plan, stretches) : isUnbroken ? ['it did not break up to the highest stage'] : []
    return {
      ...{ ...decided, figures: figures(), limits, breakingPoint: point, recoveries, generator: health.result },
      ...{ completion, notes: [...notes, ...lateNotes(series)] },
    }
  }
}

/** Why what was measured is not what was asked for. */
function brokenRun({ generators, plan, thresholds, series, calm }: LoadEvidence): Later<string[]> {
  const k6 = generators.map((generator) => generator.k6)
  const ends = k6.flatMap((facts) => (calm === null ? badEnd(facts) : badHeldEnd(facts)))
  const [requests, iterations] = [series.ask({ metric: 'http_reqs' }), series.ask({ metric: 'iterations' })]
  // Where faults were on, limits of k6's own are of those, too.
  const differences = disagreements(k6, calm === null ? thresholds : [], series)
  const missingMs = plan.durationMs - series.seconds * 1_000
  return () => {
    if (ends.length > 0) return ends
    if ((requests()?.sum ?? 0) === 0) return ['not a single request was sent']
    if (calm !== null) return differences()
    if ((iterations()?.sum ?? 0) === 0) return ['not a single iteration of the script came to its end']
    if (plan.hasFixedLength && missingMs > Math.max(END_TOLERANCE_MS, plan.durationMs * END_TOLERANCE_SHARE))
      return [`the run was cut short: ${seconds(series.seconds * 1_000)} of ${seconds(plan.durationMs)} were measured`]
    return differences()
  }
}

function badEnd({ exitCode, stopped, summary, log }: K6Facts): string[] {
  const { ending } = k6Exit(exitCode)
  if (ending === 'broken') return [k6EndText(exitCode, log)]
  if (ending === 'cut' || stopped) return [`the run was cut short: ${k6EndText(exitCode, log)}`]
  return summary === null ? [`k6 ended with ${exitCode} and left no summary`] : []
}

/** We end it ourselves, and nothing else may. */
function badHeldEnd({ exitCode }: K6Facts): string[] {
  const { ending } = k6Exit(exitCode)
  const isExpected = exitCode === INTERRUPTED || ending === 'ended' || ending === 'breached'
  return isExpected ? [] : [k6EndText(exitCode, '')]
}

/** By status or k6's error code. */
type ErrorCounts = readonly (readonly [string, number])[]

/** In the stretch of a limit that decides: no two of these begin at the same time. */
function errorsIn(stretches: readonly Stretch[], series: PassingSeries): (limit: LimitResult) => ErrorCounts {
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
function isGenerators(limit: LimitResult, { starved }: GeneratorHealth, errors: ErrorCounts): boolean {
  if (!isDoubtful(starved, limit.fromMs, limit.toMs)) return false
  const all = errors.reduce((sum, [, count]) => sum + count, 0)
  const answers = errors.reduce((sum, [kind, count]) => (kind.startsWith('error ') ? sum : sum + count), 0)
  return limit.unit !== 'share' || answers * 2 <= all
}

function undecided(limits: readonly LimitResult[]): string[] {
  return limits
    .filter(({ gates, met }) => gates && met === null)
    .map((limit) => `undecided: ${limit.text} ${where(limit)}: ${limit.samples} samples, ${limit.neededSamples} are needed`)
}

function generatorDoubts({ starved, dropped, result }: GeneratorHealth, judged: readonly Stretch[]): string[] {
  const busy = new Set([...starved, ...dropped])
  if (!judged.some(({ fromMs, toMs }) => isDoubtful(busy, fromMs, toMs))) return []
  return result.reasons.map((reason) => `the generator was at its own end: ${reason}`)
}

function unknownJobs({ completion }: LoadEvidence): string[] {
  if (completion === null || completion.unknown === 0) return []
  const { unknown, served, examples } = completion
  return [`${unknown} of ${served} served answers are of jobs that the system never completed: ${examples.join(', ')}`]
}

function missText(limit: LimitResult, isHeld: boolean): string {
  // One that was missed has a figure.
  const figure = shown(limit.observed ?? Number.NaN, limit.unit)
  const place = isHeld ? `without a fault, ${spanText(limit)}` : where(limit)
  return `${limit.text} ${place}: ${figure} of ${limit.samples} samples`
}

function where({ scope, fromMs, toMs, target }: LimitResult): string {
  const span = `${seconds(fromMs)} to ${seconds(toMs)}`
  return scope === 'hold' ? `in the hold at ${Math.round(target ?? 0)}, ${span}` : `from ${span}`
}

function recoveryText({ fromTarget, toTarget, limitMs, detail }: SpikeRecovery): string {
  const crowd = `${Math.round(fromTarget)} → ${Math.round(toTarget)}`
  const when = limitMs === 0 ? 'when' : `within ${seconds(limitMs)} after`
  return `not as before ${when} the crowd had left (${crowd}): ${detail}`
}

function shown(value: number, unit: string): string {
  if (unit === 'share') return `${(value * 100).toFixed(2)} %`
  if (unit === 'ms') return `${Math.round(value)} ms`
  return `${Math.round(value * 100) / 100}${unit}`
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
