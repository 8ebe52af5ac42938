/** What is asked of a scenario that runs while a load holds, beside what it asks itself. Pure. */
import type { Expectation } from '../../kinds/clause.ts'
import { loadClause } from './clause.ts'

/**
 * That the load goes on, with its figures, and that it is soon as it should be: limits of the scenario's own take their
 * place. How many requests may fail meanwhile only the scenario can say.
 */
export function underLoad(own: readonly Expectation[], recoveryLimitMs: number): Expectation[] {
  const during = loadClause.expect({}, 'during')
  const after = loadClause.expect({ kept_again_within_seconds: recoveryLimitMs / 1_000 }, 'after')
  return [during, after].filter(({ kind, phase }) => !own.some((clause) => clause.kind === kind && clause.phase === phase))
}
