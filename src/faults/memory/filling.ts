/** Using up the memory of one container, step by step. */
import { instantOf } from '../../core/time/clock.ts'
import { later, type Wall } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import type { ArgumentsOf, ReplyOf } from '../../toolbox/operations/registry.ts'
import type { CgroupFacts } from '../../toolbox/operations/resources/cgroup.ts'
import { firstEvent } from '../shared/containers/container-events.ts'
import type { TellHit } from '../shared/containers/hits.ts'
import { hasEnded } from '../shared/containers/main-process.ts'
import { isHeld, type MemoryReading, type MemorySeen } from './judge.ts'
import type { MemoryPlan, MemoryTarget } from './plan.ts'

/** What this process knows of one target beyond the plan. */
export interface Filling {
  readonly target: MemoryTarget
  readonly baseline: MemoryReading
  begun: MemorySeen['begun']
  problem: string | null
  readonly readings: MemoryReading[]
  pushedWallMs: Wall | null
  writersKilled: number
  /** How the kernel was made to charge it; null as long as nothing was filled. */
  mechanism: string | null
}

const FILL_LIMIT_MS = 4_000
/** How long it is held before it is driven on. */
const HOLD_MS = 1_000
/** All steps together, within the inject phase. */
const PUSH_LIMIT_MS = 4_000
const STEP_LIMIT_MS = 1_000
const STEPS = 20
const SMALLEST_STEP_BYTES = 1_048_576
const PAGE_BYTES = 4_096
/** Between two steps, so that a death which Docker tells of a moment later is not pushed on. */
const STEP_PAUSE_MS = 50

/** null where the cgroup has no limit. */
export function readingOf({ memoryUsageBytes, memoryLimitBytes }: CgroupFacts): MemoryReading | null {
  return memoryUsageBytes === null || memoryLimitBytes === null
    ? null
    : { usageBytes: memoryUsageBytes, limitBytes: memoryLimitBytes }
}

export async function readMemory(
  helper: ToolboxHelper,
  { id }: MemoryTarget,
  pid: number,
  signal: AbortSignal,
): Promise<MemoryReading | null> {
  return readingOf(await helper.call('cgroup.read', { pid, containerId: id }, signal))
}

/** Fills, and with `then: 'oom'` drives it on. What goes wrong on the way is kept for the effect to tell. */
export async function fill(plan: MemoryPlan, filling: Filling, tellHit: TellHit, ctx: FaultContext): Promise<void> {
  const { target } = filling
  const pid = (await ctx.containers.inspect(target.id, ctx.signal))?.pid ?? 0
  if (pid === 0) {
    filling.problem = 'it was not running when its memory was to be used up'
    return
  }
  const begin = instantOf(ctx.clock)
  try {
    filling.begun = { wallMs: begin.atWallMs, pid }
    await fillTo(plan, filling, pid, ctx)
    if (plan.then === 'hold' || hasDied(filling, ctx)) {
      tellHit(target, pid, begin)
      return
    }
    if (plan.percent < 100) await ctx.clock.sleep(HOLD_MS, ctx.signal)
    const push = instantOf(ctx.clock)
    filling.pushedWallMs = push.atWallMs
    tellHit(target, pid, push)
    await pushOn(filling, pid, ctx)
  } catch (error) {
    if (ctx.signal.aborted) throw error
    // With the process its cgroup is gone: that is the end that was wanted, and the events will tell of it.
    if (!(await isGone(target, pid, ctx))) filling.problem = describeError(error, 300)
    else if (filling.pushedWallMs === null) tellHit(target, pid, begin)
  }
}

async function fillTo(plan: MemoryPlan, filling: Filling, pid: number, ctx: FaultContext): Promise<void> {
  const { target } = filling
  await fillMore(filling, { pid, percent: plan.percent, bytes: null, limitMs: FILL_LIMIT_MS }, ctx)
  const reading = await readMemory(ctx.toolbox.get(target.helper), target, pid, ctx.signal)
  if (reading !== null) filling.readings.push(reading)
}

/** Ends when the container has died, when all that may be filled is, or after the limit. */
async function pushOn(filling: Filling, pid: number, ctx: FaultContext): Promise<void> {
  const bytes = stepBytes(filling.target.limitBytes)
  const untilMs = later(ctx.clock.nowMs(), PUSH_LIMIT_MS)
  while (ctx.clock.nowMs() < untilMs && !hasDied(filling, ctx)) {
    const end = await fillMore(filling, { pid, percent: null, bytes, limitMs: STEP_LIMIT_MS }, ctx)
    if (end === 'full') return
    await ctx.clock.sleep(STEP_PAUSE_MS, ctx.signal)
  }
}

/** @returns how it ended. */
async function fillMore(
  filling: Filling,
  args: Omit<ArgumentsOf<'memory.fill'>, 'containerId'>,
  ctx: FaultContext,
): Promise<ReplyOf<'memory.fill'>['end']> {
  const { id, helper } = filling.target
  const { end, mechanism } = await ctx.toolbox.get(helper).call('memory.fill', { ...args, containerId: id }, ctx.signal)
  filling.mechanism = mechanism
  if (end === 'killed') filling.writersKilled += 1
  return end
}

/** A share of the limit, in whole pages. */
export function stepBytes(limitBytes: number): number {
  const share = Math.max(SMALLEST_STEP_BYTES, limitBytes / STEPS)
  return Math.ceil(share / PAGE_BYTES) * PAGE_BYTES
}

/** Tops up what the target itself has given back, and reads. null when its process is not there any more. */
export async function keepHeld(
  plan: MemoryPlan,
  target: MemoryTarget,
  pid: number,
  ctx: FaultContext,
): Promise<MemoryReading | null> {
  const helper = ctx.toolbox.get(target.helper)
  try {
    const reading = await readMemory(helper, target, pid, ctx.signal)
    if (reading === null || isHeld(reading, plan.percent)) return reading
    const args = { pid, containerId: target.id, percent: plan.percent, bytes: null, limitMs: FILL_LIMIT_MS }
    await helper.call('memory.fill', args, ctx.signal)
    return await readMemory(helper, target, pid, ctx.signal)
  } catch (error) {
    if (ctx.signal.aborted || !(await isGone(target, pid, ctx))) throw error
    return null
  }
}

function hasDied({ target: { id }, begun }: Filling, ctx: FaultContext): boolean {
  if (begun === null) return false
  const query = { containerId: id, action: 'die', sinceWallMs: begun.wallMs }
  return firstEvent(ctx.containers.events(begun.wallMs), query) !== null
}

/**
 * Docker notices the end of a process a moment after the kernel, and in that moment its cgroup is gone already. A helper that
 * cannot tell does not say so.
 */
export async function isGone(
  { id, helper }: Pick<MemoryTarget, 'id' | 'helper'>,
  pid: number,
  { containers, toolbox, signal }: Pick<FaultContext, 'containers' | 'toolbox' | 'signal'>,
): Promise<boolean> {
  if ((await containers.inspect(id, signal))?.pid !== pid) return true
  try {
    return await hasEnded(toolbox.get(helper), { pid, containerId: id }, signal)
  } catch (error) {
    if (signal.aborted) throw error
    return false
  }
}
