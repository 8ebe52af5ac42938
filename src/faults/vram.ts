import { ChaosError } from '../core/errors.ts'
import type { VramSpec } from '../core/faults.ts'
import type { Fault, FaultContext } from '../core/ports.ts'
import { helperName } from './names.ts'
import type { NameSequence } from './names.ts'
import { runningTargets } from './targets.ts'
import { chooseMeans } from './vram-choice.ts'
import { gpuVram, planGpuVram } from './vram-gpu.ts'
import type { GpuVramPlan } from './vram-gpu.ts'
import { findGpus } from './vram-gpus.ts'
import { simulatedVram } from './vram-simulated.ts'
import type { SimulatedVramPlan } from './vram-simulated.ts'

/** Told apart by `means`: how memory is taken decides how it is given back. */
export type VramPlan = SimulatedVramPlan | GpuVramPlan

/** GPU memory of a service used up: on its GPU, else by the requests that the descriptor names for it. */
export function vramFault(names: NameSequence): Fault<VramSpec, VramPlan> {
  const [gpu, simulated] = [gpuVram(), simulatedVram(names)]
  return {
    kind: 'vram',
    plan: (spec, ctx) => planVram(spec, ctx, simulated, helperName(ctx, 'gpus', names.next(ctx))),
    prepare: (plan, ctx) => (plan.means === 'gpu' ? gpu.prepare(plan, ctx) : simulated.prepare(plan, ctx)),
    inject: (plan, ctx) => (plan.means === 'gpu' ? gpu.inject(plan, ctx) : simulated.inject(plan, ctx)),
    effect: (plan, ctx) => (plan.means === 'gpu' ? gpu.effect(plan, ctx) : simulated.effect(plan, ctx)),
    revert: (plan, ctx) => (plan.means === 'gpu' ? gpu.revert(plan, ctx) : simulated.revert(plan, ctx)),
    leftovers: (plan, ctx) => (plan.means === 'gpu' ? gpu.leftovers(plan, ctx) : simulated.leftovers(plan, ctx)),
    usualMs: () => 4_000,
    describe: (plan) => (plan.means === 'gpu' ? gpu.describe(plan) : simulated.describe(plan)),
  }
}

/** @throws CAPABILITY_MISSING where there is neither a GPU nor a way to do without one. */
async function planVram(
  spec: VramSpec,
  ctx: FaultContext,
  simulated: ReturnType<typeof simulatedVram>,
  looker: string,
): Promise<VramPlan> {
  const { target } = spec
  const { descriptor } = ctx.stack
  const running = await runningTargets(target, ctx)
  const found = await findGpus(target, running, looker, ctx)
  if (found.noGpu === null) return planGpuVram(spec, { ...found, running, looker }, ctx)
  const choice = chooseMeans({ target, noGpu: found.noGpu, simulated: descriptor.vram?.service ?? null })
  if (choice.means === 'simulated') return await simulated.plan(spec, choice.why, ctx)
  throw new ChaosError('CAPABILITY_MISSING', choice.means === 'skipped' ? choice.why : found.noGpu, {
    hint: `Say in ${descriptor.file} that ${target} uses a GPU (gpu), or how its memory is simulated (vram).`,
  })
}
