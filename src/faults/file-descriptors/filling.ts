/** The descriptors that are left of a lowered limit, taken by connections that the target has to answer. */
import type { Clock } from '../../core/time/clock.ts'
import type { Mono } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { waitAtMost } from '../../core/time/wait.ts'
import type { Endpoint } from '../../toolbox/operations/arguments.ts'
import type { Upkeep } from '../shared/containers/upkeep.ts'
import { isExhausted, type DescriptorReading, type DescriptorsSeen, type ProbeSeen } from './judge.ts'
import { isPlanned, type FileDescriptorsPlan } from './plan.ts'

/** What this process knows of one fault beyond its plan. */
export interface Exhaustion {
  readonly address: Endpoint
  readonly before: readonly ProbeSeen[]
  lowered: DescriptorsSeen['lowered']
  readonly readings: DescriptorReading[]
  readonly probes: ProbeSeen[]
  readonly floods: string[]
  opened: number
  old: DescriptorsSeen['old']
  witnesses: number
  /** Most that were open, by a look and by the answers on what was opened right after it. */
  reached: number
  fromMs: Mono
  targetEnded: boolean
  upkeeps: readonly Upkeep[]
}

/** The inject phase is not much longer. */
const FILL_LIMIT_MS = 8_000
const FILL_EVERY_MS = 5
const OPEN_LIMIT_MS = 3_000
/** How long the target has to take what waits in its queue, so that no more is sent than it lacks. */
const TAKE_LIMIT_MS = 2_000
const TAKE_EVERY_MS = 10
/** Connections that are asked again at the end. */
const WITNESSES = 8
/** How many connections are opened in all, however often the target closes them. */
const MOST_CONNECTIONS = 20_000

/** Opens connections from before it is full, which it should go on to answer. */
export async function openWitnesses(
  { holder, page, headroom }: FileDescriptorsPlan,
  exhaustion: Exhaustion,
  ctx: FaultContext,
): Promise<void> {
  const count = Math.min(WITNESSES, headroom)
  const args = { id: holder, target: exhaustion.address, path: page.path, headers: {}, count, timeoutMs: OPEN_LIMIT_MS }
  exhaustion.witnesses = (await ctx.toolbox.get(holder).call('hold.open', args, ctx.signal)).held
}

/** Opens connections until the limit is reached, or for 8 s: then the effect tells how far it got. */
export async function fill(plan: FileDescriptorsPlan, exhaustion: Exhaustion, limit: number, ctx: FaultContext): Promise<void> {
  const { clock, signal } = ctx
  const options = { everyMs: FILL_EVERY_MS, attemptMs: FILL_LIMIT_MS, limitMs: FILL_LIMIT_MS, signal, clock }
  const step = async (inner: AbortSignal): Promise<boolean> => {
    const goesOn = await topUp(plan, exhaustion, limit, ctx, inner)
    const last = exhaustion.readings.at(-1)
    return !goesOn || (last !== undefined && isExhausted(last, limit))
  }
  const what = `${limit} open descriptors of ${plan.container.name}`
  await waitAtMost(what, step, (over) => over, options)
}

/** @returns false when the process is gone: what becomes of it is for others to judge. */
export async function topUp(
  plan: FileDescriptorsPlan,
  exhaustion: Exhaustion,
  limit: number,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<boolean> {
  const ref = { pid: plan.process.pid, containerId: plan.container.id }
  const facts = await ctx.toolbox.get(plan.helper).call('process.look', ref, signal)
  if (!isPlanned(plan, facts)) {
    exhaustion.targetEnded = true
    return false
  }
  const { descriptors } = facts
  if (descriptors === null)
    throw new ChaosError('TOOLBOX_FAILED', `the descriptors of ${plan.container.name} cannot be read any more`)
  exhaustion.readings.push({ open: descriptors.open, softLimit: descriptors.softLimit })
  const missing = limit - descriptors.open
  if (missing <= 0) return true
  // Half of what is missing at a time: a process that ends when it has none left must have been seen close to that.
  const answers = await openMore(plan, exhaustion, Math.ceil(missing / 2), ctx, signal)
  exhaustion.reached = Math.max(exhaustion.reached, descriptors.open + answers)
  return true
}

/**
 * A request on each shows that the process itself has taken it, not only the kernel.
 * @returns how many were answered.
 */
async function openMore(
  { holder, page }: FileDescriptorsPlan,
  exhaustion: Exhaustion,
  count: number,
  { toolbox, clock }: FaultContext,
  signal: AbortSignal,
): Promise<number> {
  const helper = toolbox.get(holder)
  if (exhaustion.opened + count > MOST_CONNECTIONS)
    throw new ChaosError('TOOLBOX_FAILED', `the target closed the connections again and again: ${exhaustion.opened} were opened`)
  await forgetClosed(exhaustion, helper, signal)
  const id = `${holder}-${exhaustion.opened}`
  exhaustion.opened += count
  exhaustion.floods.push(id)
  const request = { method: 'GET', path: page.path, headers: {}, body: null }
  await helper.call('flood.open', { id, target: exhaustion.address, count, request, connectTimeoutMs: OPEN_LIMIT_MS }, signal)
  return await answersOn(id, helper, clock, signal)
}

/** How many of the connections were answered: waits until all were, or ended. */
async function answersOn(id: string, helper: ToolboxHelper, clock: Clock, signal: AbortSignal): Promise<number> {
  const options = { everyMs: TAKE_EVERY_MS, attemptMs: TAKE_LIMIT_MS, limitMs: TAKE_LIMIT_MS, signal, clock }
  let answers = 0
  const read = async (inner: AbortSignal): Promise<boolean> => {
    const { inFlight, statuses } = await helper.call('flood.read', { id }, inner)
    answers = Object.values(statuses).reduce((sum, count) => sum + count, 0)
    return inFlight === 0
  }
  await waitAtMost('an answer on each connection, or its end', read, (settled) => settled, options)
  return answers
}

async function forgetClosed({ floods }: Exhaustion, helper: ToolboxHelper, signal: AbortSignal): Promise<void> {
  for (const id of [...floods]) {
    if ((await helper.call('flood.read', { id }, signal)).open > 0) continue
    await helper.call('flood.close', { id }, signal)
    floods.splice(floods.indexOf(id), 1)
  }
}
