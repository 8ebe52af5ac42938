/** Ids of the default stack's scenarios and patterns, and its defects as it declares them. */
import { readFileSync } from 'node:fs'
import type { RunResult } from '../../../src/core/result/run.ts'
import type { Clause } from '../../../build/found-defect.ts'

function ids(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${String(index + 1).padStart(3, '0')}`)
}

/** The original's: five network failures, five crashes, five exhausted resources, six of stress, three of load. */
export const SCENARIO_IDS = [...ids('NF', 5), ...ids('RE', 5), ...ids('WC', 5), ...ids('ST', 6)]
export const LOAD_IDS = ids('LT', 3)

interface Declared {
  readonly fails: readonly string[]
  readonly clauses: Readonly<Record<string, Clause>>
}

const stack = JSON.parse(readFileSync(new URL('../../../stack/stack.json', import.meta.url), 'utf8')) as {
  defects: { known: Record<string, Declared> }
}

export const DEFECTS: Readonly<Record<string, Declared>> = stack.defects.known

/** What a defect must have missed in a scenario. @throws for a pair that names no clause. */
export function clauseOf(defect: string, id: string): Clause {
  const clause = DEFECTS[defect]?.clauses[id]
  if (clause === undefined) throw new Error(`${defect} does not say which clause of ${id} it makes miss`)
  return clause
}

/** Of one that must be green; null when it is. */
export function whyNotPassed({ scenarios, load }: RunResult, id: string): string | null {
  const one = [...scenarios, ...load].find((judged) => judged.id === id)
  if (one === undefined) return `${id} was not run`
  return one.verdict === 'passed' && one.reasons.length === 0 ? null : `${id} ${one.verdict}: ${one.reasons.join('; ')}`
}
