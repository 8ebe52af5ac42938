/** The curve of a load that holds beside scenarios: up to what the pattern holds within its gate, and there it stays. Pure. */
import { ChaosError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { k6Duration } from './k6-duration.ts'
import { isOpen, numberOf, perSecond, scenariosOf, type K6Scenario } from './k6-scenarios.ts'
import type { ScaledLoad } from './scale.ts'
import { holdsOf, planOf } from './stages.ts'

export const RAMP_MS = 5_000
/** Beside the users that k6 keeps ready: see reserveOf. */
const KEPT = new Set(['gracefulStop', 'exec', 'env', 'tags', 'options', 'timeUnit', 'maxVUs'])

/**
 * `options`: the script's, those of the profile over them. `gateTarget` as in ScaledLoad.
 * @throws ChaosError BAD_INPUT for a pattern of several k6 scenarios, or one that ends by its iterations.
 */
export function heldCurve(options: JsonObject, gateTarget: number | null, holdMs: number): Pick<ScaledLoad, 'options' | 'plan'> {
  const [scenario, another] = scenariosOf(options)
  if (scenario === undefined || another !== undefined)
    throw new ChaosError('BAD_INPUT', 'a load that holds under faults needs a pattern of exactly one k6 scenario')
  const { name, executor, raw } = scenario
  if (executor.endsWith('-iterations'))
    throw new ChaosError('BAD_INPUT', `a load that holds under faults needs users or a rate, and ${name} is ${executor}`)
  const target = targetOf(scenario, gateTarget)
  const kept = Object.fromEntries(Object.entries(raw).filter(([key]) => KEPT.has(key)))
  const stages = (of: number): JsonObject[] => [
    { duration: k6Duration(RAMP_MS), target: of },
    { duration: k6Duration(holdMs), target: of },
  ]
  const isRate = isOpen(executor)
  const own = isRate
    ? { executor: 'ramping-arrival-rate', startRate: 0, ...reserveOf(raw), stages: stages(Math.round(target / perSecond(raw))) }
    : { executor: 'ramping-vus', startVUs: 0, stages: stages(Math.round(target)) }
  const plan = planOf(
    [
      { durationMs: RAMP_MS, target: Math.round(target) },
      { durationMs: holdMs, target: Math.round(target) },
    ],
    isRate ? 'iterations/s' : 'users',
  )
  return { options: { scenarios: { [name]: { ...kept, ...own } } }, plan }
}

/** The highest hold within the gate; of a curve without one its peak, or the gate itself. */
function targetOf({ stages }: K6Scenario, gateTarget: number | null): number {
  const gate = gateTarget ?? Infinity
  const within = holdsOf(stages).filter(({ target }) => target <= gate)
  const peak = stages.reduce((highest, { target }) => Math.max(highest, target), 0)
  const target = within.length > 0 ? Math.max(...within.map((hold) => hold.target)) : Math.min(peak, gate)
  if (target > 0) return target
  throw new ChaosError('BAD_INPUT', 'a load that holds under faults needs users, and this pattern has none')
}

/** k6 demands to know how many users it keeps ready for a rate: those of the pattern. */
function reserveOf(raw: JsonObject): JsonObject {
  return { preAllocatedVUs: Math.max(1, numberOf(raw, 'preAllocatedVUs', 1)) }
}
