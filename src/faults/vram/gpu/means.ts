/**
 * Memory of a real GPU taken through its driver, by a program in a helper of its own. The helper's name is made of the GPU's
 * uuid: Docker gives a name once, so that nobody else of ours on this machine fills the same one.
 */
import { msBetween, type Mono } from '../../../core/time/moment.ts'
import * as z from 'zod'
import { ChaosError } from '../../../core/errors.ts'
import type { FaultContext, UndoContext } from '../../../kinds/context.ts'
import type { ContainerState } from '../../../ports/docker.ts'
import type { GpuFacts, VramFacts } from '../../../toolbox/operations/resources/vram.ts'
import { combinePlaces, type PlaceJudgement } from '../../shared/evidence.ts'
import { hostHelper } from '../../shared/host-helpers.ts'
import { allOrThrow } from '../../shared/all-or-throw.ts'
import { listOf } from '../../shared/plan-schema.ts'
import { startUpkeep, untilWindowEnds, type Upkeep } from '../../shared/containers/upkeep.ts'
import { gpuBefore, judgeGpuVram, mib, unreleased } from './judge.ts'
import { allowedPids, lookAtGpus, processBytes, refuseOthers } from './find.ts'
import { tellHits, type ArmedVram, type VramSpec } from '../means.ts'

const plannedGpu = gpuBefore.extend({
  name: z.string(),
  driver: z.string().nullable(),
  /** Holds the memory, and by its name the GPU. */
  helper: z.string(),
})
type PlannedGpu = Readonly<z.infer<typeof plannedGpu>>

export const gpuVramPlan = z.strictObject({
  means: z.literal('gpu'),
  target: z.string(),
  percent: z.number(),
  allowOthers: z.boolean(),
  containers: listOf(z.strictObject({ id: z.string(), name: z.string() })),
  gpus: listOf(plannedGpu),
  /** Looks at the GPUs when all is over. */
  looker: z.string(),
})
export type GpuVramPlan = Readonly<z.infer<typeof gpuVramPlan>>

/** What this process knows of one GPU beyond the plan. */
interface Filling {
  readonly gpu: PlannedGpu
  readonly baseline: VramFacts
  readonly pid: number
  readonly readings: VramFacts[]
  fill: { readonly end: 'full' | 'reached'; readonly tookMs: number } | null
  fromMs: Mono
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
export function planGpuVram(spec: VramSpec, { running, gpus, driver, looker }: GpusToFill): GpuVramPlan {
  const { target, percent, allowOthers = false } = spec
  if (!allowOthers) refuseOthers(gpus, target)
  return {
    ...{ means: 'gpu', target, percent, allowOthers, looker },
    containers: running.map(({ id, name }) => ({ id, name })),
    gpus: gpus.map((gpu) => ({
      ...{ uuid: gpu.uuid, name: gpu.name, driver, helper: holderOf(gpu.uuid) },
      ...{ totalBytes: gpu.totalBytes, freeBytes: gpu.freeBytes, processBytes: processBytes(gpu) },
    })),
  }
}

/** One name for each GPU, whoever's run it is. */
export function holderOf(uuid: string): string {
  return `chaos-gpu-${uuid.replace(/^GPU-/, '').toLowerCase()}`
}

export async function armGpuVram(plan: GpuVramPlan, armCtx: FaultContext): Promise<ArmedVram> {
  const fillings = await allOrThrow(plan.gpus.map((gpu) => open(plan, gpu, armCtx)))
  return {
    async inject(ctx) {
      await tellHits(plan.target, ctx)
      await allOrThrow(fillings.map((filling) => fillUp(plan, filling, ctx)))
    },
    async effect(ctx) {
      return combinePlaces(gpuMechanism(plan), await Promise.all(fillings.map((filling) => judge(plan, filling, ctx))))
    },
    async release() {
      for (const { upkeep } of fillings) await upkeep?.stop()
    },
    holderPid: (helper) => fillings.find(({ gpu }) => gpu.helper === helper)?.pid ?? null,
  }
}

/** Takes the lock, and has a program ready on the GPU beside the target's own. */
async function open(plan: GpuVramPlan, gpu: PlannedGpu, ctx: FaultContext): Promise<Filling> {
  const { signal } = ctx
  const { uuid, helper: name } = gpu
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
  return { gpu, baseline, pid, readings: [], fill: null, fromMs: ctx.clock.nowMs(), upkeep: null }
}

/** Takes the memory, and from then on whatever of it others give back. */
async function fillUp(plan: GpuVramPlan, filling: Filling, ctx: FaultContext): Promise<void> {
  const { clock, signal } = ctx
  const { gpu } = filling
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

async function judge(plan: GpuVramPlan, filling: Filling, ctx: FaultContext): Promise<PlaceJudgement> {
  const { gpu, upkeep } = filling
  if (upkeep !== null) await untilWindowEnds(`the memory of ${gpu.uuid} taken`, ctx, upkeep.ended)
  const problem = upkeep?.problem() ?? null
  const { measures, ...judged } = judgeGpuVram({
    ...{ ...filling, percent: plan.percent, windowMs: ctx.windowMs },
    watchedMs: msBetween(filling.fromMs, ctx.clock.nowMs()),
    problem: problem === null ? null : `it could not be kept taken: ${problem}`,
  })
  return { place: gpu.uuid, ...judged, measures: { gpu: gpu.name, driver: gpu.driver, ...measures } }
}

/** Asks the driver, through a helper that had nothing to do with the fault, what of the memory is not free again. */
export async function heldStill(plan: GpuVramPlan, armed: ArmedVram | null, ctx: UndoContext): Promise<string[]> {
  const { missing, devices } = await lookAtGpus(plan.looker, [], ctx)
  if (missing !== null) throw new ChaosError('TOOLBOX_FAILED', `whether GPU memory is free again cannot be seen: ${missing}`)
  return plan.gpus.flatMap((gpu) => {
    const now = devices.find(({ uuid }) => uuid === gpu.uuid)
    const left = unreleased(gpu, now, armed?.holderPid(gpu.helper) ?? null)
    if (now !== undefined) {
      const text = `${gpu.uuid}: ${mib(now.freeBytes)} free after the fault, ${mib(gpu.freeBytes)} before`
      ctx.log.log('info', text)
    }
    return left === null ? [] : [left]
  })
}

export function gpuMechanism({ gpus, percent }: GpuVramPlan): string {
  const uuids = gpus.map(({ uuid }) => uuid).join(', ')
  return `CUDA driver allocation on ${uuids} until ${percent} % of its memory is in use`
}
