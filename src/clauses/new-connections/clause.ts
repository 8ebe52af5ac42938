import { later, msBetween } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { ContainerGlance } from '../../ports/docker.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { faultIsOver } from '../shared/fault-phase.ts'
import { judgeNewConnections, newConnectionsText, type NewConnection } from './judge.ts'
import { newConnectionsSpec, type NewConnectionsSpec } from './spec.ts'

/** Two a second for each container: enough to tell, too few to be a load. */
const TRY_EVERY_MS = 500
/** After the fault, where no window says how long. */
const TRIES_AFTER = 10

/** New connections to a service, not through its proxies: whom a used-up resource keeps out must be told so, and soon. */
export const newConnectionsClause = defineClause({
  key: 'new_connections',
  schema: newConnectionsSpec,
  text: newConnectionsText,
  afterWindowMs: (spec) => spec.ended_within_ms + TRY_EVERY_MS,
  async steady(spec, ctx) {
    await containersOf(spec, ctx)
    return { observe: async (observeCtx) => judgeNewConnections(spec, await tried(spec, observeCtx)) }
  },
})

async function tried(spec: NewConnectionsSpec, ctx: ClauseContext): Promise<NewConnection[]> {
  const { startedMs, plannedMs } = ctx.window()
  const over = faultIsOver(ctx)
  const seen: NewConnection[] = []
  for (let round = 0; over ? round < TRIES_AFTER : ctx.clock.nowMs() < later(startedMs, plannedMs); round += 1) {
    const nextMs = later(ctx.clock.nowMs(), TRY_EVERY_MS)
    const containers = await containersOf(spec, ctx)
    seen.push(...(await Promise.all(containers.map((container) => tryOnce(spec, container, ctx)))).flat())
    await ctx.clock.sleep(Math.max(0, msBetween(ctx.clock.nowMs(), nextMs)), ctx.signal)
  }
  return seen
}

/** @throws TARGET_NOT_FOUND when the service has no container. */
async function containersOf(spec: NewConnectionsSpec, ctx: ClauseContext): Promise<readonly ContainerGlance[]> {
  const containers = (await ctx.containers.glance(ctx.signal)).filter(({ service }) => service === spec.service)
  if (containers.length === 0)
    throw new ChaosError('TARGET_NOT_FOUND', `the stack has no container of the service '${spec.service}' to connect to`)
  return containers
}

/** Nothing for a container that has no address, as it is not running: that is for other clauses to judge. */
async function tryOnce(spec: NewConnectionsSpec, container: ContainerGlance, ctx: ClauseContext): Promise<NewConnection[]> {
  const host = container.addresses[ctx.stack.network]
  if (host === undefined) return []
  const afterMs = msBetween(ctx.window().startedMs, ctx.clock.nowMs())
  const target = { host, port: spec.port }
  const args = { target, path: spec.path, headers: {}, count: 1, intervalMs: 0, timeoutMs: spec.ended_within_ms }
  const { samples } = await ctx.observer.call('probe.http', args, ctx.signal)
  return samples.map(({ status, error }) => ({ container: container.name, afterMs, status, error }))
}
