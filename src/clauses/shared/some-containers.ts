import type { ClauseContext } from '../../kinds/context.ts'
import type { ContainerGlance } from '../../ports/docker.ts'
import { ChaosError } from '../../core/errors.ts'

/** `purpose`: as in "to look at". @throws TARGET_NOT_FOUND when the service has no container. */
export function someContainers<T>(service: string, containers: readonly T[], purpose: string): readonly T[] {
  if (containers.length > 0) return containers
  throw new ChaosError('TARGET_NOT_FOUND', `the stack has no container of the service '${service}' ${purpose}`)
}

/** Those of a service as they are now, by one question to the daemon. @throws as `someContainers`. */
export async function glanceAt(service: string, purpose: string, ctx: ClauseContext): Promise<readonly ContainerGlance[]> {
  const all = await ctx.containers.glance(ctx.signal)
  return someContainers(
    service,
    all.filter((container) => container.service === service),
    purpose,
  )
}
