import type { Descriptor, RequestSpec } from '../core/descriptor.ts'
import { ChaosError, describeError } from '../core/errors.ts'
import type { ConnectionsSpec } from '../core/faults.ts'
import type { Fault, FaultContext, HelperRequest } from '../core/ports.ts'
import type { FloodFacts, ToolboxOperations } from '../core/toolbox.ts'
import { fillRecord } from '../core/variables.ts'
import { judgeConnections } from './connections-judgement.ts'
import type { ConnectionsSeen } from './connections-judgement.ts'
import { combineLinks } from './evidence.ts'
import { hostHelperLeftovers, stopHostHelpers } from './host-helpers.ts'
import { touchesEverything } from './links.ts'
import { runningState } from './main-process.ts'
import { HELPER_TTL_MS, helperName } from './names.ts'
import type { NameSequence } from './names.ts'
import { addressOf, networkHelper } from './network-helpers.ts'
import { glanceAtPool, memberOf } from './pool-members.ts'
import { asTarget, chooseTargets } from './targets.ts'
import type { TargetContainer } from './targets.ts'
import { startUpkeep, untilWindowEnds } from './upkeep.ts'
import type { Upkeep } from './upkeep.ts'

export type ConnectionsPlan = {
  readonly target: string
  readonly connections: number
  readonly mode: ConnectionsSpec['mode']
  readonly container: TargetContainer
  readonly port: number
  /** On the stack's network: opens and holds them. */
  readonly flooder: string
  /** In the target's network: counts them. */
  readonly counter: string
  readonly everything: boolean
}

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

