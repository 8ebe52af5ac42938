import type { ProbeContext } from '../core/ports.ts'

/** Timers may fire this much early. */
const EARLY_MS = 100

/** True in the phase after the fault: the engine ends the one during it no earlier than the planned window. */
export function faultIsOver(ctx: ProbeContext): boolean {
  const { startedMs, plannedMs } = ctx.window()
  return ctx.clock.nowMs() >= startedMs + plannedMs - EARLY_MS
}

/** Wall clock at which the fault began: the first hit may come before inject has returned. */
export function faultBeganWallMs(ctx: ProbeContext): number {
  return Math.min(ctx.injectedAtWallMs, ...ctx.hits().map((hit) => hit.atWallMs))
}

/** Waits for the end of the planned window. @throws when the signal fires. */
export async function plannedEnd(ctx: ProbeContext): Promise<void> {
  await ctx.window().planned
  ctx.signal.throwIfAborted()
}
