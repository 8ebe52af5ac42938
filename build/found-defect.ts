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
  const missed =
    scenario?.expectations.filter(({ met }) => met === false).map((one) => [one.text, one.observed]) ??
    judged.reasons.map((reason) => [reason, reason])
  const isMissed = missed.some(([what = '', how = '']) => what.startsWith(text) && how.includes(observed))
  return isMissed ? null : `not for "${text}"${observed === '' ? '' : ` with "${observed}"`}: ${seen}`
}
