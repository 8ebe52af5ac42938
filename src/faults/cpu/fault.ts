import type { Wall } from '../../core/time/moment.ts'
import { availableParallelism } from 'node:os'
import * as z from 'zod'
import { ChaosError, describeError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import type { ToolboxHelper } from '../../ports/toolbox.ts'
import { withDeadline } from '../../core/time/wait.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import type { ProcessRef } from '../../toolbox/operations/arguments.ts'
import { firstEvent } from '../shared/containers/container-events.ts'
import { judgeCpu, loadText, planLoad, type BurnReading, type CpuLoad, type CpuReading, type CpuSeen } from './judge.ts'
import type { Counted } from '../shared/entry-keys.ts'
import { combinePlaces, type PlaceJudgement } from '../shared/evidence.ts'
import { helpersOf, hostHelper, hostHelperLeftovers, stopHostHelpers } from '../shared/host-helpers.ts'
import { hasEnded, runningState } from '../shared/containers/main-process.ts'
import { helperName } from '../shared/names.ts'
import { chosenContainers, helpedContainer, undoRecord } from '../shared/plan-schema.ts'
import { hitTeller, type TellHit } from '../shared/containers/hits.ts'
import { allOrThrow } from '../shared/all-or-throw.ts'
import { asTarget, chooseTargets, describeContainers } from '../shared/containers/targets.ts'
import { startUpkeep, untilWindowEnds, type Upkeep } from '../shared/containers/upkeep.ts'

const planSchema = z.strictObject({ ...chosenContainers(helpedContainer), percent: z.number() })
type CpuPlan = Readonly<z.infer<typeof planSchema>>
type CpuTarget = CpuPlan['containers'][number]

/** CPU burnt inside the target's cgroup until so much of its quota is used, percent. */
export type CpuSpec = Pick<CpuPlan, 'target' | 'percent'> & Counted

/** What this process knows of one target beyond the plan. */
interface Burning {
  readonly target: CpuTarget
  baseline: NonNullable<CpuSeen['baseline']>
  load: CpuLoad
  started: boolean
  mechanism: string
  targetEnded: boolean
  readonly readings: BurnReading[]
  upkeeps: readonly Upkeep[]
  /** Reads once more; null before anything burns. @returns false when there is nothing left to read. */
  look: ((signal: AbortSignal) => Promise<boolean>) | null
}

/**
 * At least so long, and on to the moment before anything burns: a health check alone is half of a small quota for as long as
 * this.
 */
const BASELINE_MS = 600
/** Each reading looks at all processes of the machine, whose CPU time is what is short. */
const READ_EVERY_MS = 700
const READ_LIMIT_MS = 5_000
/** In the events that are at hand already, so that it may be often. */
const WATCH_EVERY_MS = 30

/** CPU time burnt inside the cgroups of containers. */
export const cpu = defineFault({
  kind: 'cpu',
  record: undoRecord(planSchema),
  async resolve({ target, percent, count }: CpuSpec, ctx) {
    const { chosen, text } = await chooseTargets(target, count, ctx)
    return {
      ...{ target, percent, choice: text },
      containers: chosen.map((state) => ({ ...asTarget(state), helper: helperName(ctx, 'cpu') })),
    }
  },
  arm: ({ percent, containers }, ctx) => allOrThrow(containers.map((target) => prepareTarget(percent, target, ctx))),
  async inject(plan, ctx, burnings) {
    const tellHit = await hitTeller(plan.target, ctx)
    await allOrThrow(burnings.map((burning) => burn(burning, tellHit, ctx)))
  },
  async effect(plan, ctx, burnings) {
    const judged = await Promise.all(burnings.map((burning) => judge(plan, burning, ctx)))
    return combinePlaces([...new Set(burnings.map(({ mechanism }) => mechanism))].join(', '), judged, plan.choice)
  },
  async revert(plan, ctx, burnings) {
    await Promise.all((burnings ?? []).flatMap(({ upkeeps }) => upkeeps.map((upkeep) => upkeep.stop())))
    await stopHostHelpers(helpersOf(plan.containers), ctx)
  },
  leftovers: (plan, ctx) => hostHelperLeftovers(helpersOf(plan.containers), ctx),
  usualMs: () => 500,
  describe: (plan) =>
    describeContainers(plan, `CPU time burnt in the cgroup of ${plan.choice}, to ${plan.percent} % of its quota`),
})

async function prepareTarget(percent: number, target: CpuTarget, ctx: FaultContext): Promise<Burning> {
  const helper = await ctx.toolbox.start(hostHelper(target.helper, { cgroups: true }), ctx.signal)
  const ref = { pid: (await runningState(target, ctx)).pid, containerId: target.id }
  const facts = await helper.call('cgroup.read', ref, ctx.signal)
  if (facts.cpuUsageUs === null) {
    throw new ChaosError('CAPABILITY_MISSING', `the kernel counts no CPU time for ${target.name}: its CPU controller is missing`)
  }
  const first = await readCpu(helper, ref, ctx, ctx.signal)
  // A rate takes two readings; the pause between them is what is measured.
  await ctx.clock.sleep(BASELINE_MS, ctx.signal)
  const last = await readCpu(helper, ref, ctx, ctx.signal)
  const load = planLoad(percent, facts, availableParallelism())
  return {
    ...{ target, baseline: { first, last }, load, started: false, mechanism: 'nothing was started' },
    ...{ targetEnded: false, readings: [], upkeeps: [], look: null },
  }
}

async function readCpu(helper: ToolboxHelper, ref: ProcessRef, ctx: FaultContext, signal: AbortSignal): Promise<CpuReading> {
  const { cpuUsageUs, throttledPeriods } = await helper.call('cgroup.read', ref, signal)
  // Absent is not zero: a reading that lacks it would judge itself.
  return { atMs: ctx.clock.nowMs(), usageUs: cpuUsageUs ?? Number.NaN, throttledPeriods }
}

async function burn(burning: Burning, tellHit: TellHit, ctx: FaultContext): Promise<void> {
  const { target } = burning
  const helper = ctx.toolbox.get(target.helper)
  const { pid } = await runningState(target, ctx)
  const ref = { pid, containerId: target.id }
  const { workers, loadPercent } = burning.load
  burning.baseline = { first: burning.baseline.first, last: await readCpu(helper, ref, ctx, ctx.signal) }
  const { mechanism } = await helper.call('cpu.burn', { ...ref, workers, loadPercent }, ctx.signal)
  burning.started = true
  burning.mechanism = `${mechanism}: ${loadText(burning.load)}`
  const { atWallMs } = tellHit(target, pid)
  const options = { stepLimitMs: READ_LIMIT_MS, clock: ctx.clock }
  const look = (signal: AbortSignal): Promise<boolean> => keepReading(helper, ref, burning, ctx, signal)
  burning.look = look
  burning.upkeeps = [
    startUpkeep({ ...options, what: `a reading of the CPU time of ${target.name}`, everyMs: READ_EVERY_MS }, look),
    startUpkeep({ ...options, what: `the end of the burners in ${target.name}`, everyMs: WATCH_EVERY_MS }, (signal) =>
      endWithTarget(helper, target, atWallMs, ctx, signal),
    ),
  ]
}

/** @returns false when the target's process is gone, and its cgroup with it: what becomes of it is for others to judge. */
async function keepReading(
  helper: ToolboxHelper,
  ref: ProcessRef,
  burning: Burning,
  ctx: FaultContext,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { alive, cpuUs, waitedUs } = await helper.call('cpu.read', {}, signal)
    burning.readings.push({ ...(await readCpu(helper, ref, ctx, signal)), burnersAlive: alive, burnersUs: cpuUs, waitedUs })
    return true
  } catch (error) {
    if (signal.aborted || !(await hasEnded(helper, ref, signal))) throw error
    burning.targetEnded = true
    return false
  }
}

