/** What both means of taking GPU memory have in common: what they are asked for, and what they are once armed. */
import { instantOf } from '../../core/time/clock.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ArmedFault } from '../../kinds/fault.ts'
import { hitTeller } from '../shared/containers/hits.ts'
import { runningTargets } from '../shared/containers/targets.ts'
import type { GpuVramPlan } from './gpu/means.ts'

/** So much of the GPU memory of the target in use, percent. */
export interface VramSpec extends Pick<GpuVramPlan, 'target' | 'percent'> {
  /** Also on a GPU where processes compute that are not the target's. */
  readonly allowOthers?: boolean
}

export interface ArmedVram extends ArmedFault {
  /** Ends what keeps the memory taken from this process; what holds it goes with its helper. */
  release(): Promise<void>
  /** Pid, in the host's namespace, of our own program on the GPU that this helper was given; null where there is none. */
  holderPid(helper: string): number | null
}

/** Tells of all running containers of the service that they are hit now. @throws TARGET_NOT_FOUND for none. */
export async function tellHits(service: string, ctx: FaultContext): Promise<void> {
  const [tellHit, running] = await Promise.all([hitTeller(service, ctx), runningTargets(service, ctx)])
  const at = instantOf(ctx.clock)
  for (const state of running) tellHit(state, state.pid, at)
}
