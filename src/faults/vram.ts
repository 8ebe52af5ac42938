import { ChaosError } from '../core/errors.ts'
import type { VramSpec } from '../core/faults.ts'
import type { Fault, FaultContext } from '../core/ports.ts'
import type { NameSequence } from './names.ts'
import { simulatedVram } from './vram-simulated.ts'
import type { SimulatedVramPlan } from './vram-simulated.ts'

/** Told apart by `means`: how memory is taken decides how it is given back. */
export type VramPlan = SimulatedVramPlan

/** GPU memory of a service used up. */
export function vramFault(names: NameSequence): Fault<VramSpec, VramPlan> {
  const simulated = simulatedVram(names)
  return {
    kind: 'vram',
    async plan(spec, ctx) {
      requireSimulation(spec, ctx)
      return await simulated.plan(spec, ctx)
    },
    prepare: (plan, ctx) => simulated.prepare(plan, ctx),
    inject: (plan, ctx) => simulated.inject(plan, ctx),
    effect: (plan, ctx) => simulated.effect(plan, ctx),
    revert: (plan, ctx) => simulated.revert(plan, ctx),
    leftovers: (plan, ctx) => simulated.leftovers(plan, ctx),
    describe: (plan) => simulated.describe(plan),
  }
}

/** @throws CAPABILITY_MISSING where only a GPU would do. */
function requireSimulation({ target }: VramSpec, { stack: { descriptor } }: FaultContext): void {
  if (descriptor.vram?.service === target) return
  const why = descriptor.vram === null ? 'none' : `only those of '${descriptor.vram.service}'`
  throw new ChaosError(
    'CAPABILITY_MISSING',
    `GPU memory of '${target}' needs a GPU, or requests that hold what it declares to have, and the descriptor names ${why}`,
    { hint: `Declare vram for ${target} in ${descriptor.file}.` },
  )
}
