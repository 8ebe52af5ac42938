/** The plan that is kept beside a TestRun, for judging what its runners will have measured. */
import * as z from 'zod'
import { ChaosError } from '../../core/errors.ts'
import { parseJson, type DeepReadonly } from '../../core/json.ts'
import type { K6Facts } from '../judge/generator-facts.ts'
import { measuredJson, type Measured } from '../judge/measured.ts'
import { cardSchema } from '../plan/card.ts'
import type { StoredSeries } from '../series/data.ts'
import type { MeasuredSegment } from './segments.ts'

const planSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** The TestRun's name, with which its runners' files begin. */
  name: z.string().max(100),
  runners: z.int().min(1).max(1_000),
  fingerprint: z.string().max(100),
  card: cardSchema,
})

export type TestRunPlan = Omit<DeepReadonly<z.infer<typeof planSchema>>, 'schemaVersion'>

const UNSEEN = 'nobody looked at the machines of the runners, and the operator does not tell how their k6 ended'

export function testRunPlanText(plan: TestRunPlan): string {
  return `${JSON.stringify({ schemaVersion: 1, ...plan }, null, 2)}\n`
}

/** @throws ChaosError BAD_INPUT that names the file and the key. */
export function parseTestRunPlan(text: string, file: string): TestRunPlan {
  const value = parseJson(text)
  if (value === undefined) throw new ChaosError('BAD_INPUT', `${file} is not JSON`)
  const result = planSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new ChaosError('BAD_INPUT', `${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it has another shape'}`)
}

/**
 * What a runner wrote, as a generator's part. Its exit code is not told: one that ended early left too few seconds, and one
 * that was killed no summary.
 */
export function runnerSegment(
  plan: TestRunPlan,
  index: number,
  file: string,
  series: StoredSeries,
  summary: K6Facts['summary'],
): MeasuredSegment {
  const { card, runners, fingerprint } = plan
  const measured: Measured = {
    ...card,
    ...{ startedWallMs: series.head.startWallMs, durationMs: series.head.seconds * 1_000, completion: null },
    generators: [{ k6: { exitCode: 0, stopped: false, summary, log: '' }, looks: [], cores: 0 }],
    notes: [...card.notes, UNSEEN],
  }
  const segment = { index, count: runners }
  const facts = { patternId: card.pattern.id, k6Version: card.k6.version, fingerprint, segment, more: measuredJson(measured) }
  return { ...series, name: file, facts, measured }
}
