/**
 * All that was measured of a pattern beside its series: a judgement rests on the two, now or after a merge. It is `more` of a
 * series file, which somebody else may have written.
 */
import { wallSchema } from '../../core/time/wall-schema.ts'
import * as z from 'zod'
import type { DeepReadonly, Json } from '../../core/json.ts'
import { cardSchema } from '../plan/card.ts'
import { text } from '../plan/shapes.ts'
import { shaped } from '../series/lines.ts'
import type { Later, PassingSeries } from '../series/questions.ts'
import { generatorShape } from './generator-facts.ts'
import type { LoadJudgement, Span } from './judgement.ts'
import { judgeLoad } from './pattern.ts'

const MOST_GENERATORS = 1_000

const measuredSchema = cardSchema.extend({
  ...{ startedWallMs: wallSchema, durationMs: z.number().min(0) },
  generators: z.array(generatorShape).min(1).max(MOST_GENERATORS),
  completion: z
    .strictObject({ served: z.int().min(0), unknown: z.int().min(0), examples: z.array(text).max(10), unclaimed: z.int().min(0) })
    .nullable(),
})

export type Measured = DeepReadonly<z.infer<typeof measuredSchema>>

/** Judges a pattern; with `calm` a load that held beside scenarios (see `LoadEvidence`), of which nothing else is measured. */
export function judgeMeasured(
  series: PassingSeries,
  measured: Measured,
  calm: readonly Span[] | null = null,
): Later<LoadJudgement> {
  const judgement = judgeLoad({ ...measured, ...(calm === null ? {} : { measure: [] }), series, calm })
  return () => {
    const judged = judgement()
    return { ...judged, notes: [...judged.notes, ...measured.notes] }
  }
}

/** Makes the JSON for `SeriesFacts.more`. */
export function measuredJson(measured: Measured): Json {
  return JSON.parse(JSON.stringify(measured)) as Json
}

/** @throws ChaosError BAD_INPUT that names the file and the key. */
export function parseMeasured(more: Json, file: string): Measured {
  return shaped(z.object({ more: measuredSchema }), { more }, { file, line: 1 }).more
}
