import { msBetween } from '../../core/time/moment.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { ContainerGlance } from '../../ports/docker.ts'
import { defineClause } from '../../kinds/define-clause.ts'
import { atIntervals } from '../shared/fault-phase.ts'
import { glanceAt } from '../shared/some-containers.ts'
import { judgeNewConnections, newConnectionsText, type NewConnection } from './judge.ts'
import { newConnectionsSpec, type NewConnectionsSpec } from './spec.ts'

const PURPOSE = 'to connect to'
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
    await glanceAt(spec.service, PURPOSE, ctx)
    return { observe: async (observeCtx) => judgeNewConnections(spec, await tried(spec, observeCtx)) }
  },
})

async function tried(spec: NewConnectionsSpec, ctx: ClauseContext): Promise<NewConnection[]> {
  const seen: NewConnection[] = []
  await atIntervals(ctx, TRY_EVERY_MS, TRIES_AFTER, async () => {
    const containers = await glanceAt(spec.service, PURPOSE, ctx)
    seen.push(...(await Promise.all(containers.map((container) => tryOnce(spec, container, ctx)))).flat())
  })
  return seen
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
