import { instantOf } from '../../core/time/clock.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { glanceAtPool, memberOf } from '../shared/containers/pool-members.ts'
import { runningTargets } from '../shared/containers/targets.ts'

/** Tells of all running containers of the service that they are hit now. @throws TARGET_NOT_FOUND for none. */
export async function tellHits(service: string, ctx: FaultContext): Promise<void> {
  const [members, running] = await Promise.all([glanceAtPool(ctx), runningTargets(service, ctx)])
  const at = instantOf(ctx.clock)
  for (const state of running) {
    const { id, name, pid } = state
    ctx.hit({ containerId: id, name, service, pid, member: memberOf(state, members)?.id ?? null, ...at })
  }
}
