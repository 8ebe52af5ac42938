/** One load pattern, measured and judged; or one segment of it, measured for a merge to judge. */
import { ChaosError, describeError, explainError } from '../core/errors.ts'
import type { K6Segment } from '../core/k6.ts'
import type { LoadPattern } from '../core/load.ts'
import type { LoadResult } from '../core/result/load.ts'
import { isAborted } from '../core/wait.ts'
import type { LoadDeps, LoadOptions } from './load-deps.ts'
import { brokenResult, judgedResult } from './load-result.ts'
import type { PatternFacts } from './load-result.ts'
import { PatternMeasurement } from './pattern-measurement.ts'

/** Never throws: what went wrong is the result. */
export async function runPattern(
  deps: LoadDeps,
  options: LoadOptions,
  pattern: LoadPattern,
  signal: AbortSignal,
): Promise<LoadResult> {
  const measurement = new PatternMeasurement(deps, options, pattern, signal)
  const facts = (): PatternFacts => ({
    ...{ pattern, startedWallMs: measurement.startedWallMs, durationMs: measurement.durationMs, model: measurement.model },
    ...{ k6: measurement.k6, series: measurement.series, logs: measurement.logs },
    repeatCommand: options.repeatCommand(pattern.id),
  })
  if (options.isRehearsal)
    return brokenResult(facts(), { doubts: ['no load was generated (--no-inject): a rehearsal cannot pass'] })
  try {
    const judge = await measurement.run()
    return judgedResult(facts(), judge())
  } catch (error) {
    const why = isAborted(signal) ? `interrupted: ${describeError(signal.reason)}` : explainError(error)
    return brokenResult(facts(), { errors: [why] })
  }
}

export interface MeasuredPart {
  readonly segment: K6Segment
  /** As `ArtifactPort.writeBytes` gave it. */
  readonly file: string
  readonly requests: number
  readonly errorRate: number
}

/**
 * Measures one generator's part. Limits are for the whole to keep: nothing of it is judged but whether there was a load.
 * @throws LOAD_FAILED when it was none, so that a merge of it would be none either.
 */
export async function runSegment(
  deps: LoadDeps,
  options: LoadOptions & { readonly segment: K6Segment },
  pattern: LoadPattern,
  signal: AbortSignal,
): Promise<MeasuredPart> {
  const measurement = new PatternMeasurement(deps, options, pattern, signal)
  const judge = await measurement.run()
  const { verdict, reasons, figures } = judge()
  if (verdict === 'error') throw new ChaosError('LOAD_FAILED', `${pattern.id}: ${reasons.join('; ')}`)
  if (measurement.series === null) throw new ChaosError('INTERNAL', `the series of ${pattern.id} got lost`)
  const { requests, errorRate } = figures
  return { segment: options.segment, file: measurement.series.file, requests, errorRate }
}
