import type { Result } from '../report/facts.ts'
import { renderMarkdown } from '../report/markdown.ts'

export interface TextBudget {
  /** UTF-16 units: never fewer than what GitHub counts as characters. */
  readonly characters: number
  /** Of UTF-8. */
  readonly bytes: number
}

/** More than there are steps of shortening. */
const MOST_STEPS = 8

/** The fullest text of the result that is within both limits. */
export function fitMarkdown(result: Result, budget: TextBudget): string {
  let maxBytes = budget.bytes
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const text = renderMarkdown(result, { maxBytes })
    if (text.length <= budget.characters) return text
    // The next step is the first one that is smaller than this.
    maxBytes = Buffer.byteLength(text) - 1
  }
  // No text has more characters than bytes.
  return renderMarkdown(result, { maxBytes: Math.min(budget.bytes, Math.max(0, budget.characters)) })
}
