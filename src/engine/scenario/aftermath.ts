/** The look at what the fault has left behind, once the system is proven to answer again. */
import type { Mono } from '../../core/time/moment.ts'
import type { StackCanary } from '../lanes/lane.ts'
import type { EngineDeps } from '../deps.ts'
import { judgeMembers, watchMembers, type PoolSeen } from '../watch/members.ts'
import { awaitCalm } from './calm.ts'
import type { ScenarioState } from './state.ts'

type AftermathDeps = Pick<EngineDeps, 'clock' | 'stack' | 'observer'>

/**
 * Fills in the state whether all is as before.
 * @param membersBefore - The pool as it was in the steady state.
 */
export async function lookAfter(
  deps: AftermathDeps,
  state: ScenarioState,
  canary: StackCanary,
  membersBefore: Promise<PoolSeen | null>,
  untilMs: Mono,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const watched = watchMembers(deps, AbortSignal.any([signal, over.signal]))
  try {
    const { result, reason } = await awaitCalm(deps, canary.requests, { untilMs, steady: state.steady?.samples ?? [] }, signal)
    over.abort()
    const members = judgeMembers(await membersBefore, await watched)
    if (members !== null) state.expectations.push(members)
    if (state.recovery === null) return
    const relapse = reason === null ? {} : { recovered: false, afterMs: null, reason }
    state.recovery = { ...state.recovery, calm: result, ...relapse }
  } finally {
    over.abort()
  }
}
