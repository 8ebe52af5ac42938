/** Helpers in the host's pid namespace, which reach the processes of containers from outside. */
import type { UndoContext } from '../../kinds/context.ts'
import type { HelperRequest } from '../../ports/toolbox.ts'
import { withDeadline } from '../../core/time/wait.ts'
import { HELPER_TTL_MS } from './names.ts'
import { allOrThrow } from './all-or-throw.ts'

/**
 * How long one step of an undo may take: less than the engine gives the whole, so that the error names the step, and more than
 * a busy machine takes to stop a helper. After a cancel the engine's signal ends it sooner.
 */
export const UNDO_STEP_LIMIT_MS = 20_000

/** No network, and of all capabilities only those asked for. */
export function hostHelper(name: string, changes: Partial<HelperRequest> = {}): HelperRequest {
  return {
    name,
    attachTo: { network: 'none' },
    pid: 'host',
    capabilities: ['KILL'],
    ttlMs: HELPER_TTL_MS,
    ...changes,
  }
}

/**
 * Ends a helper, which undoes its work as it goes. One that was not there any more, or did not end as it should, is followed
 * by `undo`. @returns whether it has undone its work itself.
 */
export async function stopHelper(
  name: string,
  ctx: UndoContext,
  undo?: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  return await withDeadline(`stopping the helper ${name}`, UNDO_STEP_LIMIT_MS, ctx.signal, async (signal) => {
    const ended = await ctx.toolbox.stop(name, signal)
    if (ended?.exitCode === 0) return true
    if (ended !== null) ctx.log.log('warn', `helper ${name} ended with ${ended.exitCode}: ${ended.output.slice(-500)}`)
    await undo?.(signal)
    return false
  })
}

/** Names of the helpers of a plan that has one for each container, or each GPU. */
export function helpersOf(targets: readonly { readonly helper: string }[]): string[] {
  return targets.map(({ helper }) => helper)
}

/** @returns those that have undone their work themselves; whoever needs the others' undo has to see to it. */
export async function stopHostHelpers(names: readonly string[], ctx: UndoContext): Promise<ReadonlySet<string>> {
  const undone = await allOrThrow(names.map(async (name) => ((await stopHelper(name, ctx)) ? [name] : [])))
  return new Set(undone.flat())
}

/** Helpers that are still there. */
export async function hostHelperLeftovers(names: readonly string[], ctx: UndoContext): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => ({ name, state: await ctx.containers.inspect(name, ctx.signal) })))
  return found.flatMap(({ name, state }) => (state === null ? [] : [`helper ${name} (${state.status})`]))
}
