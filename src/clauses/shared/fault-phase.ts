import { earliest, later, type Wall } from '../../core/time/moment.ts'
import type { ClauseContext } from '../../kinds/context.ts'

/** Timers may fire this much early. */
const EARLY_MS = 100

/** True in the phase after the fault: the engine ends the one during it no earlier than the planned window. */
export function faultIsOver(ctx: ClauseContext): boolean {
  const { startedMs, plannedMs } = ctx.window()
  return ctx.clock.nowMs() >= later(startedMs, plannedMs - EARLY_MS)
}

/** Wall clock at which the fault began: the first hit may come before inject has returned. */
export function faultBeganWallMs(ctx: ClauseContext): Wall {
  return earliest(ctx.injectedAtWallMs, ...ctx.hits().map((hit) => hit.atWallMs))
}

/** Waits for the end of the planned window. @throws when the signal fires. */
export async function plannedEnd(ctx: ClauseContext): Promise<void> {
  await ctx.window().planned
  ctx.signal.throwIfAborted()
}
