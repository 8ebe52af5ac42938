/** Helpers on the stack's network, which reach services as their clients do. */
import { ChaosError } from '../../../core/errors.ts'
import type { FaultContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import type { HelperRequest } from '../../../ports/toolbox.ts'
import { HELPER_TTL_MS } from '../names.ts'

/** No capability; its connections go with it. */
export function networkHelper(name: string, ctx: FaultContext): HelperRequest {
  return { name, attachTo: { network: ctx.stack.network }, pid: 'own', capabilities: [], ttlMs: HELPER_TTL_MS }
}

/** @throws CAPABILITY_MISSING for a container that is not on the network that helpers join. */
export function addressOf({ name, addresses }: ContainerState, ctx: FaultContext): string {
  const address = addresses[ctx.stack.network]
  if (address !== undefined) return address
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `${name} has no address on the network ${ctx.stack.network}, so it cannot be reached`,
    { hint: 'Put the service on the network of the entry service.' },
  )
}
