import type { Clock } from '../core/clock.ts'
import { ChaosError, describeError, isChaosError } from '../core/errors.ts'
import type { FileDescriptorsSpec } from '../core/faults.ts'
import type { Fault, FaultContext, ToolboxHelper } from '../core/ports.ts'
import type { Endpoint, HttpProbeSample } from '../core/toolbox.ts'
import { waitUntil } from '../core/wait.ts'
import { combineLinks } from './evidence.ts'
import { isExhausted, judgeDescriptors, PROBE_LIMIT_MS } from './file-descriptors-judgement.ts'
import type { DescriptorReading, DescriptorsSeen, ProbeSeen } from './file-descriptors-judgement.ts'
import { isLowered, isPlanned, limitHelper, lookAgain, planDescriptors, restoreLimit } from './file-descriptors-plan.ts'
import type { FileDescriptorsPlan } from './file-descriptors-plan.ts'
import { hostHelperLeftovers, stopHostHelpers } from './host-helpers.ts'
import { runningState } from './main-process.ts'
import type { NameSequence } from './names.ts'
import { addressOf, networkHelper } from './network-helpers.ts'
import { glanceAtPool, memberOf } from './pool-members.ts'
import { startUpkeep, untilWindowEnds } from './upkeep.ts'
import type { Upkeep } from './upkeep.ts'

/** What this process knows of one fault beyond its plan. */
interface Exhaustion {
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
  fromMs: number
  targetEnded: boolean
  upkeeps: readonly Upkeep[]
}

/** The inject phase is not much longer. */
const FILL_LIMIT_MS = 8_000
const FILL_EVERY_MS = 5
const TOP_UP_EVERY_MS = 100
const TOP_UP_LIMIT_MS = 8_000
const PROBE_EVERY_MS = 500
const OPEN_LIMIT_MS = 3_000
/** For the target to take what waits in its queue, so that no more is sent than it lacks. */
const TAKE_LIMIT_MS = 2_000
const TAKE_EVERY_MS = 10
const TRY_LIMIT_MS = 2_000
const BEFORE = { count: 3, intervalMs: 50, timeoutMs: 2_000 }
/** Connections that are asked again at the end. */
const WITNESSES = 8
/** So many connections in all, however often the target closes them. */
const MOST_CONNECTIONS = 20_000

