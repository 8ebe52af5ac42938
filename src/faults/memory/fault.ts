import { later, msBetween } from '../../core/time/moment.ts'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { waitUntil } from '../../core/time/wait.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { Counted } from '../shared/entry-keys.ts'
import { combinePlaces, type PlaceJudgement } from '../shared/evidence.ts'
import { helpersOf, hostHelper, hostHelperLeftovers, stopHostHelpers } from '../shared/host-helpers.ts'
import { helperName } from '../shared/names.ts'
import { orReason } from '../shared/or-reason.ts'
import { hitTeller } from '../shared/containers/hits.ts'
import { seenInWindow } from '../shared/seen-in-window.ts'
import { downLeftovers, startAgain, staysDown } from '../shared/containers/start-again.ts'
import { asTarget, chooseTargets, describeContainers } from '../shared/containers/targets.ts'
import { awaitSettled } from '../shared/containers/uptime.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { fill, keepHeld, readMemory, type Filling } from './filling.ts'
import { judgeHold, judgeOom, type OomSeen } from './judge.ts'
import { limitsOf, memoryPlan, type MemoryPlan, type MemoryTarget } from './plan.ts'

/**
 * Memory charged to the target's cgroup until `percent` of its limit is used, and held there. With `then: 'oom'` it goes on
 * from there until the kernel kills the main process.
 */
export type MemorySpec = Pick<MemoryPlan, 'target' | 'percent' | 'then'> & Counted

const READ_EVERY_MS = 500
/** For a read, and a top-up with it, at the very end of the window. */
const READ_GRACE_MS = 8_000

/** Memory charged to the cgroup of a container, held there or driven on until the kernel kills its main process. */
export const memory = defineFault({
  kind: 'memory',
  record: undoRecord(memoryPlan),
  async resolve({ target, percent, then, count }: MemorySpec, ctx) {
    const { chosen, text } = await chooseTargets(target, count, ctx)
    return {
      ...{ target, percent, then, choice: text },
      containers: chosen.map((state) => ({ ...asTarget(state), ...limitsOf(state), helper: helperName(ctx, 'memory') })),
    }
  },
  async arm(plan, ctx) {
    const settled = plan.then === 'oom' ? awaitSettled(plan.containers, ctx) : undefined
    const prepared = Promise.all(plan.containers.map((target) => prepareTarget(target, ctx)))
    const [fillings] = await Promise.all([prepared, settled])
    return fillings
  },
  async inject(plan, ctx, fillings) {
    const tellHit = await hitTeller(plan.target, ctx)
    await Promise.all(fillings.map((filling) => fill(plan, filling, tellHit, ctx)))
  },
  async effect(plan, ctx, fillings) {
    const judge = plan.then === 'hold' ? judgeHeld : judgeKilled
    const judged = await Promise.all(fillings.map((filling) => judge(plan, filling, ctx)))
    const means = new Set(fillings.flatMap(({ mechanism }) => mechanism ?? []))
    return combinePlaces([...means, mechanismOf(plan)].join(': '), judged, plan.choice)
  },
  async revert(plan, ctx) {
    // Its memory file system goes with the helper, however it ends.
    await stopHostHelpers(helpersOf(plan.containers), ctx)
    await startAgain(idsOf(plan), staysDown, ctx)
  },
  async leftovers(plan, ctx) {
    const helpers = await hostHelperLeftovers(helpersOf(plan.containers), ctx)
    return [...helpers, ...(await downLeftovers(idsOf(plan), staysDown, ctx))]
  },
  usualMs: () => 1_500,
  describe: (plan) => ({
    ...describeContainers(plan, mechanismOf(plan)),
    risksData: plan.then === 'oom',
    endsOnce: plan.then === 'oom',
  }),
})

async function prepareTarget(target: MemoryTarget, ctx: FaultContext): Promise<Filling> {
  const request = hostHelper(target.helper, { cgroups: true, fillBytes: target.fillBytes })
  const helper = await ctx.toolbox.start(request, ctx.signal)
  const pid = (await ctx.containers.inspect(target.id, ctx.signal))?.pid ?? 0
  if (pid === 0) throw new ChaosError('TARGET_NOT_FOUND', `${target.name} stopped running before its memory could be read`)
  const baseline = await readMemory(helper, target, pid, ctx.signal)
  if (baseline !== null)
    return { target, baseline, begun: null, problem: null, readings: [], pushedWallMs: null, writersKilled: 0, mechanism: null }
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `the kernel keeps no memory limit for ${target.name}, though Docker was given one: its memory controller is missing`,
  )
}

/** Reads until the window ends, so that "held" means all of it. A death in between ends the holding, and is for others to judge. */
async function judgeHeld(plan: MemoryPlan, filling: Filling, ctx: FaultContext): Promise<PlaceJudgement> {
  const { target, begun } = filling
  if (begun !== null && filling.problem === null) {
    const { startedMs, plannedMs } = ctx.window()
    const endMs = later(startedMs, plannedMs)
    const read = async (): Promise<boolean> => {
      const running = await readOnce(plan, filling, begun.pid, ctx)
      return !running || ctx.clock.nowMs() >= later(endMs, -READ_EVERY_MS)
    }
    const limitMs = Math.max(0, msBetween(ctx.clock.nowMs(), endMs)) + READ_GRACE_MS
    const options = { everyMs: READ_EVERY_MS, attemptMs: READ_GRACE_MS, limitMs, signal: ctx.signal, clock: ctx.clock }
    await waitUntil(`the end of the window, with the memory of ${target.name} in use`, read, (over) => over, options)
  }
  return { place: target.name, ...judgeHold({ containerId: target.id, percent: plan.percent, ...filling }) }
}

/** @returns false when there is nothing more to read. What went wrong is kept for the judgement. */
async function readOnce(plan: MemoryPlan, filling: Filling, pid: number, ctx: FaultContext): Promise<boolean> {
  const reading = await orReason('the memory in use could not be read any more', ctx.signal, () =>
    keepHeld(plan, filling.target, pid, ctx),
  )
  if (typeof reading === 'string') filling.problem = reading
  else if (reading !== null) filling.readings.push(reading)
  return reading !== null && typeof reading !== 'string'
}

async function judgeKilled(plan: MemoryPlan, filling: Filling, ctx: FaultContext): Promise<PlaceJudgement> {
  const { target, begun } = filling
  const seen = await seenInWindow(
    `the kernel to kill ${target.name}`,
    async (signal): Promise<OomSeen> => ({
      containerId: target.id,
      percent: plan.percent,
      ...filling,
      events: begun === null ? [] : ctx.containers.events(begun.wallMs),
      now: await ctx.containers.inspect(target.id, signal),
    }),
    (now) => begun === null || judgeOom(now).reasons.length === 0,
    ctx,
  )
  return { place: target.name, ...judgeOom(seen) }
}

function idsOf(plan: MemoryPlan): string[] {
  return plan.containers.map(({ id }) => id)
}

function mechanismOf({ percent, then, choice, containers }: MemoryPlan): string {
  const most = Math.max(...containers.map(({ fillBytes }) => fillBytes))
  const bound = `at most ${Math.round(most / 1_048_576)} MiB each, from a memory file system of the helper's own`
  const end = then === 'hold' ? 'held there' : 'held for a second, then driven on until the kernel kills the main process'
  return `memory charged to the cgroup of ${choice} up to ${percent} % of its limit and ${end}; ${bound}`
}
