/** The main process of a target, which a restart replaces. */
import { ChaosError } from '../../../core/errors.ts'
import type { UndoContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import type { ToolboxHelper } from '../../../ports/toolbox.ts'
import type { ProcessRef } from '../../../toolbox/operations/arguments.ts'

/** @throws TARGET_NOT_FOUND when the container does not run. */
export async function runningState(
  { id, name }: { readonly id: string; readonly name: string },
  ctx: UndoContext,
): Promise<ContainerState> {
  const state = await ctx.containers.inspect(id, ctx.signal)
  if (state !== null && state.pid !== 0) return state
  throw new ChaosError('TARGET_NOT_FOUND', `${name} is ${state?.status ?? 'gone'}, so nothing of it can be used up`)
}

/** The process has ended, as its own helper sees it: Docker takes a moment longer to notice. */
export async function hasEnded(helper: ToolboxHelper, ref: ProcessRef, signal: AbortSignal): Promise<boolean> {
  return !(await helper.call('process.look', ref, signal)).alive
}
