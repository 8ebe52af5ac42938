import type { FaultContext } from '../../kinds/context.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { FloodFacts } from '../../toolbox/operations/requests/flood.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import { requestToSendNow } from '../shared/access.ts'
import { combinePlaces } from '../shared/evidence.ts'
import { hostHelperLeftovers, stopHostHelpers } from '../shared/host-helpers.ts'
import { orReason } from '../shared/or-reason.ts'
import { runningState } from '../shared/containers/main-process.ts'
import { namespaceHelper } from '../shared/links/namespace-helpers.ts'
import { addressOf, networkHelper } from '../shared/links/network-helpers.ts'
import { hitTeller } from '../shared/containers/hits.ts'
import { startUpkeep, untilWindowEnds, type Upkeep } from '../shared/containers/upkeep.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { judgeConnections, type ConnectionsSeen } from './judge.ts'
import { floodRequest, connectionsPlan, resolveConnections, type ConnectionsPlan, type ConnectionsSpec } from './plan.ts'

/** What this process knows of one flood beyond its plan. */
interface Flooding {
  readonly before: number
  readonly counts: number[]
  flood: FloodFacts | null
  counting: Upkeep | null
}

const COUNT_EVERY_MS = 50
const COUNT_LIMIT_MS = 5_000
/** The inject phase is not much longer. A full queue of the target drops a first try, and the next comes a second later. */
const CONNECT_LIMIT_MS = 7_000

/** Connections to one container, many at once, silent or each with a request. */
export const connections = defineFault({
  kind: 'connections',
  record: undoRecord(connectionsPlan),
  resolve: resolveConnections,
  async arm(plan, ctx): Promise<Flooding> {
    // It only reads what the kernel says of its own network namespace.
    const counterHelper = namespaceHelper({ name: plan.counter, container: plan.container.id }, { capabilities: [] })
    const [, counter] = await Promise.all([
      ctx.toolbox.start(networkHelper(plan.flooder, ctx), ctx.signal),
      ctx.toolbox.start(counterHelper, ctx.signal),
    ])
    const { established } = await counter.call('tcp.count', countArgs(plan), ctx.signal)
    return { before: established, counts: [], flood: null, counting: null }
  },
  inject: flood,
  async effect(plan, ctx, flooding) {
    const seen = await watch(plan, flooding, ctx)
    return combinePlaces(mechanismOf(plan), [{ place: plan.container.name, ...judgeConnections(seen) }])
  },
  async revert(plan, ctx, flooding) {
    await flooding?.counting?.stop()
    // The connections go with their helper.
    await stopHostHelpers([plan.flooder, plan.counter], ctx)
  },
  leftovers: (plan, ctx) => hostHelperLeftovers([plan.flooder, plan.counter], ctx),
  // As many answers come before the canary's.
  usualMs: ({ mode }: ConnectionsSpec) => (mode === 'requests' ? 1_000 : 500),
  describe: (plan) => ({
    targets: [`${plan.container.name}:${plan.port}`],
    services: [plan.target],
    crowd: true,
    mechanism: mechanismOf(plan),
    // Each request goes the whole way that the canary's go: nothing on it is left alone.
    everything: plan.mode === 'requests',
  }),
})

function countArgs({ port }: ConnectionsPlan): ArgumentsOf<'tcp.count'> {
  return { port, side: 'server' }
}

async function flood(plan: ConnectionsPlan, ctx: FaultContext, flooding: Flooding): Promise<void> {
  const { container, port, flooder, mode } = plan
  const tellHit = await hitTeller(plan.target, ctx)
  const state = await runningState(container, ctx)
  const counter = ctx.toolbox.get(plan.counter)
  const what = `a count of the connections to ${container.name}`
  // Before the first one: a peak may be over when all have been tried.
  flooding.counting = startUpkeep(
    { what, everyMs: COUNT_EVERY_MS, stepLimitMs: COUNT_LIMIT_MS, clock: ctx.clock },
    async (signal) => {
      flooding.counts.push((await counter.call('tcp.count', countArgs(plan), signal)).established)
      return true
    },
  )
  tellHit(container, state.pid)
  const target = { host: addressOf(state, ctx), port }
  const request = mode === 'idle' ? null : requestToSendNow(floodRequest(ctx.stack.descriptor), ctx)
  const args = { id: flooder, target, count: plan.connections, request, connectTimeoutMs: CONNECT_LIMIT_MS }
  flooding.flood = await ctx.toolbox.get(flooder).call('flood.open', args, ctx.signal)
}

async function watch(plan: ConnectionsPlan, flooding: Flooding, ctx: FaultContext): Promise<ConnectionsSeen> {
  const { counting } = flooding
  if (counting !== null) await untilWindowEnds(`connections to ${plan.container.name} open`, ctx, counting.ended)
  let problem = counting?.problem() ?? null
  if (flooding.flood !== null && problem === null) {
    const read = await orReason('the connections could not be held', ctx.signal, () =>
      ctx.toolbox.get(plan.flooder).call('flood.read', { id: plan.flooder }, ctx.signal),
    )
    if (typeof read === 'string') problem = read
    else flooding.flood = read
  }
  return { ...flooding, spec: plan, problem }
}

function mechanismOf(plan: ConnectionsPlan): string {
  const what = plan.mode === 'idle' ? 'silent connections' : 'connections, each with the canary’s request,'
  return `${plan.connections} ${what} straight to ${plan.container.name}:${plan.port} at once; no limit is changed`
}
