import { ChaosError, describeError } from '../core/errors.ts'
import type { MemorySpec } from '../core/faults.ts'
import type { Fault, FaultContext } from '../core/ports.ts'
import { waitUntil } from '../core/wait.ts'
import { combineLinks } from './evidence.ts'
import type { LinkJudgement } from './evidence.ts'
import { hostHelper, hostHelperLeftovers, stopHostHelpers } from './host-helpers.ts'
import { fill, keepHeld, newFilling, readMemory } from './memory-filling.ts'
import type { Filling } from './memory-filling.ts'
import { judgeHold, judgeOom } from './memory-judgement.ts'
import type { OomSeen } from './memory-judgement.ts'
import { planMemory } from './memory-plan.ts'
import type { MemoryPlan, MemoryTarget } from './memory-plan.ts'
import type { NameSequence } from './names.ts'
import { glanceAtPool, memberOf } from './pool-members.ts'
import { seenInWindow } from './seen-in-window.ts'
import { downLeftovers, startAgain, staysDown } from './start-again.ts'
import { awaitSettled } from './uptime.ts'

const READ_EVERY_MS = 500
/** For a read, and a top-up with it, at the very end of the window. */
const READ_GRACE_MS = 8_000

/** Memory charged to the cgroup of a container, held there or driven on until the kernel kills its main process. */
export function memoryFault(names: NameSequence): Fault<MemorySpec, MemoryPlan> {
  /** By helper, of which each target has one. */
  const fillings = new Map<string, Filling>()
  return {
    kind: 'memory',
    plan: (spec, ctx) => planMemory(spec, ctx, names),
    async prepare(plan, ctx) {
      const settled = plan.then === 'oom' ? awaitSettled(plan.containers, ctx) : undefined
      const prepared = plan.containers.map(async (target) => {
        fillings.set(target.helper, newFilling(await prepareTarget(target, ctx)))
      })
      await Promise.all([settled, ...prepared])
    },
    async inject(plan, ctx) {
      const members = await glanceAtPool(ctx)
      await Promise.all(
        plan.containers.map(async (target) => {
          const filling = fillings.get(target.helper)
          if (filling === undefined) throw new ChaosError('INTERNAL', 'memory was to be used up before its baseline was taken')
          await fill(plan, target, memberOf(target, members)?.id ?? null, filling, ctx)
        }),
      )
    },
    async effect(plan, ctx) {
      const judge = plan.then === 'hold' ? judgeHeld : judgeKilled
      const judged = await Promise.all(
        plan.containers.map((target) => judge(plan, target, fillings.get(target.helper) ?? newFilling(null), ctx)),
      )
      const means = new Set(plan.containers.flatMap(({ helper }) => fillings.get(helper)?.mechanism ?? []))
      const evidence = combineLinks([...means, mechanismOf(plan)].join(': '), judged)
      return { ...evidence, summary: `${plan.choice}: ${evidence.summary}` }
    },
    async revert(plan, ctx) {
      // Its memory file system goes with the helper, however it ends.
      await stopHostHelpers(helpersOf(plan), ctx)
      await startAgain(idsOf(plan), staysDown, ctx)
    },
    async leftovers(plan, ctx) {
      const helpers = await hostHelperLeftovers(helpersOf(plan), ctx)
      return [...helpers, ...(await downLeftovers(idsOf(plan), staysDown, ctx))]
    },
    usualMs: () => 1_500,
    describe: (plan) => ({
      targets: plan.containers.map(({ name }) => name),
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

async function prepareTarget(target: MemoryTarget, ctx: FaultContext): Promise<Filling['baseline']> {
  const request = hostHelper(target.helper, { cgroups: true, fillBytes: target.fillBytes })
  const helper = await ctx.toolbox.start(request, ctx.signal)
  const pid = (await ctx.containers.inspect(target.id, ctx.signal))?.pid ?? 0
  if (pid === 0) throw new ChaosError('TARGET_NOT_FOUND', `${target.name} stopped running before its memory could be read`)
  const baseline = await readMemory(helper, target, pid, ctx.signal)
  if (baseline !== null) return baseline
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `the kernel keeps no memory limit for ${target.name}, though Docker was given one: its memory controller is missing`,
  )
}

/** Reads until the window ends, so that "held" means all of it. A death in between ends the holding, and is for others to judge. */
async function judgeHeld(plan: MemoryPlan, target: MemoryTarget, filling: Filling, ctx: FaultContext): Promise<LinkJudgement> {
  const { begun } = filling
  if (begun !== null && filling.problem === null) {
    const { startedMs, plannedMs } = ctx.window()
    const endMs = startedMs + plannedMs
    const read = async (): Promise<boolean> => {
      const running = await readOnce(plan, target, begun.pid, filling, ctx)
      return !running || ctx.clock.nowMs() >= endMs - READ_EVERY_MS
    }
    const limitMs = Math.max(0, endMs - ctx.clock.nowMs()) + READ_GRACE_MS
    const options = { everyMs: READ_EVERY_MS, attemptMs: READ_GRACE_MS, limitMs, signal: ctx.signal, clock: ctx.clock }
    await waitUntil(`the end of the window, with the memory of ${target.name} in use`, read, (over) => over, options)
  }
  return { link: target.name, ...judgeHold({ containerId: target.id, percent: plan.percent, ...filling }) }
}

/** @returns false when there is nothing more to read. What went wrong is kept for the judgement. */
async function readOnce(
  plan: MemoryPlan,
  target: MemoryTarget,
  pid: number,
  filling: Filling,
  ctx: FaultContext,
): Promise<boolean> {
  try {
    const reading = await keepHeld(plan, target, pid, ctx)
    if (reading !== null) filling.readings.push(reading)
    return reading !== null
  } catch (error) {
    if (ctx.signal.aborted) throw error
    filling.problem = `the memory in use could not be read any more: ${describeError(error, 300)}`
    return false
  }
}

async function judgeKilled(plan: MemoryPlan, target: MemoryTarget, filling: Filling, ctx: FaultContext): Promise<LinkJudgement> {
  const { begun } = filling
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
  return { link: target.name, ...judgeOom(seen) }
}

function helpersOf(plan: MemoryPlan): string[] {
  return plan.containers.map(({ helper }) => helper)
}

function idsOf(plan: MemoryPlan): string[] {
  return plan.containers.map(({ id }) => id)
}

function mechanismOf({ percent, then, choice, containers }: MemoryPlan): string {
  const most = Math.max(...containers.map(({ fillBytes }) => fillBytes))
  const bound = `at most ${String(Math.round(most / 1_048_576))} MiB each, from a memory file system of the helper's own`
  const end = then === 'hold' ? 'held there' : 'held for a second, then driven on until the kernel kills the main process'
  return `memory charged to the cgroup of ${choice} up to ${String(percent)} % of its limit and ${end}; ${bound}`
}
