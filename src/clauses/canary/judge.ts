import { monoAt, type Mono } from '../../core/time/moment.ts'
import { latencyMs, type CanarySample } from '../../core/canary.ts'
import { answerName, answerText } from '../../core/request.ts'
import { retryAfterPart } from './retry-after.ts'
import type { CanarySpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { median } from '../../core/statistics.ts'
import { allMet, countTexts, joinParts, msText, percentText, type Part } from '../shared/parts.ts'

/** Fewer decide nothing. Kinds of request that take turns share them. */
const FEWEST_SAMPLES = 20

const MOST_SAID = 120

interface Baseline {
  readonly steadyP50Ms: number
  /** How much the middle half of the good answers of the steady state spreads. */
  readonly steadySpreadMs: number
}

export interface CanarySeen extends Baseline {
  /** Requests whose intended send time lies in the window, each with its outcome. */
  readonly samples: readonly CanarySample[]
  readonly windowEndMs: Mono
  /** Of each of the canary's requests, by its name, where it has several. */
  readonly kinds: ReadonlyMap<string, Baseline>
  /** What the faults say the slow-down is; null when they say nothing. */
  readonly delayMs: number | null
}

/**
 * Pure: judges each part of the clause; too few samples leave it undecided. A kind of request that fails must not hide
 * behind others that go well, nor a slow one behind fast ones: each has to keep the promise by its own figures.
 */
export function judgeCanary(spec: CanarySpec, seen: CanarySeen): Observation {
  const { kinds } = seen
  const fewest = Math.ceil(FEWEST_SAMPLES / Math.max(1, kinds.size))
  const ofKind = (name: string): Observation => {
    const samples = seen.samples.filter(({ request }) => request === name)
    return judgeOne(spec, { ...seen, ...kinds.get(name), samples }, fewest, butOne)
  }
  const asked = [...kinds.keys()].find((name) => name === spec.request)
  if (asked !== undefined) return ofKind(asked)
  if (kinds.size < 2) return judgeOne(spec, seen, FEWEST_SAMPLES)
  // What is compared with a figure of before has none for a mixture.
  const { slower_by_fault: _ofEach, slower_by_at_most_ms: _too, ...shares } = spec
  const all = judgeOne(shares, seen, FEWEST_SAMPLES)
  const each = [...kinds.keys()].map((name) => {
    const { expected, observed, met } = ofKind(name)
    return { expected, observed: `${name}: ${observed}`, met }
  })
  const judged = [...(Object.keys(shares).length > 0 ? [all] : []), ...each]
  return {
    expected: each[0]?.expected ?? all.expected,
    observed: judged.map(({ observed }) => observed).join(' | '),
    met: allMet(judged.map(({ met }) => met)),
  }
}

type IsEnough = (matching: number, all: number, share: number) => boolean
const exactly: IsEnough = (matching, all, share) => matching / all >= share
/** Of a kind of which there are few a single miss is not too many. */
const butOne: IsEnough = (matching, all, share) => exactly(matching, all, share) || matching >= all - 1

function judgeOne(spec: CanarySpec, seen: CanarySeen, fewest: number, isEnough: IsEnough = exactly): Observation {
  const parts: Part[] = []
  if (spec.success_rate !== undefined) parts.push(successPart(spec.success_rate, seen, isEnough))
  if (spec.answers !== undefined) parts.push(answersPart(spec.answers, seen, fewest, isEnough))
  const comeBackSeconds = spec.answers?.retry_after_at_most_seconds
  if (comeBackSeconds !== undefined) parts.push(retryAfterPart(comeBackSeconds, seen.samples))
  if (spec.within_ms !== undefined) parts.push(withinPart(spec.within_ms, seen))
  if (spec.ends_within_ms !== undefined) parts.push(endsPart(spec.ends_within_ms, seen))
  if (spec.slower_by_at_most_ms !== undefined) parts.push(littleSlowerPart(spec.slower_by_at_most_ms, seen, fewest))
  if (spec.slower_by_fault !== undefined) parts.push(slowerPart(spec.slower_by_fault.tolerance, seen, fewest))
  parts.push(...wrongParts(seen))
  const joined = joinParts(parts)
  if (seen.samples.length >= fewest) return joined
  return {
    expected: joined.expected,
    observed: `only ${seen.samples.length} canary requests in the window, ${fewest} are needed to judge`,
    met: null,
  }
}

/** `canary: ≥ 97 % good; every answer within 15000 ms`. */
export function canaryText(spec: CanarySpec): string {
  const kinds = new Map()
  const seen = { samples: [], windowEndMs: monoAt(0), steadyP50Ms: Number.NaN, steadySpreadMs: 0, delayMs: null, kinds }
  return `canary${spec.request === undefined ? '' : ` ${spec.request}`}: ${judgeCanary(spec, seen).expected}`
}

function successPart(rate: number, { samples }: CanarySeen, isEnough: IsEnough): Part {
  const good = samples.filter((sample) => sample.ok).length
  return {
    expected: `≥ ${percentText(rate)} good`,
    observed: `${percentText(good / samples.length)} of ${samples.length}${mostCommonFailure(samples)}`,
    met: isEnough(good, samples.length, rate),
  }
}

/**
 * The share of requests that were answered with one of these statuses. A good answer that arrived after the planned end
 * of the window is left out: by then the fault may be gone, and a retry that succeeds tells nothing about it.
 */
function answersPart(
  answers: NonNullable<CanarySpec['answers']>,
  { samples, windowEndMs }: CanarySeen,
  fewest: number,
  isEnough: IsEnough,
): Part {
  const judged = samples.filter((sample) => !(sample.ok && sample.doneMs > windowEndMs && !isOneOf(sample, answers.status)))
  const matching = judged.filter((sample) => isOneOf(sample, answers.status)).length
  const left = samples.length - judged.length
  const enough = judged.length >= fewest
  return {
    expected: `≥ ${percentText(answers.share)} answered ${answers.status.join(' or ')}`,
    observed:
      `${percentText(matching / judged.length)} of ${judged.length} (${statusCounts(judged)})` +
      (left > 0 ? `, ${left} good answers after the window not counted` : '') +
      (enough ? '' : `, ${fewest} are needed to judge`),
    met: enough ? isEnough(matching, judged.length, answers.share) : null,
  }
}

/** What was cut off is no answer, whatever its head said. */
function isOneOf(sample: CanarySample, statuses: readonly number[]): boolean {
  return sample.cut !== true && statuses.some((status) => status === sample.status)
}

function withinPart(withinMs: number, { samples }: CanarySeen): Part {
  const isWhole = (sample: CanarySample): boolean => answerName(sample) !== null && sample.cut !== true
  const silent = samples.filter((sample) => !isWhole(sample))
  const worst = Math.max(...samples.filter(isWhole).map(latencyMs))
  return {
    expected: `every request answered within ${withinMs} ms`,
    observed: `slowest answer ${msText(worst)}${silent.length === 0 ? '' : `, ${silent.length} of ${samples.length} without a whole answer${mostCommonFailure(silent)}`}`,
    met: silent.length === 0 && worst <= withinMs,
  }
}

/** Who is told nothing waits until it gives up: worse than an error, however few they are. */
function endsPart(limitMs: number, { samples }: CanarySeen): Part {
  const late = samples.filter((sample) => sample.error === 'deadline' || latencyMs(sample) > limitMs)
  const worst = Math.max(...samples.map(latencyMs))
  return {
    expected: `every request ends within ${limitMs} ms, answered or broken off`,
    observed:
      late.length === 0
        ? `last end after ${msText(worst)}`
        : `${late.length} of ${samples.length} did not (${statusCounts(late)}), the slowest after ${msText(worst)}`,
    met: late.length === 0,
  }
}

/** A miss that lies within what the steady state itself varied by, on a machine that is busy with others say, decides nothing. */
function slowerPart(tolerance: number, { samples, steadyP50Ms, steadySpreadMs, delayMs }: CanarySeen, fewest: number): Part {
  if (delayMs === null)
    return { expected: 'slower by what the fault adds', observed: 'the fault adds no known delay to the canary', met: null }
  const good = samples.filter((sample) => sample.ok).map(latencyMs)
  const added = median(good) - steadyP50Ms
  const expected = `median slower by ${msText(delayMs)} ± ${percentText(tolerance)}`
  const observed = `slower by ${msText(added)} (${msText(steadyP50Ms)} before, ${msText(median(good))} during, ${good.length} good requests)`
  if (good.length < fewest || !Number.isFinite(added)) return { expected, observed, met: null }
  const tooMuchMs = Math.abs(added - delayMs) - tolerance * delayMs
  if (tooMuchMs <= 0) return { expected, observed, met: true }
  if (tooMuchMs > steadySpreadMs) return { expected, observed, met: false }
  return { expected, observed: `${observed}, where the steady state itself varied by ${msText(steadySpreadMs)}`, met: null }
}

function littleSlowerPart(mostMs: number, { samples, steadyP50Ms }: CanarySeen, fewest: number): Part {
  const good = samples.filter((sample) => sample.ok).map(latencyMs)
  const added = median(good) - steadyP50Ms
  return {
    expected: `median slower by ${mostMs} ms at most`,
    observed: `slower by ${msText(added)} (${msText(steadyP50Ms)} before, ${msText(median(good))} during, ${good.length} good requests)`,
    met: good.length < fewest || !Number.isFinite(added) ? null : added <= mostMs,
  }
}

function statusCounts(samples: readonly CanarySample[]): string {
  return countTexts(samples.map(outcomeName)).slice(0, 4).join(', ') || 'none'
}

/** `503`, `ECONNRESET after 200`, `200 (the body misses a)`, `deadline`. */
function outcomeName(sample: CanarySample): string {
  const name = answerName(sample)
  const { ok, cut, wrong, error } = sample
  if (name === null) return error ?? 'no answer'
  if (cut === true) return `${error ?? 'cut off'} after ${name}`
  if (wrong === true) return `${name} with a wrong answer`
  // What tells its status or code alone says nothing more.
  return ok || error === null || error === answerText(sample) ? name : `${name} (${error.slice(0, MOST_SAID)})`
}

/** No share excuses an answer that came whole, said that all was well, and was another one. */
function wrongParts({ samples }: CanarySeen): Part[] {
  const wrong = samples.filter((sample) => sample.wrong === true)
  const [first] = wrong
  if (first === undefined) return []
  const observed = `${wrong.length} of ${samples.length} wrong (${String(first.error)})`
  return [{ expected: 'no answer wrong', observed, met: false }]
}

function mostCommonFailure(samples: readonly CanarySample[]): string {
  const failed = samples.filter((sample) => !sample.ok)
  return failed.length === 0 ? '' : ` (failed: ${statusCounts(failed)})`
}
