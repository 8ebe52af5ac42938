import { ChaosError } from '../../../core/errors.ts'
import { withDeadline } from '../../../core/time/wait.ts'
import type { UndoContext } from '../../../kinds/context.ts'
import { HELPER_TTL_MS } from '../names.ts'
import { allOrThrow } from '../all-or-throw.ts'
import { UNDO_STEP_LIMIT_MS } from '../containers/undo-limit.ts'

/** A helper that changed something in the network namespace of a container. */
export interface NamespaceHelper {
  readonly name: string
  readonly container: string
}

const LOOK_LIMIT_MS = 10_000

/**
 * Ends the helpers, which undo their work as they go. One that is not there any more, or did not end well, is followed by
 * an undo of its own in the same namespace; a container that is gone took its namespace along.
 */
export async function stopHelpers(helpers: readonly NamespaceHelper[], ctx: UndoContext): Promise<void> {
  await allOrThrow(
    helpers.map((helper) =>
      withDeadline(`stopping the helper ${helper.name}`, UNDO_STEP_LIMIT_MS, ctx.signal, async (signal) => {
        const ended = await ctx.toolbox.stop(helper.name, signal)
        if (ended?.exitCode === 0) return
        if (ended !== null)
          ctx.log.log('warn', `helper ${helper.name} ended with ${String(ended.exitCode)}: ${ended.output.slice(-500)}`)
        await ctx.toolbox.once(onceRequest(helper, 'undo'), 'undo', {}, signal)
      }),
    ),
  )
}

/** Helpers that still run, and whatever of ours is still in the namespaces. */
export async function helperLeftovers(helpers: readonly NamespaceHelper[], ctx: UndoContext): Promise<string[]> {
  const alive = await Promise.all(
    helpers.map(async ({ name }) => {
      const state = await ctx.containers.inspect(name, ctx.signal)
      return state === null ? [] : [`helper ${name} (${state.status})`]
    }),
  )
  const byContainer = new Map(helpers.map((helper) => [helper.container, helper]))
  const inside = await Promise.all([...byContainer.values()].map((helper) => namespaceLeftovers(helper, ctx)))
  return [...alive.flat(), ...inside.flat()]
}

async function namespaceLeftovers(helper: NamespaceHelper, ctx: UndoContext): Promise<string[]> {
  const look = withDeadline(`looking into the network of ${helper.container.slice(0, 12)}`, LOOK_LIMIT_MS, ctx.signal, (signal) =>
    ctx.toolbox.once(onceRequest(helper, 'look'), 'leftovers', {}, signal),
  )
  const reply = await look
  return (reply?.found ?? []).map((what) => `${what} in the network of container ${helper.container.slice(0, 12)}`)
}

function onceRequest(helper: NamespaceHelper, what: string): Parameters<UndoContext['toolbox']['once']>[0] {
  return {
    name: `${helper.name}-${what}`,
    attachTo: { container: helper.container },
    pid: 'own',
    capabilities: ['NET_ADMIN'],
    ttlMs: HELPER_TTL_MS,
  }
}

/** @throws TARGET_NOT_FOUND when the service has no running container. */
export async function runningContainers(service: string, ctx: UndoContext): Promise<{ id: string; name: string }[]> {
  const running = (await ctx.containers.list(service, ctx.signal)).filter((container) => container.status === 'running')
  if (running.length === 0) throw new ChaosError('TARGET_NOT_FOUND', `no container of the service '${service}' is running`)
  return running.map(({ id, name }) => ({ id, name }))
}
