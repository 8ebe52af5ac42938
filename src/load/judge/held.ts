/** What a load that held beside scenarios has shown, for `decideLoad`: by its limits in the stretches that were free of faults. Pure, but for the series that it watches. */
import type { Wall } from '../../core/time/moment.ts'
import { decideLoad } from '../../core/verdict.ts'
import type { LoadPlan } from '../plan/stages.ts'
import type { Threshold } from '../plan/threshold.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import { lateNotes, loadFigures } from './figures.ts'
import { generatorHealth, isDoubtful, type GeneratorHealth } from './generator-health.ts'
import type { GeneratorFacts, LimitResult, LoadJudgement } from './judgement.ts'
import { disagreements } from './k6-agreement.ts'
import { k6Exit } from './k6-exit.ts'
import { judgeLimit, withDefaults } from './limits.ts'

/** Shorter ones say more of their edges than of the system. */
const SHORTEST_MS = 3_000
const INTERRUPTED = 105

/** Wall clock. */
export interface CalmStretch {
  readonly fromWallMs: Wall
  readonly toWallMs: Wall
}

export interface HeldEvidence {
  readonly thresholds: readonly Threshold[]
  readonly series: PassingSeries
  readonly generators: readonly GeneratorFacts[]
  /** From the start of the load. */
  readonly stretches: readonly { readonly fromMs: number; readonly toMs: number }[]
  readonly plan: LoadPlan
}

/** The judgement is made when the series has gone by. */
export function judgeHeld(evidence: HeldEvidence): Later<LoadJudgement> {
  const { series, generators, plan } = evidence
  const stretches = evidence.stretches
    .map(({ fromMs, toMs }) => ({ fromMs: Math.ceil(fromMs / 1_000) * 1_000, toMs: Math.floor(toMs / 1_000) * 1_000 }))
    .filter(({ fromMs, toMs }) => toMs - fromMs >= SHORTEST_MS)
  const thresholds = withDefaults(evidence.thresholds, series)
  const judged = thresholds.flatMap((threshold) =>
    stretches.map(({ fromMs, toMs }) =>
      judgeLimit(threshold, { scope: 'hold', fromMs, toMs, target: plan.peakTarget, gates: true }, series),
    ),
  )
  const health = generatorHealth(series, generators)
  const broken = brokenRun(evidence)
  const figures = loadFigures(series)
  return () => {
    // A short calm has too few samples for a percentile: it is shown, and longer ones decide.
    const limits = judged
      .map((limit) => limit())
      .map((limit) => (limit.samples < limit.neededSamples ? { ...limit, gates: false } : limit))
    const decided = decideLoad({
      errors: broken(),
      misses: limits.filter(({ gates, met }) => gates && met === false).map(missText),
      doubts: [...undecided(thresholds, limits), ...generatorDoubts(health(), stretches)],
      stolenPercent: health().result.stolenPercent,
    })
    return {
      ...decided,
      ...{ figures: figures(), limits, breakingPoint: null, recoveries: [], completion: null },
      generator: health().result,
      notes: [
        `held at ${String(plan.peakTarget)} ${plan.unit}; its limits are judged where no fault was on: ${stretches.map(spanText).join(', ') || 'nowhere'}`,
        'its served answers were not compared with the jobs of the system, whose list may be cut off by a fault',
        ...lateNotes(series),
      ],
    }
  }
}

function generatorDoubts({ starved, dropped, result }: GeneratorHealth, stretches: HeldEvidence['stretches']): string[] {
  const busy = new Set([...starved, ...dropped])
  if (!stretches.some(({ fromMs, toMs }) => isDoubtful(busy, fromMs, toMs))) return []
  return result.reasons.map((reason) => `the generator was at its own end: ${reason}`)
}

/** We end it ourselves, and nothing else may. */
function brokenRun({ generators, series }: HeldEvidence): Later<string[]> {
  const ends = generators.flatMap(({ k6: { exitCode } }) => {
    const { ending, text } = k6Exit(exitCode)
    return exitCode === INTERRUPTED || ending === 'ended' || ending === 'breached'
      ? []
      : [`k6 ended with ${String(exitCode)}: ${text}`]
  })
  const requests = series.ask({ metric: 'http_reqs' })
  // Limits of k6's own are of the whole run, faults included.
  const differences = disagreements(
    generators.map(({ k6 }) => k6),
    [],
    series,
  )
  return () => {
    if (ends.length > 0) return ends
    return (requests()?.sum ?? 0) === 0 ? ['not a single request was sent'] : differences()
  }
}

function undecided(thresholds: readonly Threshold[], limits: readonly LimitResult[]): string[] {
  return thresholds
    .filter(({ text }) => !limits.some((limit) => limit.text === text && limit.gates && limit.met !== null))
    .map(({ text }) => `undecided: ${text}: no stretch without a fault had samples enough`)
}

function missText({ text, fromMs, toMs, observed, unit, samples }: LimitResult): string {
  // One that was missed has a figure.
  const figure = observed ?? Number.NaN
  const shown = unit === 'share' ? `${(figure * 100).toFixed(2)} %` : String(Math.round(figure))
  return `${text} without a fault, ${spanText({ fromMs, toMs })}: ${shown}${unit === 'ms' ? ' ms' : ''} of ${String(samples)} samples`
}

function spanText({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string {
  return `${String(Math.round(fromMs / 1_000))} to ${String(Math.round(toMs / 1_000))} s`
}
