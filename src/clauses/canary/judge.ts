import { monoAt, type Mono } from '../../core/time/moment.ts'
import { latencyMs, type CanarySample } from '../../core/canary.ts'
import { answerName } from '../../core/request.ts'
import type { CanarySpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { median } from '../../core/statistics.ts'
import { countTexts, joinParts, msText, percentText, type Part } from '../shared/parts.ts'

/** Fewer decide nothing. */
const FEWEST_SAMPLES = 20

export interface CanarySeen {
  /** Requests whose intended send time lies in the window, each with its outcome. */
  readonly samples: readonly CanarySample[]
  readonly windowEndMs: Mono
  readonly steadyP50Ms: number
  /** How much the middle half of the good answers of the steady state spreads. */
  readonly steadySpreadMs: number
  /** What the faults say the slow-down is; null when they say nothing. */
  readonly delayMs: number | null
}

/** Pure: judges each part of the clause; too few samples leave it undecided. */
export function judgeCanary(spec: CanarySpec, seen: CanarySeen): Observation {
  const parts: Part[] = []
  if (spec.success_rate !== undefined) parts.push(successPart(spec.success_rate, seen))
  if (spec.answers !== undefined) parts.push(answersPart(spec.answers, seen))
  if (spec.within_ms !== undefined) parts.push(withinPart(spec.within_ms, seen))
  if (spec.slower_by_fault !== undefined) parts.push(slowerPart(spec.slower_by_fault.tolerance, seen))
  const joined = joinParts(parts)
  if (seen.samples.length >= FEWEST_SAMPLES) return joined
  return {
    expected: joined.expected,
    observed: `only ${seen.samples.length} canary requests in the window, ${FEWEST_SAMPLES} are needed to judge`,
    met: null,
  }
}

/** `canary: ≥ 97 % good; every answer within 15000 ms`. */
export function canaryText(spec: CanarySpec): string {
  const seen = { samples: [], windowEndMs: monoAt(0), steadyP50Ms: Number.NaN, steadySpreadMs: 0, delayMs: null }
  return `canary: ${judgeCanary(spec, seen).expected}`
}

function successPart(rate: number, { samples }: CanarySeen): Part {
  const good = samples.filter((sample) => sample.ok).length
  return {
    expected: `≥ ${percentText(rate)} good`,
    observed: `${percentText(good / samples.length)} of ${samples.length}${mostCommonFailure(samples)}`,
    met: good / samples.length >= rate,
  }
}

/**
 * The share of requests that were answered with one of these statuses. A good answer that arrived after the planned end
 * of the window is left out: by then the fault may be gone, and a retry that succeeds tells nothing about it.
 */
function answersPart(answers: NonNullable<CanarySpec['answers']>, { samples, windowEndMs }: CanarySeen): Part {
  const judged = samples.filter((sample) => !(sample.ok && sample.doneMs > windowEndMs && !isOneOf(sample, answers.status)))
  const matching = judged.filter((sample) => isOneOf(sample, answers.status)).length
  const left = samples.length - judged.length
  const enough = judged.length >= FEWEST_SAMPLES
  return {
    expected: `≥ ${percentText(answers.share)} answered ${answers.status.join(' or ')}`,
    observed:
      `${percentText(matching / judged.length)} of ${judged.length} (${statusCounts(judged)})` +
      (left > 0 ? `, ${left} good answers after the window not counted` : '') +
      (enough ? '' : `, ${FEWEST_SAMPLES} are needed to judge`),
    met: enough ? matching / judged.length >= answers.share : null,
  }
}

function isOneOf(sample: CanarySample, statuses: readonly number[]): boolean {
  return statuses.some((status) => status === sample.status)
}

function withinPart(withinMs: number, { samples }: CanarySeen): Part {
  const silent = samples.filter((sample) => answerName(sample) === null)
  const worst = Math.max(...samples.filter((sample) => answerName(sample) !== null).map(latencyMs))
  return {
    expected: `every request answered within ${withinMs} ms`,
    observed: `slowest answer ${msText(worst)}${silent.length === 0 ? '' : `, ${silent.length} of ${samples.length} without any answer${mostCommonFailure(silent)}`}`,
    met: silent.length === 0 && worst <= withinMs,
  }
}

/** A miss that lies within what the steady state itself varied by, on a machine that is busy with others say, decides nothing. */
function slowerPart(tolerance: number, { samples, steadyP50Ms, steadySpreadMs, delayMs }: CanarySeen): Part {
  if (delayMs === null)
    return { expected: 'slower by what the fault adds', observed: 'the fault adds no known delay to the canary', met: null }
  const good = samples.filter((sample) => sample.ok).map(latencyMs)
  const added = median(good) - steadyP50Ms
  const expected = `median slower by ${msText(delayMs)} ± ${percentText(tolerance)}`
  const observed = `slower by ${msText(added)} (${msText(steadyP50Ms)} before, ${msText(median(good))} during, ${good.length} good requests)`
  if (good.length < FEWEST_SAMPLES || !Number.isFinite(added)) return { expected, observed, met: null }
  const tooMuchMs = Math.abs(added - delayMs) - tolerance * delayMs
  if (tooMuchMs <= 0) return { expected, observed, met: true }
  if (tooMuchMs > steadySpreadMs) return { expected, observed, met: false }
  return { expected, observed: `${observed}, where the steady state itself varied by ${msText(steadySpreadMs)}`, met: null }
}

function statusCounts(samples: readonly CanarySample[]): string {
  const names = samples.map((sample) => answerName(sample) ?? sample.error ?? 'no answer')
  return countTexts(names).slice(0, 4).join(', ') || 'none'
}

function mostCommonFailure(samples: readonly CanarySample[]): string {
  const failed = samples.filter((sample) => !sample.ok)
  return failed.length === 0 ? '' : ` (failed: ${statusCounts(failed)})`
}
