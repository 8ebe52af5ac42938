/** What became of the requests of a stretch, for whatever looks at windows. Pure. */
import type { LoadSeries } from '../core/load.ts'

/** With fewer a p95 says nothing about a window. */
const FEWEST_SAMPLES = 20

export interface StretchFigures {
  readonly requests: number
  /** 0…1; NaN without requests. */
  readonly errorShare: number
  /** NaN with too few samples. */
  readonly p95Ms: number
}

/** A script's own `errors` counts what was wrong in an answer that HTTP calls good. */
export function stretchFigures(series: LoadSeries, fromMs: number, toMs: number): StretchFigures {
  const question = (metric: string): ReturnType<LoadSeries['ask']> => series.ask({ metric, fromMs, toMs })
  const failures = question('errors') ?? question('http_req_failed')
  const durations = question('http_req_duration')
  return {
    requests: question('http_reqs')?.sum ?? 0,
    errorShare: failures === null ? Number.NaN : failures.nonZero / failures.count,
    p95Ms: durations === null || durations.count < FEWEST_SAMPLES ? Number.NaN : durations.percentile(95),
  }
}

/** The pattern's own limits of errors and of p95, or the usual ones. */
export interface WindowLimits {
  readonly errorShare: number
  readonly p95Ms: number
}

export function isBad({ errorShare, p95Ms }: StretchFigures, limits: WindowLimits): boolean {
  return errorShare > limits.errorShare || p95Ms > limits.p95Ms
}
