import { ChaosError } from '../../core/errors.ts'
import { listText, show } from '../../kinds/display.ts'
import { didYouMean } from '../../core/suggest.ts'

/**
 * The scenarios and load patterns whose id matches one of the patterns, in their own order; all of them without a pattern. In a pattern
 * `*` stands for any text and `?` for one character; a comma or blank around it is not removed here.
 * @throws ChaosError BAD_INPUT for every pattern that matches nothing: a typo must not make a run smaller.
 */
export function selectScenarios<T extends { readonly id: string }>(scenarios: readonly T[], only: readonly string[]): T[] {
  if (only.length === 0) return [...scenarios]
  const ids = scenarios.map((scenario) => scenario.id)
  const idle = only.filter((pattern) => !ids.some((id) => matchesGlob(pattern, id)))
  if (idle.length > 0) {
    const patterns = idle.map((pattern) => `${show(pattern)}${didYouMean(pattern, ids)}`).join('; ')
    throw new ChaosError('BAD_INPUT', `no scenario matches ${patterns}`, {
      hint: ids.length === 0 ? 'there are no scenarios at all' : `known ids: ${listText(ids, 100)}`,
    })
  }
  return scenarios.filter((scenario) => only.some((pattern) => matchesGlob(pattern, scenario.id)))
}

/** Greedy with one point to go back to: linear in practice, where a regular expression of many `.*` is not. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let from = 0
  let star = -1
  let starText = 0
  while (from < text.length) {
    const wanted = pattern[at]
    if (wanted === '*') {
      star = at
      starText = from
      at += 1
    } else if (wanted === '?' || (wanted !== undefined && wanted === text[from])) {
      at += 1
      from += 1
    } else if (star >= 0) {
      at = star + 1
      starText += 1
      from = starText
    } else {
      return false
    }
  }
  return /^\**$/.test(pattern.slice(at))
}
