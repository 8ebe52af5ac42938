import { withDeadline } from '../../../core/time/wait.ts'
import type { UndoContext } from '../../../kinds/context.ts'
import type { HelperRequest } from '../../../ports/toolbox.ts'
import { allOrThrow } from '../all-or-throw.ts'
import { hostHelperLeftovers, stopHelper } from '../host-helpers.ts'
import { HELPER_TTL_MS } from '../names.ts'

/** A helper that changed something in the network namespace of a container. */
export interface NamespaceHelper {
  readonly name: string
  readonly container: string
}

const LOOK_LIMIT_MS = 10_000

/** It may change what is in there. */
export function namespaceHelper({ name, container }: NamespaceHelper, changes: Partial<HelperRequest> = {}): HelperRequest {
  return { name, attachTo: { container }, pid: 'own', capabilities: ['NET_ADMIN'], ttlMs: HELPER_TTL_MS, ...changes }
}

/**
 * Ends the helpers, which undo their work as they go. One that is not there any more, or did not end well, is followed by
 * an undo of its own in the same namespace; a container that is gone took its namespace along.
 */
export async function stopHelpers(helpers: readonly NamespaceHelper[], ctx: UndoContext): Promise<void> {
  const undo = (helper: NamespaceHelper, signal: AbortSignal): Promise<unknown> =>
    ctx.toolbox.once(namespaceHelper({ ...helper, name: `${helper.name}-undo` }), 'undo', {}, signal)
  await allOrThrow(helpers.map((helper) => stopHelper(helper.name, ctx, (signal) => undo(helper, signal))))
}

/** Helpers that still run, and whatever of ours is still in the namespaces. */
export async function helperLeftovers(helpers: readonly NamespaceHelper[], ctx: UndoContext): Promise<string[]> {
  const names = helpers.map(({ name }) => name)
  const alive = await hostHelperLeftovers(names, ctx)
  const byContainer = new Map(helpers.map((helper) => [helper.container, helper]))
  const inside = await Promise.all([...byContainer.values()].map((helper) => namespaceLeftovers(helper, ctx)))
  return [...alive, ...inside.flat()]
}

async function namespaceLeftovers({ name, container }: NamespaceHelper, ctx: UndoContext): Promise<string[]> {
  const where = container.slice(0, 12)
  const look = namespaceHelper({ name: `${name}-look`, container })
  const reply = await withDeadline(`looking into the network of ${where}`, LOOK_LIMIT_MS, ctx.signal, (signal) =>
    ctx.toolbox.once(look, 'leftovers', {}, signal),
  )
  return (reply?.found ?? []).map((what) => `${what} in the network of container ${where}`)
}
