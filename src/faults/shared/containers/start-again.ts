/** Containers that a fault ended and that nothing but a start by us brings back. */
import type { UndoContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import { allOrThrow } from '../all-or-throw.ts'

const DOWN = ['exited', 'created', 'dead']

export function isDown(state: ContainerState): boolean {
  return DOWN.includes(state.status)
}

/**
 * Docker will not start it again by itself. Whatever has a restart policy is left to it, also when it fails to come back:
 * that is what the scenario wants to know.
 */
export function staysDown(state: ContainerState): boolean {
  if (!isDown(state)) return false
  const policy = state.restartPolicy ?? 'no'
  return policy === 'no' || (policy === 'on-failure' && state.exitCode === 0)
}

/** Starts those of the containers for which `mayStart` holds. One that is gone is no longer of concern. */
export async function startAgain(
  ids: readonly string[],
  mayStart: (state: ContainerState) => boolean,
  ctx: UndoContext,
): Promise<void> {
  await allOrThrow(
    ids.map(async (id) => {
      const state = await ctx.containers.inspect(id, ctx.signal)
      if (state !== null && mayStart(state)) await ctx.containers.act(id, { do: 'start' }, ctx.signal)
    }),
  )
}

export async function downLeftovers(
  ids: readonly string[],
  counts: (state: ContainerState) => boolean,
  ctx: UndoContext,
): Promise<string[]> {
  const states = await Promise.all(ids.map((id) => ctx.containers.inspect(id, ctx.signal)))
  return states.flatMap((state) =>
    state !== null && counts(state) ? [`container ${state.name} is ${state.status} and was not started again`] : [],
  )
}