/** File descriptors of a process used up: its limit lowered, and what is left held by connections. */
export function fileDescriptorsFault(names: NameSequence): Fault<FileDescriptorsSpec, FileDescriptorsPlan> {
  const exhaustions = new Map<string, Exhaustion>()
  return {
    kind: 'file_descriptors',
    plan: (spec, ctx) => planDescriptors(spec, ctx, names),
    async prepare(plan, ctx) {
      exhaustions.set(plan.helper, await prepareTarget(plan, ctx))
    },
    async inject(plan, ctx) {
      const exhaustion = exhaustions.get(plan.helper)
      if (exhaustion === undefined)
        throw new ChaosError('INTERNAL', 'descriptors were to be used up before new connections were tried')
      await useUp(plan, exhaustion, ctx)
    },
    async effect(plan, ctx) {
      const exhaustion = exhaustions.get(plan.helper)
      if (exhaustion === undefined)
        throw new ChaosError('INTERNAL', 'the effect on descriptors was asked for before its baseline was taken')
      const seen = await watch(plan, exhaustion, ctx)
      return combineLinks(mechanismOf(plan), [{ link: plan.container.name, ...judgeDescriptors(seen) }])
    },
    async revert(plan, ctx) {
      await Promise.all((exhaustions.get(plan.helper)?.upkeeps ?? []).map((upkeep) => upkeep.stop()))
      // The connections go with their helper.
      const undone = await stopHostHelpers([plan.holder, plan.helper], ctx)
      if (!undone.has(plan.helper)) await restoreLimit(plan, ctx)
    },
    async leftovers(plan, ctx) {
      const found = await hostHelperLeftovers([plan.holder, plan.helper], ctx)
      const facts = await lookAgain(plan, ctx)
      const isLeft = facts !== null && isLowered(plan, facts)
      return isLeft ? [...found, `limit of ${String(facts.descriptors?.softLimit)} descriptors of ${plan.container.name}`] : found
    },
    usualMs: () => 2_500,
    describe: (plan) => ({
      targets: [plan.container.name],
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

async function prepareTarget(plan: FileDescriptorsPlan, ctx: FaultContext): Promise<Exhaustion> {
  const { helper, holder, page, process, container } = plan
  const [, holding] = await Promise.all([
    ctx.toolbox.start(limitHelper(helper, process.user), ctx.signal),
    ctx.toolbox.start(networkHelper(holder, ctx), ctx.signal),
  ])
  const address = { host: addressOf(await runningState(container, ctx), ctx), port: page.port }
  const { samples } = await holding.call('probe.http', { target: address, path: page.path, headers: {}, ...BEFORE }, ctx.signal)
  const before = samples.map((sample) => probeSeen(sample, BEFORE.timeoutMs))
  return {
    ...{ address, before, lowered: null, readings: [], probes: [], floods: [], opened: 0 },
    ...{ old: null, witnesses: 0, reached: 0, fromMs: 0, targetEnded: false, upkeeps: [] },
  }
}

/** A sample does not tell how long a refusal took: the call does. */
function probeSeen({ status, error, totalMs }: HttpProbeSample, callMs: number): ProbeSeen {
  return { status, error, tookMs: totalMs ?? callMs }
}

async function useUp(plan: FileDescriptorsPlan, exhaustion: Exhaustion, ctx: FaultContext): Promise<void> {
  const { container, process, headroom } = plan
  const helper = ctx.toolbox.get(plan.helper)
  const members = await glanceAtPool(ctx)
  const { pid } = await runningState(container, ctx)
  if (pid !== process.pid)
    throw new ChaosError('TARGET_NOT_FOUND', `${container.name} was restarted before its limit could be lowered`)
  const { facts, previousSoft } = await helper.call('nofile.lower', { pid, containerId: container.id, headroom }, ctx.signal)
  exhaustion.lowered = { limit: facts.softLimit, previousSoft, openBefore: facts.open }
  const member = memberOf(container, members)?.id ?? null
  const at = { atMs: ctx.clock.nowMs(), atWallMs: ctx.clock.wallMs() }
  ctx.hit({ containerId: container.id, name: container.name, service: plan.target, pid, member, ...at })
  exhaustion.fromMs = at.atMs
  await openWitnesses(plan, exhaustion, Math.min(WITNESSES, headroom), ctx)
  await fill(plan, exhaustion, facts.softLimit, ctx)
  const clock = ctx.clock
  exhaustion.upkeeps = [
    startUpkeep(
      { what: `a look at the descriptors of ${container.name}`, everyMs: TOP_UP_EVERY_MS, stepLimitMs: TOP_UP_LIMIT_MS, clock },
      (signal) => topUp(plan, exhaustion, facts.softLimit, ctx, signal),
    ),
    startUpkeep(
      { what: `a new connection to ${container.name}`, everyMs: PROBE_EVERY_MS, stepLimitMs: TOP_UP_LIMIT_MS, clock },
      (signal) => probe(plan, exhaustion, ctx, signal),
    ),
  ]
}

async function openWitnesses(
  { holder, page }: FileDescriptorsPlan,
  exhaustion: Exhaustion,
  count: number,
  ctx: FaultContext,
): Promise<void> {
  const args = { id: holder, target: exhaustion.address, path: page.path, headers: {}, count, timeoutMs: OPEN_LIMIT_MS }
  exhaustion.witnesses = (await ctx.toolbox.get(holder).call('hold.open', args, ctx.signal)).held
}

/** Until the limit is reached, or the time is up: then the effect tells how far it got. */
async function fill(plan: FileDescriptorsPlan, exhaustion: Exhaustion, limit: number, ctx: FaultContext): Promise<void> {
  const { clock, signal } = ctx
  const options = { everyMs: FILL_EVERY_MS, attemptMs: FILL_LIMIT_MS, limitMs: FILL_LIMIT_MS, signal, clock }
  const step = async (inner: AbortSignal): Promise<boolean> => {
    const goesOn = await topUp(plan, exhaustion, limit, ctx, inner)
    const last = exhaustion.readings.at(-1)
    return !goesOn || (last !== undefined && isExhausted(last, limit))
  }
  try {
    await waitUntil(`${String(limit)} open descriptors of ${plan.container.name}`, step, (over) => over, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
  }
}

/** @returns false when the process is gone: what becomes of it is for others to judge. */
async function topUp(
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
    throw new ChaosError(
      'TOOLBOX_FAILED',
      `the target closed the connections again and again: ${String(exhaustion.opened)} were opened`,
    )
  await forgetClosed(exhaustion, helper, signal)
  const id = `${holder}-${String(exhaustion.opened)}`
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
  try {
    await waitUntil('an answer on each connection, or its end', read, (settled) => settled, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
  }
  return answers
}

async function forgetClosed({ floods }: Exhaustion, helper: ToolboxHelper, signal: AbortSignal): Promise<void> {
  for (const id of [...floods]) {
    if ((await helper.call('flood.read', { id }, signal)).open > 0) continue
    await helper.call('flood.close', { id }, signal)
    floods.splice(floods.indexOf(id), 1)
  }
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
  const tookMs = ctx.clock.nowMs() - startedMs
  exhaustion.probes.push(...samples.map((sample) => probeSeen(sample, tookMs)))
  return true
}

async function watch(plan: FileDescriptorsPlan, exhaustion: Exhaustion, ctx: FaultContext): Promise<DescriptorsSeen> {
  const { upkeeps, before, lowered } = exhaustion
  const over = (): boolean => upkeeps.some((upkeep) => upkeep.problem() !== null) || exhaustion.targetEnded
  if (upkeeps.length > 0) await untilWindowEnds(`the descriptors of ${plan.container.name} used up`, ctx, over)
  const watchedMs = ctx.clock.nowMs() - exhaustion.fromMs
  let problem = upkeeps.map((upkeep) => upkeep.problem()).find((text) => text !== null) ?? null
  if (problem === null && !exhaustion.targetEnded && exhaustion.witnesses > 0) {
    try {
      const tried = await ctx.toolbox.get(plan.holder).call('hold.try', { id: plan.holder, timeoutMs: TRY_LIMIT_MS }, ctx.signal)
      exhaustion.old = { tried: exhaustion.witnesses, answered: tried.answered }
    } catch (error) {
      if (ctx.signal.aborted) throw error
      problem = describeError(error, 300)
    }
  }
  const { readings, probes, old, reached, targetEnded } = exhaustion
  return {
    ...{ windowMs: ctx.windowMs, before, lowered, watchedMs, old, reached, targetEnded },
    ...{ readings: [...readings], probes: [...probes] },
    problem: problem === null ? null : `it could not be kept up: ${problem}`,
  }
}

function mechanismOf({ headroom, container, page }: FileDescriptorsPlan): string {
  const limit = `soft limit of open files of ${container.name} lowered by prlimit to its highest descriptor + ${String(headroom)}`
  return `${limit}, and what is left held by connections to its port ${String(page.port)}; its hard limit is untouched`
}
