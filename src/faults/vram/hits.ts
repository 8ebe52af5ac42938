import { instantOf } from '../../core/time/clock.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { hitTeller } from '../shared/containers/hits.ts'
import { runningTargets } from '../shared/containers/targets.ts'

/** Tells of all running containers of the service that they are hit now. @throws TARGET_NOT_FOUND for none. */
export async function tellHits(service: string, ctx: FaultContext): Promise<void> {
  const [tellHit, running] = await Promise.all([hitTeller(service, ctx), runningTargets(service, ctx)])
  const at = instantOf(ctx.clock)
  for (const state of running) tellHit(state, state.pid, at)
}
