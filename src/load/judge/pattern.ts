/** What a load has shown, for `decideLoad`: a pattern, or one that held beside scenarios. Pure, but for the series that it watches. */
import { decideLoad } from '../../core/verdict.ts'
import { OTHER_REQUESTS, SCRIPT_EXCEPTIONS } from '../series/metrics.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import { abortedBy, cutShort } from './abort-on-fail.ts'
import { breakingPoint } from './breaking-point.ts'
import { loadFigures, seriesNotes } from './figures.ts'
import { generatorHealth, isDoubtful, type GeneratorHealth } from './generator-health.ts'
import { calmStretches, gatedBySamples, heldNotes, spanText, undecidedInCalm } from './held.ts'
import type { LimitResult, LoadEvidence, LoadJudgement, SpikeRecovery } from './judgement.ts'
import type { K6Facts } from './generator-facts.ts'
import { disagreements } from './k6-agreement.ts'
import { k6EndText, k6Exit } from './k6-exit.ts'
import { judgeOutside, outsideOf } from './outside.ts'
import { judgeLimits, stretchesOf, withDefaults, type Stretch } from './limits.ts'
import { spikeRecoveries } from './spike-recovery.ts'
import { windowLimits } from './window-limits.ts'

/** More of a script's iterations than this may not throw, 0…1. */
const THROWN_SHARE = 0.01
/** k6's exit code where it was interrupted, as a load is that holds until we end it. */
const INTERRUPTED = 105

/** The judgement is made when the series has gone by. */
export function judgeLoad(evidence: LoadEvidence): Later<LoadJudgement> {
  const { plan, gateTarget, measure, series, generators, calm, completion } = evidence
  const isHeld = calm !== null
  const thresholds = withDefaults(
    evidence.thresholds.filter((threshold) => outsideOf(threshold) === null),
    series,
  )
  const k6 = generators.map((generator) => generator.k6)
  const outside = judgeOutside(evidence.thresholds, k6)
  const stretches = isHeld ? calmStretches(calm, plan) : stretchesOf(plan, gateTarget, series.seconds)
  const windows = windowLimits(thresholds)
  const healthLater = generatorHealth(series, generators)
  const limitsLater = judgeLimits(thresholds, stretches, series)
  const pointLater = measure.includes('breaking_point') ? breakingPoint(plan, series, windows, healthLater) : null
  const recoveriesLater = measure.includes('spike_recovery') ? spikeRecoveries(plan, series, windows) : null
  const broken = brokenRun(evidence)
  const threw = thrownIterations(evidence, stretches)
  const errorsOf = errorsIn(stretches, series)
  const figures = loadFigures(series)
  return () => {
    const health = healthLater()
    const ofLoad = isHeld ? gatedBySamples(limitsLater()) : limitsLater()
    const limits = [...ofLoad, ...outside]
    const [point, recoveries] = [pointLater?.() ?? null, recoveriesLater?.() ?? []]
    const isExcused = (limit: LimitResult): boolean => !isHeld && isGenerators(limit, health, errorsOf(limit))
    const decided = decideLoad({
      errors: broken(),
      misses: [
        ...limits.filter((limit) => isMissed(limit) && !isExcused(limit)).map((limit) => missText(limit, isHeld)),
        ...recoveries.filter(({ afterMs }) => afterMs === null).map(recoveryText),
        ...unknownJobs(evidence),
        ...threw(),
        ...(isHeld ? [] : abortedBy(k6, plan, series.seconds)),
      ],
      doubts: [
        ...(isHeld ? undecidedInCalm(thresholds, ofLoad) : undecided(ofLoad)),
        ...outside.filter(({ met }) => met === null).map(({ text }) => `undecided: ${text}: k6 says nothing of it`),
        // Above the gate the generator of a pattern may do what it can: its first stretch ends there.
        ...generatorDoubts(health, isHeld ? stretches : stretches.slice(0, 1)),
      ],
      stolenPercent: health.result.stolenPercent,
    })
    const isUnbroken = pointLater !== null && point === null
    const notes = isHeld ? heldNotes(plan, stretches) : isUnbroken ? ['it did not break up to the highest stage'] : []
    return {
      ...{ ...decided, figures: figures(), limits, breakingPoint: point, recoveries, generator: health.result },
      ...{ completion, notes: [...notes, ...seriesNotes(series)] },
    }
  }
}

/** Why what was measured is not what was asked for. */
function brokenRun({ generators, plan, thresholds, series, calm }: LoadEvidence): Later<string[]> {
  const k6 = generators.map((generator) => generator.k6)
  const [requests, others] = [series.ask({ metric: 'http_reqs' }), series.ask({ metric: OTHER_REQUESTS })]
  const iterations = series.ask({ metric: 'iterations' })
  // Where faults were on, limits of k6's own are of those, too.
  const differences = disagreements(k6, calm === null ? thresholds : [], series)
  return () => {
    const hasIterated = (iterations()?.sum ?? 0) > 0
    const ends = k6.flatMap((facts) => (calm === null ? badEnd(facts, hasIterated) : badHeldEnd(facts)))
    if (ends.length > 0) return ends
    if ((requests()?.sum ?? 0) + (others()?.count ?? 0) === 0) return ['not a single request was sent']
    if (calm !== null) return differences()
    if (abortedBy(k6, plan, series.seconds).length > 0) return []
    if (!hasIterated) return ['not a single iteration of the script came to its end']
    const short = cutShort(plan, series.seconds)
    return short === null ? differences() : [`the run was cut short: ${short}`]
  }
}

/** An iteration that throws has not done the rest of what it was to do, whatever its requests came to. */
function thrownIterations({ thresholds, series, calm }: LoadEvidence, stretches: readonly Stretch[]): Later<string[]> {
  if (thresholds.some(({ metric }) => metric === SCRIPT_EXCEPTIONS)) return () => []
  const spans = calm === null ? [{}] : stretches.map(({ fromMs, toMs }) => ({ fromMs, toMs }))
  const counts = spans.map((span) => series.ask({ metric: SCRIPT_EXCEPTIONS, ...span }))
  const iterations = spans.map((span) => series.ask({ metric: 'iterations', ...span }))
  return () => {
    const threw = counts.reduce((sum, count) => sum + (count()?.sum ?? 0), 0)
    const done = iterations.reduce((sum, count) => sum + (count()?.sum ?? 0), 0)
    const all = Math.max(threw, done)
    return threw <= all * THROWN_SHARE ? [] : [`the script threw in ${threw} of ${all} iterations: k6.log says what`]
  }
}

function badEnd({ exitCode, stopped, summary, log }: K6Facts, hasIterated: boolean): string[] {
  const { ending } = k6Exit(exitCode)
  if (ending === 'broken') return [k6EndText(exitCode, log, hasIterated)]
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
  if (limit.scope === 'setup' || limit.scope === 'teardown') return outsideText(limit)
  // One that was missed has a figure.
  const figure = shown(limit.observed ?? Number.NaN, limit.unit)
  const place = isHeld ? `without a fault, ${spanText(limit)}` : where(limit)
  return `${limit.text} ${place}: ${figure} of ${limit.samples} samples`
}

function outsideText({ text, scope, observed, unit }: LimitResult): string {
  return `${text} in ${scope}(), as k6 says: ${observed === null ? 'crossed' : shown(observed, unit)}`
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
