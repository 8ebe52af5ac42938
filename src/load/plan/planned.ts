/** How long patterns take when everything takes what is usual, for the plan that is printed first. */
import { isChaosError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { ProfileName } from '../../core/model.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { LoadDeps } from '../deps.ts'
import { planOfScenarios, scenariosOf } from './k6-scenarios.ts'
import { environmentOf } from './prepare.ts'

/** What a pattern takes beside its stages: k6's start, answers that are under way at the end, the judgement. */
const USUAL_OVERHEAD_MS = 4_000
/** Of a script whose length nobody but k6 knows, and of one that may take as long as it likes. */
const USUAL_SCRIPT_MS = 900_000

/** Lengths that k6 has told, by the pattern's id, ms. */
export type ToldLengths = ReadonlyMap<string, number>

const NOTHING_TOLD: ToldLengths = new Map()

export function plannedLoadMs(patterns: readonly LoadPattern[], profile: ProfileName, told: ToldLengths = NOTHING_TOLD): number {
  return patterns.reduce(
    (sum, pattern) => sum + (knownLengthMs(pattern, profile) ?? told.get(pattern.id) ?? USUAL_SCRIPT_MS) + USUAL_OVERHEAD_MS,
    0,
  )
}

/** Asks k6 for the lengths that neither the profile nor the script's text says. What it cannot load is told when its turn comes. */
export async function tellLengths(
  deps: Pick<LoadDeps, 'k6' | 'target'>,
  patterns: readonly LoadPattern[],
  profile: ProfileName,
  signal: AbortSignal,
): Promise<ToldLengths> {
  const told = new Map<string, number>()
  for (const pattern of patterns.filter((each) => knownLengthMs(each, profile) === null)) {
    if (isAborted(signal)) break
    const script = { file: pattern.script, environment: environmentOf(deps, pattern) }
    const options = await deps.k6.inspect(script, signal).catch(() => null)
    const lengthMs = options === null ? null : lengthOf(options)
    if (lengthMs !== null) told.set(pattern.id, lengthMs)
  }
  return told
}

/** null where only k6 knows. */
function knownLengthMs({ scales, scriptOptions }: LoadPattern, profile: ProfileName): number | null {
  const seconds = scales[profile]?.durationSeconds
  if (seconds !== undefined) return seconds * 1_000
  return scriptOptions === null ? null : lengthOf(scriptOptions)
}

/** null for users that cannot be read. */
function lengthOf(options: JsonObject): number | null {
  try {
    const { durationMs, hasFixedLength } = planOfScenarios(scenariosOf(options))
    return hasFixedLength ? durationMs : Math.min(durationMs, USUAL_SCRIPT_MS)
  } catch (error) {
    if (isChaosError(error, 'BAD_INPUT')) return null
    throw error
  }
}
