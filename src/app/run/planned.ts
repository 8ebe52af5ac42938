/** How long a run takes when everything takes what is usual, for the plan that is printed first. */
import { availableParallelism } from 'node:os'
import { expectedMs, spanMs } from '../../engine/lanes/schedule.ts'
import { HELD_OVERHEAD_MS } from '../../load/run/hold.ts'
import { plannedLoadMs } from '../../load/plan/planned.ts'
import { machinePace } from './machine-pace.ts'
import type { Plan } from './plan.ts'
import type { RunRequest } from './request.ts'
import { wantedStacks, type WidthFacts } from './width.ts'

/** Programs and networks; then containers and their health, of which those of one stack more at the same time take less. */
const UP_MS = 2_200
const UP_MS_PER_CONTAINER = 660
const UP_MS_PER_CONTAINER_BESIDE = 310
const DOWN_MS = 2_000

/** `cpus`: of the machine that Docker runs on; of this one where it was not asked yet. */
export function widthFacts(plan: Plan, request: RunRequest, cpus: number): WidthFacts {
  const { descriptor, scenarios, underLoad } = plan
  return {
    asked: request.stacks,
    proven: descriptor.stacks,
    cpus,
    scenarios,
    isUnderLoad: underLoad !== null,
    isKept: request.keepStack,
  }
}

/** Of all that was chosen, on so many stacks, ms. */
export function plannedRunMs(plan: Plan, request: RunRequest, stacks = guessedStacks(plan, request)): number {
  const { scenarios, patterns, underLoad } = plan
  const pace = machinePace()
  const span = spanMs(scenarios, stacks, (scenario) => expectedMs(scenario, request.profile, pace))
  const held = underLoad === null ? 0 : HELD_OVERHEAD_MS
  const containers = plan.descriptor.services.reduce((sum, { replicas }) => sum + replicas, 0)
  const upMs = UP_MS + containers * (UP_MS_PER_CONTAINER + (stacks - 1) * UP_MS_PER_CONTAINER_BESIDE)
  return (upMs + DOWN_MS) * pace + span + held + plannedLoadMs(patterns, request.profile)
}

/** Before Docker is asked. @throws BAD_INPUT. */
function guessedStacks(plan: Plan, request: RunRequest): number {
  return wantedStacks(widthFacts(plan, request, availableParallelism()))
}
