/**
 * Memory of a real GPU taken through its driver, by a program in a helper of its own. The helper's name is made of the GPU's
 * uuid: Docker gives a name once, so that nobody else of ours on this machine fills the same one.
 */
import { ChaosError } from '../core/errors.ts'
import type { VramSpec } from '../core/faults.ts'
import type { ContainerState, FaultContext, UndoContext } from '../core/ports.ts'
import type { GpuFacts, VramFacts } from '../core/toolbox.ts'
import { combineLinks } from './evidence.ts'
import type { LinkJudgement } from './evidence.ts'
import { hostHelper, hostHelperLeftovers, stopHostHelpers } from './host-helpers.ts'
import { touchesEverything } from './links.ts'
import { allOrThrow } from './settle.ts'
import { startUpkeep, untilWindowEnds } from './upkeep.ts'
import type { Upkeep } from './upkeep.ts'
import { judgeGpuVram, mib, unreleased } from './vram-gpu-judgement.ts'
import type { GpuBefore } from './vram-gpu-judgement.ts'
import { allowedPids, lookAtGpus, processBytes, refuseOthers } from './vram-gpus.ts'
import { tellHits } from './vram-hits.ts'

export type PlannedGpu = GpuBefore & {
  readonly name: string
  readonly driver: string | null
  /** Holds the memory, and by its name the GPU. */
  readonly helper: string
}

export type GpuVramPlan = {
  readonly means: 'gpu'
  readonly target: string
  readonly percent: number
  readonly allowOthers: boolean
  readonly containers: readonly { readonly id: string; readonly name: string }[]
  readonly gpus: readonly PlannedGpu[]
  /** Looks at the GPUs when all is over. */
  readonly looker: string
  readonly everything: boolean
}

/** What this process knows of one GPU beyond the plan. */
interface Filling {
  readonly baseline: VramFacts
  readonly pid: number
  readonly readings: VramFacts[]
  fill: { readonly end: 'full' | 'reached'; readonly tookMs: number } | null
  fromMs: number
  upkeep: Upkeep | null
}

/** The inject phase is not much longer. */
const FILL_LIMIT_MS = 8_000
const TOP_UP_LIMIT_MS = 2_000
const TOP_UP_EVERY_MS = 110

/** What `plan` has found out before it comes here. */
export interface GpusToFill {
  readonly running: readonly ContainerState[]
  readonly gpus: readonly GpuFacts[]
  readonly driver: string | null
  readonly looker: string
}

/** @throws HOST_GUARD when others compute on one of the GPUs, and the spec does not allow that. */
export function planGpuVram(spec: VramSpec, { running, gpus, driver, looker }: GpusToFill, ctx: FaultContext): GpuVramPlan {
  const { target, percent, allowOthers = false } = spec
  if (!allowOthers) refuseOthers(gpus, target)
  return {
    ...{ means: 'gpu', target, percent, allowOthers, looker },
    containers: running.map(({ id, name }) => ({ id, name })),
    gpus: gpus.map((gpu) => ({
      ...{ uuid: gpu.uuid, name: gpu.name, driver, helper: holderOf(gpu.uuid) },
      ...{ totalBytes: gpu.totalBytes, freeBytes: gpu.freeBytes, processBytes: processBytes(gpu) },
    })),
    everything: touchesEverything([target], ctx.stack.descriptor),
  }
}

/** One name for each GPU, whoever's run it is. */
export function holderOf(uuid: string): string {
  return `chaos-gpu-${uuid.replace(/^GPU-/, '').toLowerCase()}`
}

export function gpuVram() {
  const fillings = new Map<string, Filling>()
  return {
    async prepare(plan: GpuVramPlan, ctx: FaultContext): Promise<void> {
      await allOrThrow(
        plan.gpus.map(async (gpu) => {
          fillings.set(gpu.helper, await open(plan, gpu, ctx))
        }),
      )
    },
    async inject(plan: GpuVramPlan, ctx: FaultContext): Promise<void> {
      await tellHits(plan.target, ctx)
      await allOrThrow(plan.gpus.map((gpu) => fillUp(plan, gpu, fillingOf(fillings, gpu), ctx)))
    },
    async effect(plan: GpuVramPlan, ctx: FaultContext) {
      const judged = plan.gpus.map((gpu) => judge(plan, gpu, fillingOf(fillings, gpu), ctx))
      return combineLinks(mechanismOf(plan), await Promise.all(judged))
    },
    async revert(plan: GpuVramPlan, ctx: UndoContext): Promise<void> {
      for (const { helper } of plan.gpus) await fillings.get(helper)?.upkeep?.stop()
      // The memory goes with the program, and the program with its helper.
      await stopHostHelpers(helpersOf(plan), ctx)
    },
    async leftovers(plan: GpuVramPlan, ctx: UndoContext): Promise<string[]> {
      const helpers = await hostHelperLeftovers(helpersOf(plan), ctx)
      return helpers.length > 0 ? helpers : await heldStill(plan, fillings, ctx)
    },
    describe: (plan: GpuVramPlan) => ({
      targets: plan.containers.map(({ name }) => name),
      services: [plan.target],
      mechanism: mechanismOf(plan),
      canaryDelayMs: null,
      everything: plan.everything,
    }),
  }
}

