/** How long the system took to be well again when a crowd had left. Pure. */
import type { HeldLimits, StretchFigures } from '../../ports/held-load.ts'
import { dropsOf, firstAboveMs, type Drop } from '../plan/stages.ts'
import type { LoadPlan } from '../plan/shapes.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import type { SpikeRecovery } from './judgement.ts'
import { figureWindows, isBad, passingFigures, type FigureWindow } from './stretch-figures.ts'

const LONGEST_MS = 30_000
/** Answers are as before below this much of what 95 % took before the crowd, or this much above it. */
const AS_BEFORE_FACTOR = 2
const AS_BEFORE_MARGIN_MS = 200

/** Finds one recovery for each fall of the users to half or less. */
export function spikeRecoveries(plan: LoadPlan, series: PassingSeries, limits: HeldLimits): Later<SpikeRecovery[]> {
  const recoveries = dropsOf(plan.stages).map((drop) => {
    // Before so many had come for the first time; nobody says how it was with fewer than there have ever been.
    const beforeMs = firstAboveMs(plan.stages, drop.toTarget) ?? 0
    return recoveryOf(drop, beforeMs, series, limits)
  })
  return () => recoveries.map((recovery) => recovery())
}

/**
 * From the first second of the fall on: it is well from the second after which none is bad, nor slower than it was with as
 * many users before the crowd. What is left after a fall to nobody is the fall itself.
 */
function recoveryOf(drop: Drop, beforeMs: number, series: PassingSeries, limits: HeldLimits): Later<SpikeRecovery> {
  const endMs = Math.min(drop.untilMs, drop.toMs + LONGEST_MS, series.seconds * 1_000)
  const windows = figureWindows(series, drop.fromMs, endMs)
  const before = passingFigures(series, 0, Math.floor(beforeMs / 1_000) * 1_000)
  return () => {
    const { p95Ms } = before()
    const asBeforeMs = Number.isNaN(p95Ms) ? Infinity : Math.max(p95Ms * AS_BEFORE_FACTOR, p95Ms + AS_BEFORE_MARGIN_MS)
    return recoveryIn(windows(), drop, endMs, { ...limits, p95Ms: Math.min(limits.p95Ms, asBeforeMs) })
  }
}

function recoveryIn(windows: readonly FigureWindow[], drop: Drop, endMs: number, limits: HeldLimits): SpikeRecovery {
  const limitMs = Math.max(0, endMs - drop.toMs)
  const facts = { atMs: drop.toMs, fromTarget: drop.fromTarget, toTarget: drop.toTarget, limitMs }
  const last = windows.at(-1)
  if (last === undefined) return { ...facts, afterMs: null, detail: 'too few requests to say' }
  const good = windows[windows.findLastIndex(({ figures }) => isBad(figures, limits)) + 1]
  if (good === undefined) return { ...facts, afterMs: null, detail: textOf(last.figures) }
  return { ...facts, afterMs: Math.max(0, good.fromMs - drop.toMs), detail: textOf(good.figures) }
}

function textOf({ errorShare, p95Ms }: StretchFigures): string {
  return `p95 ${Math.round(p95Ms)} ms, ${(errorShare * 100).toFixed(1)} % errors`
}
