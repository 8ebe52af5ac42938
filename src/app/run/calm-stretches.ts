/** When no fault was on while a load held beside scenarios. Pure. */
import { later, parseWall, wallAt, type Wall } from '../../core/time/moment.ts'
import type { ScenarioResult } from '../../core/result/scenario.ts'
import type { CalmStretch } from '../../load/run/hold.ts'

/** Requests of a fault's last moment end a little later. */
const AFTER_MS = 1_000
/** Far longer than scenarios take, should each of them wait for its limits. */
const HOLD_FACTOR = 4
const HOLD_MARGIN_MS = 300_000

type Phased = Pick<ScenarioResult, 'phases' | 'recovery' | 'events'>

/** Until the first fault, between the recovery of one and the next, and after the last. `endWallMs`: of the scenarios. */
export function calmStretches(scenarios: readonly Phased[], endWallMs: Wall): CalmStretch[] {
  const stretches: CalmStretch[] = []
  let calmSinceMs: Wall | null = wallAt(Number.NEGATIVE_INFINITY)
  for (const scenario of scenarios) {
    const steadyMs = startOf(scenario, 'plan')
    // What did not recover is calm again when the next scenario has found its steady state.
    calmSinceMs ??= steadyMs
    const beganMs = startOf(scenario, 'inject')
    if (beganMs === null) continue
    if (calmSinceMs !== null && beganMs > calmSinceMs) stretches.push({ fromWallMs: calmSinceMs, toWallMs: beganMs })
    const calm = scenario.recovery.recovered && !scenario.events.some(({ kind }) => kind === 'stack-recreated')
    calmSinceMs = calm ? endOf(scenario, 'recovery') : null
  }
  if (calmSinceMs !== null && endWallMs > calmSinceMs) stretches.push({ fromWallMs: calmSinceMs, toWallMs: endWallMs })
  return stretches
}

export function longestHoldMs(plannedMs: number): number {
  return plannedMs * HOLD_FACTOR + HOLD_MARGIN_MS
}

function startOf({ phases }: Pick<Phased, 'phases'>, name: string): Wall | null {
  const phase = phases.find((one) => one.name === name)
  return phase === undefined ? null : parseWall(phase.startedAt)
}

function endOf({ phases }: Phased, name: string): Wall | null {
  const startedMs = startOf({ phases }, name)
  const { durationMs = 0 } = phases.find((one) => one.name === name) ?? {}
  return startedMs === null ? null : later(startedMs, durationMs + AFTER_MS)
}
