/** What is asked of a scenario that runs while a load holds, beside what it asks itself. Pure. */
import type { HeldLoad } from '../core/held-load.ts'
import type { Expectation, Scenario } from '../core/scenario.ts'

/**
 * That the load goes on, with its figures, and that it is soon as it should be: limits of the scenario's own take their
 * place. How many requests may fail meanwhile only the scenario can say.
 */
export function underLoad(scenario: Scenario, load: HeldLoad | null, recoveryLimitMs: number): Scenario {
  if (load === null) return scenario
  const own = (phase: Expectation['phase']): boolean =>
    scenario.expect.some((clause) => clause.probe === 'load' && clause.phase === phase)
  const during: Expectation = { phase: 'during', probe: 'load', spec: {} }
  const after: Expectation = { phase: 'after', probe: 'load', spec: { kept_again_within_seconds: recoveryLimitMs / 1_000 } }
  return {
    ...scenario,
    expect: [...scenario.expect, ...[during, after].filter((clause) => !own(clause.phase))],
  }
}
