/** Which scenario comes when, on one stack or on several side by side. Pure. */
import type { ProfileName } from '../../core/model.ts'
import { faultWindowMs, type Scenario } from '../../kinds/scenario.ts'

/** What a scenario usually takes beside its window and what its faults say: helpers, baselines, the recovery streak, logs. */
const USUAL_OVERHEAD_MS = 1_700
/** What it usually takes to make a stack anew. */
const FRESH_STACK_MS = 10_000

export interface Schedule {
  /** For whichever stack is free, in this order. */
  readonly beside: readonly Scenario[]
  /** After all of those, one after the other, with no other scenario beside them. */
  readonly alone: readonly Scenario[]
}

/**
 * On one stack the scenarios run as they are written. On several the longest come first, so that no stack ends long after
 * the others, and those that use up the machine come when nothing else is measured.
 */
export function scheduleOf(scenarios: readonly Scenario[], stacks: number, expectedMs: (scenario: Scenario) => number): Schedule {
  if (stacks <= 1) return { beside: scenarios, alone: [] }
  const beside = scenarios.filter(({ exclusive }) => !exclusive)
  return {
    beside: beside.toSorted((one, other) => expectedMs(other) - expectedMs(one)),
    alone: scenarios.filter(({ exclusive }) => exclusive),
  }
}

/** How long a scenario usually takes, ms. `pace`: how much longer than usual this machine takes for what is no window. */
export function expectedMs(scenario: Scenario, profile: ProfileName, pace = 1): number {
  // Several share the CPUs that it takes to prepare them.
  const own = scenario.faults.reduce((sum, { usualMs }) => sum + usualMs, 0)
  const anew = scenario.freshStack ? FRESH_STACK_MS : 0
  return faultWindowMs(scenario, profile) + (own + anew + USUAL_OVERHEAD_MS) * pace
}

/** How long they take on so many stacks when each takes what is expected of it, ms. */
export function spanMs(scenarios: readonly Scenario[], stacks: number, expected: (scenario: Scenario) => number): number {
  const { beside, alone } = scheduleOf(scenarios, stacks, expected)
  const busyUntilMs = Array.from({ length: Math.max(1, stacks) }, () => 0)
  for (const scenario of beside) {
    const first = busyUntilMs.indexOf(Math.min(...busyUntilMs))
    busyUntilMs[first] = (busyUntilMs[first] ?? 0) + expected(scenario)
  }
  return Math.max(...busyUntilMs) + alone.reduce((sum, scenario) => sum + expected(scenario), 0)
}
