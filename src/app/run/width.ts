/** How many stacks run side by side. Pure. */
import { ChaosError } from '../../core/errors.ts'
import type { Scenario } from '../../kinds/scenario.ts'

export interface WidthFacts {
  /** What the user asked for; null leaves it to us. */
  readonly asked: number | null
  /** For how many the descriptor says that they were seen to be well, on a machine with as many CPUs. */
  readonly proven: number
  readonly cpus: number
  readonly scenarios: readonly Scenario[]
  /** A load holds meanwhile: it is on one stack, and has the machine to itself but for that. */
  readonly isUnderLoad: boolean
  /** Somebody wants to look at the stack afterwards. */
  readonly isKept: boolean
}

/** Bringing up one more stack for fewer scenarios than this takes longer than it saves. */
const LEAST_SCENARIOS_PER_STACK = 2

/** The most that is of use, before it is known whether the stack can run twice on this machine. @throws BAD_INPUT. */
export function wantedStacks({ asked, proven, cpus, scenarios, isUnderLoad, isKept }: WidthFacts): number {
  const beside = scenarios.filter(({ exclusive }) => !exclusive).length
  if (asked !== null) {
    if (isUnderLoad && asked > 1)
      throw new ChaosError('BAD_INPUT', `a load cannot hold on ${asked} stacks at once`, { hint: 'Leave --stacks out.' })
    return Math.max(1, Math.min(asked, beside))
  }
  if (isUnderLoad || isKept) return 1
  return Math.max(1, Math.min(proven, cpus, Math.floor(beside / LEAST_SCENARIOS_PER_STACK)))
}

/**
 * The same when it is known what keeps two of them apart. @returns how many, and why fewer than wanted.
 * @throws BAD_INPUT when somebody has asked for more than can be.
 */
export function possibleStacks(
  wanted: number,
  asked: number | null,
  whyAlone: readonly string[],
): { readonly count: number; readonly why: string | null } {
  if (wanted === 1 || whyAlone.length === 0) return { count: wanted, why: null }
  const reasons = whyAlone.join('; ')
  if (asked !== null)
    throw new ChaosError('BAD_INPUT', `the stack cannot run ${wanted} times on one machine: ${reasons}`, {
      hint: 'Publish ports as 127.0.0.1::PORT, so that Docker chooses them, or leave --stacks out.',
    })
  return { count: 1, why: `one stack at a time: ${reasons}` }
}
