/** What a memory fault keeps for its undo, and how much it may fill. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import type { ContainerState } from '../../ports/docker.ts'
import { chosenContainers, helpedContainer } from '../shared/plan-schema.ts'

/** `hold`: kept there. `oom`: driven on from there until the kernel kills the main process. */
export const MEMORY_ENDS = ['hold', 'oom'] as const

const memoryTarget = helpedContainer.extend({
  limitBytes: z.number(),
  /** The most that is ever filled: what the container itself may use, swap included. */
  fillBytes: z.number(),
})
export type MemoryTarget = Readonly<z.infer<typeof memoryTarget>>

export const memoryPlan = z.strictObject({
  ...chosenContainers(memoryTarget),
  percent: z.number(),
  then: z.enum(MEMORY_ENDS),
})
export type MemoryPlan = Readonly<z.infer<typeof memoryPlan>>

/**
 * How much may be filled: the limit, and the swap that the container may use besides, as the kernel kills only when both are
 * used up. Where the daemon knows no limit of the swap, none of it is counted on. Pure.
 * @throws CAPABILITY_MISSING for a container without a memory limit.
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
