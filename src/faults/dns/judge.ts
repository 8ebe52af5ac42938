import { median, roundOrNull } from '../../core/statistics.ts'
import type { DnsCounters, ResolvedName } from '../../toolbox/operations/network/dns.ts'
import type { Judgement } from '../shared/evidence.ts'
import type { DnsPlan } from './plan.ts'

export interface DnsSeen extends Pick<DnsPlan, 'mode' | 'names' | 'delayMs' | 'services'> {
  /** Answers of all rounds to our own resolver. */
  readonly before: readonly ResolvedName[]
  readonly during: readonly ResolvedName[]
  /** A text says why nothing could be counted. */
  readonly counted: DnsCounters | string
}

/** What a resolver says of a name that is broken so. */
const ERRORS = { refused: 'EREFUSED', dropped: 'ETIMEOUT', nxdomain: 'ENOTFOUND' } as const

/** Timers end a little early or late. */
const LEAST_SHARE_OF_DELAY = 0.9
/** Of the delay, and never less than so many ms: what a busy machine adds. */
const MARGIN_SHARE = 0.5
const MARGIN_MS = 250
/** A name that takes longer than this without a fault is not shown to be dropped by our resolver's patience of a second. */
const SLOWEST_BASELINE_MS = 500

interface NameJudgement {
  readonly reason: string | null
  readonly addedMs: number | null
}

/** Pure: each name that resolved before must be broken as asked for, in all rounds, and the other names must not be. */
export function judgeDns(seen: DnsSeen): Judgement {
  const { names, services, counted } = seen
  const asked = names ?? services
  const good = asked.filter((name) => resolves(of(seen.before, name)))
  const judged = good.map((name) => judgeName(name, seen))
  const broken = judged.filter(({ reason }) => reason === null).length
  const spared = names === null ? [] : services.filter((name) => resolves(of(seen.before, name)))
  const added = judged.flatMap(({ addedMs }) => addedMs ?? [])
  const counters = typeof counted === 'string' ? null : counted
  const reasons = [
    ...(names === null
      ? noneResolved(good)
      : asked.filter((name) => !good.includes(name)).map((name) => unknownBefore(name, seen))),
    ...judged.map(({ reason }) => reason),
    ...spared.map((name) => judgeSpared(name, seen)),
    typeof counted === 'string' ? counted : null,
  ].filter((reason) => reason !== null)
  return {
    headline: `${broken} of ${(names ?? good).length} names ${stateOf(seen, added)}, ${String(counters?.others ?? 'unknown')} questions of others met it`,
    measures: {
      namesCount: good.length,
      brokenNamesCount: broken,
      sparedNamesCount: spared.length,
      baselineMs: roundOrNull(medianMs(seen.before.filter(({ name }) => good.includes(name))), 1),
      addedMs: roundOrNull(median(added), 1),
      questionsCount: counters?.questions ?? null,
      brokenQuestionsCount: counters?.broken ?? null,
      othersQuestionsCount: counters?.others ?? null,
    },
    reasons,
  }
}

function noneResolved(good: readonly string[]): string[] {
  return good.length > 0 ? [] : ['no name of another service resolved before the fault, so nothing shows that it bites']
}

function unknownBefore(name: string, { before }: DnsSeen): string {
  return `${name} did not resolve before the fault (${shown(of(before, name))}), so nothing shows what became of it`
}

function judgeName(name: string, { mode, delayMs, before, during }: DnsSeen): NameJudgement {
  const answers = of(during, name)
  const baselineMs = medianMs(of(before, name))
  if (mode !== 'slow') {
    const wanted = ERRORS[mode]
    if (mode === 'dropped' && baselineMs > SLOWEST_BASELINE_MS)
      return { reason: `${name} took ${ms(baselineMs)} before the fault, too long to tell that it was dropped`, addedMs: null }
    const isBroken = answers.length > 0 && answers.every(({ error }) => error === wanted)
    return { reason: isBroken ? null : `${name}: ${shown(answers)}, expected ${wanted}`, addedMs: null }
  }
  if (!resolves(answers) || answers.some(({ error }) => error !== null))
    return { reason: `${name}: ${shown(answers)}, expected a late answer`, addedMs: null }
  const addedMs = medianMs(answers) - baselineMs
  const wantedMs = delayMs ?? 0
  const [leastMs, mostMs] = [LEAST_SHARE_OF_DELAY * wantedMs, wantedMs + Math.max(MARGIN_MS, MARGIN_SHARE * wantedMs)]
  const isLate = addedMs >= leastMs && addedMs <= mostMs
  const expected = `expected ${ms(wantedMs)} more (${ms(leastMs)} to ${ms(mostMs)})`
  return { reason: isLate ? null : `${name}: answers took ${ms(addedMs)} more, ${expected}`, addedMs }
}

/** A name that is not meant, and resolved before. */
function judgeSpared(name: string, { mode, delayMs, before, during }: DnsSeen): string | null {
  const answers = of(during, name)
  if (!resolves(answers)) return `${name} is not in the list and did not resolve either: ${shown(answers)}`
  const addedMs = medianMs(answers) - medianMs(of(before, name))
  if (mode !== 'slow' || addedMs < LEAST_SHARE_OF_DELAY * (delayMs ?? 0)) return null
  return `${name} is not in the list and took ${ms(addedMs)} more as well`
}

function stateOf({ mode, delayMs }: DnsSeen, added: readonly number[]): string {
  if (mode !== 'slow') return { refused: 'refused', dropped: 'without an answer', nxdomain: 'gone' }[mode]
  return added.length === 0 ? `late by ${ms(delayMs ?? 0)}` : `late by ${ms(median(added))}`
}

function of(answers: readonly ResolvedName[], name: string): ResolvedName[] {
  return answers.filter((answer) => answer.name === name)
}

function resolves(answers: readonly ResolvedName[]): boolean {
  return answers.some(({ addresses }) => addresses.length > 0)
}

/** How long the answers took that held addresses, ms; NaN without one. */
function medianMs(answers: readonly ResolvedName[]): number {
  const took = answers.flatMap(({ addresses, tookMs }) => (addresses.length > 0 ? [tookMs] : []))
  return median(took)
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}

/** `2 × EREFUSED, 1 × answered`. */
function shown(answers: readonly ResolvedName[]): string {
  const counts = new Map<string, number>()
  for (const { error } of answers) counts.set(error ?? 'answered', (counts.get(error ?? 'answered') ?? 0) + 1)
  return [...counts].map(([what, count]) => `${count} × ${what}`).join(', ') || 'not asked for'
}
