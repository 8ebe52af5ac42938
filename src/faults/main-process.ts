/** The main process of a target, which a restart replaces. */
import { ChaosError } from '../core/errors.ts'
import type { ContainerState, UndoContext } from '../core/ports.ts'

/** @throws TARGET_NOT_FOUND when the container does not run. */
export async function runningState(
  { id, name }: { readonly id: string; readonly name: string },
  ctx: UndoContext,
): Promise<ContainerState> {
  const state = await ctx.containers.inspect(id, ctx.signal)
  if (state !== null && state.pid !== 0) return state
  throw new ChaosError('TARGET_NOT_FOUND', `${name} is ${state?.status ?? 'gone'}, so nothing of it can be used up`)
}

/** The process has ended: the container is down, or runs another one by now. */
export async function hasEnded(containerId: string, pid: number, ctx: UndoContext, signal: AbortSignal): Promise<boolean> {
  return (await ctx.containers.inspect(containerId, signal))?.pid !== pid
}
