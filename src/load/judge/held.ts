/** What differs where a load held beside scenarios: it is judged in the stretches that were free of faults. Pure. */
import type { LoadPlan, Threshold } from '../plan/shapes.ts'
import type { LimitResult, Span } from './judgement.ts'
import type { Stretch } from './limits.ts'

/** Shorter ones say more of their edges than of the system. */
const SHORTEST_MS = 3_000

/** The whole seconds that lie within what was calm, where they are enough. */
export function calmStretches(calm: readonly Span[], { peakTarget }: LoadPlan): Stretch[] {
  return calm
    .map(({ fromMs, toMs }) => ({ fromMs: Math.ceil(fromMs / 1_000) * 1_000, toMs: Math.floor(toMs / 1_000) * 1_000 }))
    .filter(({ fromMs, toMs }) => toMs - fromMs >= SHORTEST_MS)
    .map((span) => ({ scope: 'hold', ...span, target: peakTarget, gates: true }))
}

/** A short calm has too few samples for a percentile: it is shown, and longer ones decide. */
export function gatedBySamples(limits: readonly LimitResult[]): LimitResult[] {
  return limits.map((limit) => (limit.samples < limit.neededSamples ? { ...limit, gates: false } : limit))
}

export function undecidedInCalm(thresholds: readonly Threshold[], limits: readonly LimitResult[]): string[] {
  return thresholds
    .filter(({ text }) => !limits.some((limit) => limit.text === text && limit.gates && limit.met !== null))
    .map(({ text }) => `undecided: ${text}: no stretch without a fault had samples enough`)
}

export function heldNotes({ peakTarget, unit }: LoadPlan, stretches: readonly Stretch[]): string[] {
  return [
    `held at ${peakTarget} ${unit}; its limits are judged where no fault was on: ${stretches.map(spanText).join(', ') || 'nowhere'}`,
    'its served answers were not compared with the jobs of the system, whose list may be cut off by a fault',
  ]
}

/** `5 to 15 s`, of a calm stretch, which is of whole seconds. */
export function spanText({ fromMs, toMs }: Span): string {
  return `${fromMs / 1_000} to ${toMs / 1_000} s`
}
