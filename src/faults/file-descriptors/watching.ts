/** What the target makes of new connections before, while and after its descriptors are used up, and how many it has meanwhile. */
import { msBetween } from '../../core/time/moment.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { Endpoint } from '../../toolbox/operations/arguments.ts'
import type { HttpProbeSample } from '../../toolbox/operations/requests/probe-http.ts'
import { problemOf, startUpkeep, untilWindowEnds, type Upkeep } from '../shared/containers/upkeep.ts'
import { orReason } from '../shared/or-reason.ts'
import { topUp, type Exhaustion } from './filling.ts'
import { PROBE_LIMIT_MS, type DescriptorsSeen, type ProbeSeen } from './judge.ts'
import type { FileDescriptorsPlan } from './plan.ts'

const TOP_UP_EVERY_MS = 100
const TOP_UP_LIMIT_MS = 8_000
const PROBE_EVERY_MS = 500
const TRY_LIMIT_MS = 2_000
const NOT_KEPT = 'it could not be kept up'
const BEFORE = { count: 3, intervalMs: 50, timeoutMs: 2_000 }

/** New connections as they fare before the fault. */
export async function probeBefore(
  { page }: FileDescriptorsPlan,
  address: Endpoint,
  holder: ToolboxHelper,
  signal: AbortSignal,
): Promise<ProbeSeen[]> {
  const { samples } = await holder.call('probe.http', { target: address, path: page.path, headers: {}, ...BEFORE }, signal)
  return samples.map((sample) => probeSeen(sample, BEFORE.timeoutMs))
}

/** A sample does not tell how long a refusal took: the call does. */
function probeSeen({ status, error, totalMs }: HttpProbeSample, callMs: number): ProbeSeen {
  return { status, error, tookMs: totalMs ?? callMs }
}

/** Goes on until the revert: what the target gives back is taken again, and new connections are tried. */
export function startUpkeeps(plan: FileDescriptorsPlan, exhaustion: Exhaustion, limit: number, ctx: FaultContext): Upkeep[] {
  const { name } = plan.container
  const options = { stepLimitMs: TOP_UP_LIMIT_MS, clock: ctx.clock }
  return [
    startUpkeep({ ...options, what: `a look at the descriptors of ${name}`, everyMs: TOP_UP_EVERY_MS }, (signal) =>
      topUp(plan, exhaustion, limit, ctx, signal),
    ),
    startUpkeep({ ...options, what: `a new connection to ${name}`, everyMs: PROBE_EVERY_MS }, (signal) =>
      probe(plan, exhaustion, ctx, signal),
    ),
  ]
}

async function probe(
  { holder, page }: FileDescriptorsPlan,
  exhaustion: Exhaustion,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<boolean> {
  if (exhaustion.targetEnded) return false
  const args = { target: exhaustion.address, path: page.path, headers: {}, count: 1, intervalMs: 0, timeoutMs: PROBE_LIMIT_MS }
  const startedMs = ctx.clock.nowMs()
  const { samples } = await ctx.toolbox.get(holder).call('probe.http', args, signal)
  const tookMs = msBetween(startedMs, ctx.clock.nowMs())
  exhaustion.probes.push(...samples.map((sample) => probeSeen(sample, tookMs)))
  return true
}

/** Watches to the end of the window, and then asks the connections from before it was full once more. */
export async function watch(plan: FileDescriptorsPlan, exhaustion: Exhaustion, ctx: FaultContext): Promise<DescriptorsSeen> {
  const { upkeeps } = exhaustion
  const over = (): boolean => problemOf(upkeeps) !== null || exhaustion.targetEnded
  if (upkeeps.length > 0) await untilWindowEnds(`the descriptors of ${plan.container.name} used up`, ctx, over)
  const watchedMs = msBetween(exhaustion.fromMs, ctx.clock.nowMs())
  let problem = problemOf(upkeeps)
  if (problem !== null) problem = `${NOT_KEPT}: ${problem}`
  if (problem === null && !exhaustion.targetEnded && exhaustion.witnesses > 0) {
    const tried = await orReason(NOT_KEPT, ctx.signal, () =>
      ctx.toolbox.get(plan.holder).call('hold.try', { id: plan.holder, timeoutMs: TRY_LIMIT_MS }, ctx.signal),
    )
    if (typeof tried === 'string') problem = tried
    else exhaustion.old = { tried: exhaustion.witnesses, answered: tried.answered }
  }
  return { ...exhaustion, windowMs: ctx.windowMs, watchedMs, problem }
}
