/** The users' curve: what is planned, and what follows from it. Pure. */
import type { Begins } from '../series/load-start.ts'
import type { HoldStage, LoadPlan, LoadStage } from './shapes.ts'

interface Piece {
  /** When the target begins to change, and when it has, ms from the start. */
  readonly fromMs: number
  readonly toMs: number
  readonly fromTarget: number
  readonly toTarget: number
}

/** A fall of the target to half or less: what the system does afterwards is its recovery. */
export interface Drop extends Piece {
  /** When it rises again, or the run ends, ms from the start. */
  readonly untilMs: number
}

export function planOf(stages: readonly LoadStage[], unit: LoadPlan['unit'], hasFixedLength = true): LoadPlan {
  return {
    ...{ stages, unit, hasFixedLength },
    holds: hasFixedLength ? holdsOf(stages) : [],
    durationMs: stages.reduce((sum, stage) => sum + stage.durationMs, 0),
    peakTarget: stages.reduce((peak, stage) => Math.max(peak, stage.target), 0),
  }
}

/** Finds the stretches with a target that stays and is not 0; neighbours with the same target are one. */
export function holdsOf(stages: readonly LoadStage[]): HoldStage[] {
  const holds: { fromMs: number; toMs: number; target: number }[] = []
  for (const { fromMs, toMs, fromTarget, toTarget } of piecesOf(stages)) {
    if (fromTarget !== toTarget || toTarget === 0 || toMs === fromMs) continue
    const last = holds.at(-1)
    if (last?.toMs === fromMs && last.target === toTarget) last.toMs = toMs
    else holds.push({ fromMs, toMs, target: toTarget })
  }
  return holds
}

/** Finds the falls to half or less; falling stages in a row are one fall. */
export function dropsOf(stages: readonly LoadStage[]): Drop[] {
  const pieces = piecesOf(stages)
  const endMs = pieces.at(-1)?.toMs ?? 0
  const falls: Piece[] = []
  for (const piece of pieces) {
    if (piece.toTarget >= piece.fromTarget) continue
    const last = falls.at(-1)
    if (last?.toMs === piece.fromMs) falls[falls.length - 1] = { ...last, toMs: piece.toMs, toTarget: piece.toTarget }
    else falls.push(piece)
  }
  return falls
    .filter(({ fromTarget, toTarget }) => toTarget <= fromTarget / 2)
    .map((fall) => {
      const rise = pieces.find((piece) => piece.fromMs >= fall.toMs && piece.toTarget > piece.fromTarget)
      return { ...fall, untilMs: rise?.fromMs ?? endMs }
    })
}

/** Tells how the users of a plan begin. */
export function beginOf({ stages, unit }: Pick<LoadPlan, 'stages' | 'unit'>): Begins {
  const [first] = stages
  if (first === undefined || first.target === 0) return 'later'
  if (unit !== 'users') return 'at_a_rate'
  return first.durationMs === 0 ? 'at_once' : 'later'
}

/** Finds when the target first goes above this, ms; null when it never does. */
export function firstAboveMs(stages: readonly LoadStage[], target: number): number | null {
  for (const { fromMs, toMs, fromTarget, toTarget } of piecesOf(stages)) {
    if (toTarget <= target) continue
    if (fromTarget >= target) return fromMs
    return fromMs + ((toMs - fromMs) * (target - fromTarget)) / (toTarget - fromTarget)
  }
  return null
}

/** The end of the climb: when the target begins to fall for the first time after its peak, or the run ends. */
export function endOfClimbMs(stages: readonly LoadStage[]): number {
  const pieces = piecesOf(stages)
  const peak = pieces.reduce((highest, { toTarget }) => Math.max(highest, toTarget), 0)
  const reached = pieces.findIndex(({ toTarget }) => toTarget === peak)
  const fall = pieces.slice(reached + 1).find(({ toTarget }) => toTarget < peak)
  return fall?.fromMs ?? pieces.at(-1)?.toMs ?? 0
}

function piecesOf(stages: readonly LoadStage[]): Piece[] {
  const pieces: Piece[] = []
  for (const { durationMs, target } of stages) {
    const last = pieces.at(-1)
    const fromMs = last?.toMs ?? 0
    pieces.push({ fromMs, toMs: fromMs + durationMs, fromTarget: last?.toTarget ?? 0, toTarget: target })
  }
  return pieces
}

/** Several curves at once: at each moment their sum. Each begins at `startMs`, until then it is 0, and at its end it is 0 again. */
export function sumOfCurves(curves: readonly { readonly startMs: number; readonly stages: readonly LoadStage[] }[]): LoadStage[] {
  const [only] = curves
  if (curves.length === 1 && only !== undefined)
    return only.startMs === 0 ? [...only.stages] : [pause(only.startMs), ...only.stages]
  const all = curves.map(({ startMs, stages }) => piecesOf([pause(startMs), ...stages]))
  const moments = [...new Set(all.flatMap((pieces) => pieces.flatMap(({ fromMs, toMs }) => [fromMs, toMs])))].sort(
    (a, b) => a - b,
  )
  const sum = (atMs: number, isBefore: boolean): number =>
    all.reduce((total, pieces) => total + valueAt(pieces, atMs, isBefore), 0)
  const stages: LoadStage[] = []
  let beforeMs = 0
  for (const atMs of moments) {
    const reached = sum(atMs, true)
    if (atMs > beforeMs) stages.push({ durationMs: atMs - beforeMs, target: reached })
    const after = sum(atMs, false)
    // A jump takes no time. The last one, down to nothing, is the end of the run.
    if (after !== reached && atMs !== moments.at(-1)) stages.push({ durationMs: 0, target: after })
    beforeMs = atMs
  }
  return stages
}

function pause(durationMs: number): LoadStage {
  return { durationMs, target: 0 }
}

/** At a jump, what was before it or what is after it. */
function valueAt(pieces: readonly Piece[], atMs: number, isBefore: boolean): number {
  const inside = pieces.filter(({ fromMs, toMs }) => (isBefore ? fromMs < atMs && atMs <= toMs : fromMs <= atMs && atMs < toMs))
  const piece = inside.at(-1)
  if (piece === undefined) return 0
  const { fromMs, toMs, fromTarget, toTarget } = piece
  return fromTarget + ((toTarget - fromTarget) * (atMs - fromMs)) / (toMs - fromMs)
}