/**
 * When the main process has died the burners must not stay: the container comes back in the same cgroup, and runc may refuse
 * to start it in one that is not empty.
 * @returns false when they were ended.
 */
async function endWithTarget(
  helper: ToolboxHelper,
  { id }: CpuTarget,
  sinceWallMs: Wall,
  { containers }: FaultContext,
  signal: AbortSignal,
): Promise<boolean> {
  if (firstEvent(containers.events(sinceWallMs), { containerId: id, action: 'die', sinceWallMs }) === null) return true
  await helper.call('undo', {}, signal)
  return false
}

async function judge({ percent }: CpuPlan, burning: Burning, ctx: FaultContext): Promise<PlaceJudgement> {
  const why = await lastReading(burning, ctx)
  const problem = why === null ? null : `it could not be watched any more: ${why}`
  const load = burning.started ? burning.load : null
  return { place: burning.target.name, ...judgeCpu({ ...burning, percent, windowMs: ctx.windowMs, load, problem }) }
}

/**
 * Reads to the end of the window, and then once more: on a busy machine the last reading before may be long ago.
 * @returns why it could not be read any more; null when it was.
 */
async function lastReading({ target: { name }, upkeeps, look }: Burning, ctx: FaultContext): Promise<string | null> {
  const [reading] = upkeeps
  if (reading === undefined || look === null) return null
  await untilWindowEnds(`CPU time of ${name} burnt`, ctx, reading.ended)
  const isOver = reading.ended()
  await reading.stop()
  const problem = reading.problem()
  if (isOver || problem !== null) return problem
  try {
    await withDeadline(`the last reading of the CPU time of ${name}`, READ_LIMIT_MS, ctx.signal, look, ctx.clock)
    return null
  } catch (error) {
    return describeError(error, 200)
  }
}