/** So many connections to one container at once, silent or each with a request. */
export function connectionsFault(names: NameSequence): Fault<ConnectionsSpec, ConnectionsPlan> {
  const floodings = new Map<string, Flooding>()
  return {
    kind: 'connections',
    plan: (spec, ctx) => planConnections(spec, ctx, names),
    async prepare(plan, ctx) {
      const [, counter] = await Promise.all([
        ctx.toolbox.start(networkHelper(plan.flooder, ctx), ctx.signal),
        ctx.toolbox.start(counterHelper(plan), ctx.signal),
      ])
      const { established } = await counter.call('tcp.count', countArgs(plan), ctx.signal)
      floodings.set(plan.flooder, { before: established, counts: [], flood: null, counting: null })
    },
    async inject(plan, ctx) {
      const flooding = floodings.get(plan.flooder)
      if (flooding === undefined)
        throw new ChaosError('INTERNAL', 'connections were to be opened before those there were had been counted')
      await flood(plan, flooding, ctx)
    },
    async effect(plan, ctx) {
      const flooding = floodings.get(plan.flooder)
      if (flooding === undefined)
        throw new ChaosError('INTERNAL', 'the effect of connections was asked for before its baseline was taken')
      const seen = await watch(plan, flooding, ctx)
      return combineLinks(mechanismOf(plan), [{ link: plan.container.name, ...judgeConnections(seen) }])
    },
    async revert(plan, ctx) {
      await floodings.get(plan.flooder)?.counting?.stop()
      // The connections go with their helper.
      await stopHostHelpers([plan.flooder, plan.counter], ctx)
    },
    leftovers: (plan, ctx) => hostHelperLeftovers([plan.flooder, plan.counter], ctx),
    // As many answers come before the canary's.
    usualMs: ({ mode }) => (mode === 'requests' ? 4_000 : 500),
    describe: (plan) => ({
      targets: [`${plan.container.name}:${String(plan.port)}`],
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

async function planConnections(spec: ConnectionsSpec, ctx: FaultContext, names: NameSequence): Promise<ConnectionsPlan> {
  const { target, connections, mode } = spec
  const { descriptor } = ctx.stack
  const port = mode === 'idle' ? healthPort(target, descriptor) : requestPort(target, descriptor)
  if (mode === 'requests') canaryRequest(descriptor)
  const { chosen } = await chooseTargets(target, null, ctx)
  const [state] = chosen
  if (state === undefined) throw new ChaosError('INTERNAL', `no container of ${target} was chosen`)
  addressOf(state, ctx)
  const number = names.next(ctx)
  return {
    ...{ target, connections, mode, container: asTarget(state), port },
    flooder: helperName(ctx, 'flooder', number),
    counter: helperName(ctx, 'counter', number),
    // Each request goes the whole way that the canary's go: nothing on it is left alone.
    everything: mode === 'requests' || touchesEverything([target], descriptor),
  }
}

/** Pure. @throws CAPABILITY_MISSING for a service that declares no port. */
function healthPort(target: string, { services, file }: Descriptor): number {
  const health = services.find(({ name }) => name === target)?.health ?? null
  if (health !== null) return health.port
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `idle connections go to the health port of '${target}', and the descriptor declares none`,
    {
      hint: `Give the service ${target} a 'health' in ${file}.`,
    },
  )
}

/** Where the service takes what clients send to the entry. Pure. @throws CAPABILITY_MISSING for one that clients do not reach. */
export function requestPort(target: string, { links, entry, file }: Pick<Descriptor, 'links' | 'entry' | 'file'>): number {
  const link = links.find(({ from, upstream }) => from === 'client' && upstream.service === target)
  if (link !== undefined) return link.upstream.port
  if (entry.service === target) return entry.port
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `'${target}' is neither the entry of the stack nor behind a link from the client, so it takes no canary requests`,
    { hint: `Use "mode": "idle", or declare the link in ${file}.` },
  )
}

function canaryRequest({ requests, canary }: Descriptor): RequestSpec {
  const request = Object.hasOwn(requests, canary.request) ? requests[canary.request] : undefined
  if (request === undefined) throw new ChaosError('INTERNAL', `the descriptor has no request '${canary.request}'`)
  return request
}

/** It only reads what the kernel says of its own network namespace. */
function counterHelper({ counter, container }: ConnectionsPlan): HelperRequest {
  return { name: counter, attachTo: { container: container.id }, pid: 'own', capabilities: [], ttlMs: HELPER_TTL_MS }
}

function countArgs({ port }: ConnectionsPlan): ToolboxOperations['tcp.count']['args'] {
  return { port, side: 'server' }
}

async function flood(plan: ConnectionsPlan, flooding: Flooding, ctx: FaultContext): Promise<void> {
  const { container, port, flooder, connections, mode } = plan
  const members = await glanceAtPool(ctx)
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
  const member = memberOf(container, members)?.id ?? null
  const at = { atMs: ctx.clock.nowMs(), atWallMs: ctx.clock.wallMs() }
  ctx.hit({ containerId: container.id, name: container.name, service: plan.target, pid: state.pid, member, ...at })
  const target = { host: addressOf(state, ctx), port }
  const request = mode === 'idle' ? null : requestOf(ctx)
  const args = { id: flooder, target, count: connections, request, connectTimeoutMs: CONNECT_LIMIT_MS }
  flooding.flood = await ctx.toolbox.get(flooder).call('flood.open', args, ctx.signal)
}

function requestOf({ stack }: FaultContext): NonNullable<ToolboxOperations['flood.open']['args']['request']> {
  const { method, path, headers, body } = canaryRequest(stack.descriptor)
  return { method, path, headers: fillRecord(headers, stack.variables), body: body === null ? null : JSON.stringify(body) }
}

async function watch(plan: ConnectionsPlan, flooding: Flooding, ctx: FaultContext): Promise<ConnectionsSeen> {
  const { counting, before } = flooding
  if (counting !== null) await untilWindowEnds(`connections to ${plan.container.name} open`, ctx, counting.ended)
  let problem = counting?.problem() ?? null
  if (flooding.flood !== null && problem === null) {
    try {
      flooding.flood = await ctx.toolbox.get(plan.flooder).call('flood.read', { id: plan.flooder }, ctx.signal)
    } catch (error) {
      if (ctx.signal.aborted) throw error
      problem = `the connections could not be held: ${describeError(error, 300)}`
    }
  }
  return { spec: plan, before, counts: [...flooding.counts], flood: flooding.flood, problem }
}

function mechanismOf({ connections, mode, container, port }: ConnectionsPlan): string {
  const what = mode === 'idle' ? 'silent connections' : 'connections, each with the canary’s request,'
  return `${String(connections)} ${what} straight to ${container.name}:${String(port)} at once; no limit is changed`
}
