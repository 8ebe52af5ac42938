import { ChaosError } from '../core/errors.ts'
import type { MemorySpec } from '../core/faults.ts'
import type { ContainerState, FaultContext } from '../core/ports.ts'
import { touchesEverything } from './links.ts'
import { helperName } from './names.ts'
import type { NameSequence } from './names.ts'
import { asTarget, chooseTargets } from './targets.ts'
import type { TargetContainer } from './targets.ts'

export type MemoryTarget = TargetContainer & {
  readonly helper: string
  readonly limitBytes: number
  /** The most that is ever filled: what the container itself may use, swap included. */
  readonly fillBytes: number
}

export type MemoryPlan = {
  readonly target: string
  readonly percent: number
  readonly then: MemorySpec['then']
  readonly choice: string
  readonly containers: readonly MemoryTarget[]
  readonly everything: boolean
}

/** @throws TARGET_NOT_FOUND; CAPABILITY_MISSING for a container without a memory limit. */
export async function planMemory(spec: MemorySpec, ctx: FaultContext, names: NameSequence): Promise<MemoryPlan> {
  const { target, percent, then, count } = spec
  const { chosen, text } = await chooseTargets(target, count, ctx)
  return {
    ...{ target, percent, then, choice: text },
    containers: chosen.map((state) => ({
      ...asTarget(state),
      ...limitsOf(state),
      helper: helperName(ctx, 'memory', names.next(ctx)),
    })),
    everything: touchesEverything([target], ctx.stack.descriptor),
  }
}

/**
 * How much may be filled: the limit, and the swap that the container may use besides, as the kernel kills only when both are
 * used up. Where the daemon knows no limit of the swap, none of it is counted on.
 */
export function limitsOf({
  name,
  service,
  memoryLimitBytes,
  memorySwapLimitBytes,
}: Pick<ContainerState, 'name' | 'service' | 'memoryLimitBytes' | 'memorySwapLimitBytes'>): {
  limitBytes: number
  fillBytes: number
} {
  const limitBytes = memoryLimitBytes ?? null
  if (limitBytes === null) {
    throw new ChaosError(
      'CAPABILITY_MISSING',
      `the container ${name} has no memory limit: filling it would use up the memory of the machine`,
      { hint: `Give the service ${service} a mem_limit, and a memswap_limit of the same size.` },
    )
  }
  return { limitBytes, fillBytes: Math.max(limitBytes, memorySwapLimitBytes ?? limitBytes) }
}