/** Takes the lock, and has a program ready on the GPU beside the target's own. */
async function open(plan: GpuVramPlan, { uuid, helper: name }: PlannedGpu, ctx: FaultContext): Promise<Filling> {
  const { signal } = ctx
  const helper = await ctx.toolbox.start(hostHelper(name, { capabilities: [], gpu: uuid }), signal)
  const { missing, devices } = await helper.call('vram.look', { containers: plan.containers.map(({ id }) => id) }, signal)
  const device = devices.find((each) => each.uuid === uuid)
  if (device === undefined)
    throw new ChaosError(
      'TOOLBOX_FAILED',
      `the helper was given the GPU ${uuid} and does not see it: ${missing ?? 'it sees others'}`,
    )
  // Anyone who has come since the plan is refused by the program itself.
  const { pid, ...baseline } = await helper.call('vram.open', { gpu: uuid, allow: allowedPids(device, plan.allowOthers) }, signal)
  return { baseline, pid, readings: [], fill: null, fromMs: 0, upkeep: null }
}

/** Takes the memory, and from then on whatever of it others give back. */
async function fillUp(plan: GpuVramPlan, gpu: PlannedGpu, filling: Filling, ctx: FaultContext): Promise<void> {
  const { clock, signal } = ctx
  const helper = ctx.toolbox.get(gpu.helper)
  const { percent } = plan
  const fill = async (limitMs: number, inner: AbortSignal) =>
    await helper.call('vram.fill', { percent, bytes: null, limitMs }, inner)
  filling.fill = await fill(FILL_LIMIT_MS, signal)
  filling.fromMs = clock.nowMs()
  const what = `a look at the memory of ${gpu.uuid}`
  filling.upkeep = startUpkeep({ what, everyMs: TOP_UP_EVERY_MS, stepLimitMs: 2 * TOP_UP_LIMIT_MS, clock }, async (inner) => {
    // As it is before anything is added: what was given back shows.
    filling.readings.push(await helper.call('vram.read', {}, inner))
    await fill(TOP_UP_LIMIT_MS, inner)
    return true
  })
}

async function judge(plan: GpuVramPlan, gpu: PlannedGpu, filling: Filling, ctx: FaultContext): Promise<LinkJudgement> {
  const { upkeep, baseline, fill, readings } = filling
  if (upkeep !== null) await untilWindowEnds(`the memory of ${gpu.uuid} taken`, ctx, upkeep.ended)
  const problem = upkeep?.problem() ?? null
  const { measures, ...judged } = judgeGpuVram({
    ...{ percent: plan.percent, windowMs: ctx.windowMs, baseline, fill, readings: [...readings] },
    watchedMs: ctx.clock.nowMs() - filling.fromMs,
    problem: problem === null ? null : `it could not be kept taken: ${problem}`,
  })
  return { link: gpu.uuid, ...judged, measures: { gpu: gpu.name, driver: gpu.driver, ...measures } }
}

/** By the driver's word, through a helper that had nothing to do with the fault. */
async function heldStill(plan: GpuVramPlan, fillings: ReadonlyMap<string, Filling>, ctx: UndoContext): Promise<string[]> {
  const { missing, devices } = await lookAtGpus(plan.looker, [], ctx)
  if (missing !== null) throw new ChaosError('TOOLBOX_FAILED', `whether GPU memory is free again cannot be seen: ${missing}`)
  return plan.gpus.flatMap((gpu) => {
    const now = devices.find(({ uuid }) => uuid === gpu.uuid)
    const left = unreleased(gpu, now, fillings.get(gpu.helper)?.pid ?? null)
    if (now !== undefined) {
      const text = `${gpu.uuid}: ${mib(now.freeBytes)} free after the fault, ${mib(gpu.freeBytes)} before`
      ctx.log.log('info', text)
    }
    return left === null ? [] : [left]
  })
}

function fillingOf(fillings: ReadonlyMap<string, Filling>, { uuid, helper }: PlannedGpu): Filling {
  const filling = fillings.get(helper)
  if (filling === undefined) throw new ChaosError('INTERNAL', `memory of ${uuid} was asked for before its baseline was taken`)
  return filling
}

function helpersOf({ gpus }: GpuVramPlan): string[] {
  return gpus.map(({ helper }) => helper)
}

function mechanismOf({ gpus, percent }: GpuVramPlan): string {
  const uuids = gpus.map(({ uuid }) => uuid).join(', ')
  return `CUDA driver allocation on ${uuids} until ${String(percent)} % of its memory is in use`
}
