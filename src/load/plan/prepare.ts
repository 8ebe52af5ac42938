/** Settles what is to be run of a pattern, and what it will be judged by, before anything is sent. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '../../core/json.ts'
import type { K6Version } from '../../ports/k6.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { LoadDeps, LoadOptions } from '../deps.ts'
import type { RecorderOptions } from '../series/recorder.ts'
import type { PatternCard } from './card.ts'
import { thresholdsOf } from './pattern-thresholds.ts'
import { functionsOf } from './k6-scenarios.ts'
import { scaleLoad, type ScaledLoad } from './scale.ts'
import { beginOf } from './stages.ts'
import { neededSamples } from './threshold.ts'

/** Of an answer of a healthy system, for the rate of the open variant and the length of holds. */
const USUAL_ANSWER_SECONDS = 0.1

export interface Prepared {
  readonly environment: Readonly<Record<string, string>>
  /** The script's own options, as k6 understands them. */
  readonly script: JsonObject
  readonly scaled: ScaledLoad
  /** The functions of the script that its users run. */
  readonly functions: readonly string[]
  /** A hash of the script and its settings, in hexadecimal: series of different ones are not one load. */
  readonly fingerprint: string
  readonly card: PatternCard
}

export function modelOf(options: Pick<LoadOptions, 'model'>, pattern: LoadPattern): LoadPattern['model'] {
  return options.model ?? pattern.model
}

/** What the script finds in its `__ENV`. */
export function environmentOf({ target, k6 }: Pick<LoadDeps, 'k6' | 'target'>, pattern: LoadPattern): Record<string, string> {
  return { ...target.variables, ...pattern.environment, BASE_URL: k6.entryUrl }
}

/** @throws BAD_INPUT for a script that k6 cannot load, a limit with a typo, a curve that cannot be scaled. */
export async function preparePattern(
  deps: Pick<LoadDeps, 'k6' | 'target' | 'hashOf'>,
  options: LoadOptions,
  pattern: LoadPattern,
  version: K6Version,
  signal: AbortSignal,
): Promise<Prepared> {
  const environment = environmentOf(deps, pattern)
  const script = await deps.k6.inspect({ file: pattern.script, environment }, signal)
  const thresholds = thresholdsOf(pattern, script, options.thresholds)
  const model = modelOf(options, pattern)
  const scaled = scaleLoad({
    ...{ options: script, scale: pattern.scales[options.profile] ?? null, model, gateUsers: pattern.gateUsers },
    thinkSeconds: pattern.thinkSeconds,
    expectedLatencySeconds: pattern.answerSeconds ?? USUAL_ANSWER_SECONDS,
    samplesPerHold: thresholds.reduce((most, threshold) => Math.max(most, neededSamples(threshold)), 0),
  })
  const texts = thresholds.map(({ text }) => text)
  const parts = [await deps.hashOf(pattern.script), scaled.options, texts, pattern.environment]
  const fingerprint = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
  const { id, name, expectedBehavior, source, measure } = pattern
  const card: PatternCard = {
    ...{ pattern: { id, name, expectedBehavior, source }, profile: options.profile, model, measure, thresholds },
    ...{ address: deps.k6.entryUrl, k6: { version: version.text, runsIn: deps.k6.kind } },
    ...{ plan: scaled.plan, gateTarget: scaled.gateTarget, notes: scaled.notes },
  }
  return { environment, script, scaled, functions: functionsOf(script), fingerprint, card }
}

/** Tells a recorder what to keep beyond what it always keeps, so that these limits can be judged, and when the load begins and ends. */
export function recordedFor({
  thresholds,
  plan,
}: Pick<PatternCard, 'thresholds' | 'plan'>): Pick<RecorderOptions, 'filters' | 'percentiles' | 'ends'> {
  return {
    ends: { begins: beginOf(plan), endMs: plan.hasFixedLength ? plan.durationMs : null },
    filters: thresholds.filter(({ filter }) => Object.keys(filter).some((tag) => tag !== 'scenario' && tag !== 'outcome')),
    percentiles: thresholds.map(({ metric }) => metric),
  }
}
