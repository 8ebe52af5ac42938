/** The limits of a pattern, from whoever gave them. Pure. */
import { ChaosError } from '../../core/errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import type { LoadPattern } from '../../core/load.ts'
import { parseK6Threshold, parseThreshold } from './threshold-grammar.ts'
import { refuseRepeats, thresholdKey } from './threshold.ts'
import type { Threshold } from './shapes.ts'

/**
 * Takes the script's own limits, or the manifest's instead; each of the user's input replaces one that limits the same, or is
 * one more. @throws ChaosError BAD_INPUT for one that cannot be understood, or is there twice.
 */
export function thresholdsOf(
  pattern: Pick<LoadPattern, 'thresholds'>,
  options: JsonObject,
  input: readonly string[],
): Threshold[] {
  const written = input.map((text) => parseThreshold(text, 'input'))
  refuseRepeats(written)
  const base =
    pattern.thresholds === null ? scriptThresholds(options) : pattern.thresholds.map((text) => parseThreshold(text, 'manifest'))
  refuseRepeats(base)
  const replaced = new Set(written.map(thresholdKey))
  return [...base.filter((threshold) => !replaced.has(thresholdKey(threshold))), ...written]
}

/** `options.thresholds` as `k6 inspect` prints them: a list of expressions, or of objects that hold one. */
function scriptThresholds({ thresholds }: JsonObject): Threshold[] {
  if (thresholds === undefined || thresholds === null) return []
  if (!isJsonObject(thresholds)) throw mistake('they are no object')
  return Object.entries(thresholds).flatMap(([key, list]) => {
    if (!Array.isArray(list)) throw mistake(`those of ${key} are no list`)
    return list.map((entry: Json) => parseK6Threshold(key, expressionOf(key, entry)))
  })
}

function expressionOf(key: string, entry: Json): string {
  if (typeof entry === 'string') return entry
  const expression = isJsonObject(entry) ? entry['threshold'] : undefined
  if (typeof expression === 'string') return expression
  throw mistake(`one of ${key} is neither an expression nor an object with one`)
}

function mistake(what: string): ChaosError {
  return new ChaosError('BAD_INPUT', `the thresholds of the script cannot be read: ${what}`)
}
