/** Whether a result shows a defect: the scenario failed, and for what the defect breaks. Pure. */
import type { RunResult } from '../src/core/result/run.ts'

export interface Clause {
  /** How the text of the clause, or of the limit, begins. */
  readonly text: string
  /** A part of what is observed. */
  readonly observed?: string | undefined
}

/** Why it does not show it, in one line; null when it does. A scenario that is red for something else has not found it. */
export function whyNotFound(
  { scenarios, load }: Pick<RunResult, 'scenarios' | 'load'>,
  id: string,
  clause: Clause,
): string | null {
  const scenario = scenarios.find((one) => one.id === id)
  const pattern = load.find((one) => one.id === id)
  const judged = scenario ?? pattern
  if (judged === undefined) return `${id} was not run`
  const seen = `${id} ${judged.verdict}: ${judged.reasons.join('; ').slice(0, 1_000) || 'no reason'}`
  if (judged.verdict !== 'failed') return seen
  const { text, observed = '' } = clause
  const missed = scenario === undefined ? judged.reasons.map((reason) => [reason, reason]) : missedBy(scenario)
  const isMissed = missed.some(([what = '', how = '']) => what.startsWith(text) && how.includes(observed))
  return isMissed ? null : `not for "${text}"${observed === '' ? '' : ` with "${observed}"`}: ${seen}`
}

/** The recovery is asked of each scenario, and is no clause of an entry. */
function missedBy({ expectations, recovery }: RunResult['scenarios'][number]): string[][] {
  const clauses = expectations.filter(({ met }) => met === false).map((one) => [one.text, one.observed])
  return recovery.recovered ? clauses : [...clauses, ['recovery', recovery.reason ?? '']]
}
