/** Which container the connections go to, and where to. */
import * as z from 'zod'
import { canaryRequests, type Descriptor } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import { httpOf, type HttpRequest } from '../../core/request.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { helperName } from '../shared/names.ts'
import { addressOf } from '../shared/links/network-helpers.ts'
import { targetContainer } from '../shared/plan-schema.ts'
import { asTarget, chooseTarget } from '../shared/containers/targets.ts'
import { CONNECTION_MODES } from './judge.ts'

export const connectionsPlan = z.strictObject({
  target: z.string(),
  connections: z.number(),
  mode: z.enum(CONNECTION_MODES),
  container: targetContainer,
  port: z.number(),
  /** On the stack's network: opens and holds them. */
  flooder: z.string(),
  /** In the target's network: counts them. */
  counter: z.string(),
})
export type ConnectionsPlan = Readonly<z.infer<typeof connectionsPlan>>

/** One container of the target is sent `connections` at once; its limits are untouched. */
export type ConnectionsSpec = Pick<ConnectionsPlan, 'target' | 'connections' | 'mode'>

/** @throws CAPABILITY_MISSING for a canary of another protocol than HTTP, and for a service without a port that connections of this mode go to. */
export async function resolveConnections(spec: ConnectionsSpec, ctx: FaultContext): Promise<ConnectionsPlan> {
  const { target, connections, mode } = spec
  const { descriptor } = ctx.stack
  const port = mode === 'idle' ? healthPort(target, descriptor) : requestPort(target, descriptor)
  if (mode === 'requests') floodRequest(descriptor)
  const { state } = await chooseTarget(target, ctx)
  addressOf(state, ctx)
  return {
    ...{ target, connections, mode, container: asTarget(state), port },
    flooder: helperName(ctx, 'flooder'),
    counter: helperName(ctx, 'counter'),
  }
}

/** Pure. @throws CAPABILITY_MISSING for a service that declares no port. */
function healthPort(target: string, { services, file }: Descriptor): number {
  const health = services.find(({ name }) => name === target)?.health ?? null
  if (health !== null) return health.port
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `idle connections go to the health port of '${target}', and the descriptor declares none`,
    { hint: `Give the service ${target} a 'health' in ${file}.` },
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

/** The first of the canary's. */
export function floodRequest(descriptor: Descriptor): HttpRequest {
  const [{ name, request }] = canaryRequests(descriptor)
  return httpOf(name, request, 'a flood of connections with the canary’s request')
}
