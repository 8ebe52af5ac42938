/** Which member of the pool is made deaf, and what it takes to undo that. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { helperName } from '../shared/names.ts'
import { targetContainer } from '../shared/plan-schema.ts'
import { requirePool } from '../shared/containers/pool-members.ts'
import { asTarget, chooseTarget } from '../shared/containers/targets.ts'

export const unansweredStopPlan = z.strictObject({
  helper: z.string(),
  target: z.string(),
  signal: z.string(),
  timeoutSeconds: z.number(),
  /** `1 of 4`. */
  choice: z.string(),
  container: targetContainer,
})
export type UnansweredStopPlan = Readonly<z.infer<typeof unansweredStopPlan>>

/**
 * One member of the pool is made deaf (SIGSTOP), then the system is asked to stop it. The system's own signal is seen
 * pending; that it ends the member by force within `timeoutSeconds` is for the expectations.
 */
export type UnansweredStopSpec = Pick<UnansweredStopPlan, 'target' | 'signal' | 'timeoutSeconds'>

/** @throws CAPABILITY_MISSING for a stack whose pool cannot be asked to stop a member, TARGET_NOT_FOUND. */
export async function resolveStop(spec: UnansweredStopSpec, ctx: FaultContext): Promise<UnansweredStopPlan> {
  const { spec: pool } = requirePool(spec.target, 'a stop that is not answered', ctx)
  if (pool.stop === null) {
    throw new ChaosError('CAPABILITY_MISSING', 'a stop that is not answered needs a way to ask for the stop of a member', {
      hint: `Add pool.stop to ${ctx.stack.descriptor.file}.`,
    })
  }
  const { state, text } = await chooseTarget(spec.target, ctx)
  return {
    helper: helperName(ctx, 'deaf'),
    ...{ target: spec.target, signal: spec.signal, timeoutSeconds: spec.timeoutSeconds, choice: text },
    container: asTarget(state),
  }
}
