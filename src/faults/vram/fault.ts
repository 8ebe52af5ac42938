import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { FaultContext } from '../../kinds/context.ts'
import { defineFault } from '../../kinds/define-fault.ts'
import { helpersOf, hostHelperLeftovers, stopHostHelpers } from '../shared/host-helpers.ts'
import { helperName } from '../shared/names.ts'
import { runningTargets } from '../shared/containers/targets.ts'
import { undoRecord } from '../shared/plan-schema.ts'
import { whyNotSimulated } from './choice.ts'
import { findGpus } from './gpu/find.ts'
import { armGpuVram, gpuMechanism, gpuVramPlan, heldStill, planGpuVram } from './gpu/means.ts'
import { armSimulatedVram } from './simulated/means.ts'
import { resolveSimulatedVram, simulatedMechanism, simulatedVramPlan } from './simulated/plan.ts'
import type { VramSpec } from './means.ts'

/** Told apart by `means`: how memory is taken decides how it is given back. */
const vramPlan = z.discriminatedUnion('means', [gpuVramPlan, simulatedVramPlan])
type VramPlan = Readonly<z.infer<typeof vramPlan>>

/** GPU memory of a service used up: on its GPU, else by the requests that the descriptor names for it. */
export const vram = defineFault({
  kind: 'vram',
  record: undoRecord(vramPlan),
  resolve: (spec: VramSpec, ctx) => resolveVram(spec, ctx),
  arm: (plan, ctx) => (plan.means === 'gpu' ? armGpuVram(plan, ctx) : armSimulatedVram(plan, ctx)),
  inject: (_plan, ctx, armed) => armed.inject(ctx),
  effect: (_plan, ctx, armed) => armed.effect(ctx),
  async revert(plan, ctx, armed) {
    await armed?.release()
    // The memory goes with the program or the requests that hold it, and those with their helper.
    await stopHostHelpers(helpersOf(holdersOf(plan)), ctx)
  },
  async leftovers(plan, ctx, armed) {
    const helpers = await hostHelperLeftovers(helpersOf(holdersOf(plan)), ctx)
    return plan.means === 'simulated' || helpers.length > 0 ? helpers : await heldStill(plan, armed, ctx)
  },
  describe: (plan) => ({
    targets: plan.means === 'gpu' ? plan.containers.map(({ name }) => name) : plan.containers,
    services: [plan.target],
    mechanism: plan.means === 'gpu' ? gpuMechanism(plan) : simulatedMechanism(plan),
  }),
  usualMs: () => 4_600,
})

function holdersOf(plan: VramPlan): readonly { readonly helper: string }[] {
  return plan.means === 'gpu' ? plan.gpus : [plan]
}

/** @throws CAPABILITY_MISSING where there is neither a GPU nor a way to do without one. */
async function resolveVram(spec: VramSpec, ctx: FaultContext): Promise<VramPlan> {
  const { target } = spec
  const { descriptor } = ctx.stack
  const looker = helperName(ctx, 'gpus')
  const running = await runningTargets(target, ctx)
  const found = await findGpus(target, running, looker, ctx)
  if (found.noGpu === null) return planGpuVram(spec, { ...found, running, looker })
  const whyNot = whyNotSimulated(target, found.noGpu, descriptor.vram?.service ?? null)
  if (whyNot === null) return await resolveSimulatedVram(spec, found.noGpu, ctx)
  throw new ChaosError('CAPABILITY_MISSING', whyNot, {
    hint: `Say in ${descriptor.file} that ${target} uses a GPU (gpu), or how its memory is simulated (vram).`,
  })
}
