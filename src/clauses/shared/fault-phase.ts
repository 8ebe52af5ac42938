import { earliest, later, msBetween, type Mono, type Wall } from '../../core/time/moment.ts'
import type { ClauseContext, Hit } from '../../kinds/context.ts'

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

/** When the planned window ends. */
export function windowEndMs(ctx: ClauseContext): Mono {
  const { startedMs, plannedMs } = ctx.window()
  return later(startedMs, plannedMs)
}

/** The same by the wall clock, for log lines and events. */
export function windowEndWallMs(ctx: ClauseContext): Wall {
  return later(ctx.injectedAtWallMs, ctx.window().plannedMs)
}

/** Waits for the end of the planned window. @throws when the signal fires. */
export async function plannedEnd(ctx: ClauseContext): Promise<void> {
  await ctx.window().planned
  ctx.signal.throwIfAborted()
}

/** Takes turns until the window ends; `timesAfter` in the phase after the fault, where no window says how long. */
export async function atIntervals(
  ctx: ClauseContext,
  everyMs: number,
  timesAfter: number,
  turn: () => Promise<void> | void,
): Promise<void> {
  const endMs = windowEndMs(ctx)
  const over = faultIsOver(ctx)
  for (let turns = 0; over ? turns < timesAfter : ctx.clock.nowMs() < endMs; turns += 1) {
    const nextMs = later(ctx.clock.nowMs(), everyMs)
    await turn()
    await ctx.clock.sleep(Math.max(0, msBetween(ctx.clock.nowMs(), nextMs)), ctx.signal)
  }
}

/** Pure. The first hit of each container, in order: one that was hit again has died, or has not, of the first. */
export function firstHits(hits: readonly Hit[]): Hit[] {
  return hits.filter((hit, place) => hits.findIndex(({ containerId }) => containerId === hit.containerId) === place)
}
