/** What became of the requests of a stretch, for whatever looks at windows. Pure. */
import type { HeldLimits, StretchFigures } from '../core/held-load.ts'
import type { LoadSeries } from '../core/load.ts'

export type { StretchFigures } from '../core/held-load.ts'

/** With fewer a p95 says nothing about a window. */
const FEWEST_SAMPLES = 20

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
export type WindowLimits = HeldLimits

export function isBad({ errorShare, p95Ms }: StretchFigures, limits: WindowLimits): boolean {
  return errorShare > limits.errorShare || p95Ms > limits.p95Ms
}

export interface FigureWindow {
  readonly fromMs: number
  readonly figures: StretchFigures
}

/** A second of few users may say nothing, three of them more. */
const WIDEST_SECONDS = 3

/** Windows that can be decided, one after the other: of a second each, longer where that has too few requests. */
export function figureWindows(series: LoadSeries, fromMs: number, endMs: number): FigureWindow[] {
  const windows: FigureWindow[] = []
  for (let atMs = Math.floor(fromMs / 1_000) * 1_000; atMs + 1_000 <= endMs;) {
    let width = 1
    let figures = stretchFigures(series, atMs, atMs + 1_000)
    while (!isDecided(figures) && width < WIDEST_SECONDS && atMs + (width + 1) * 1_000 <= endMs) {
      width += 1
      figures = stretchFigures(series, atMs, atMs + width * 1_000)
    }
    if (isDecided(figures)) windows.push({ fromMs: atMs, figures })
    atMs += width * 1_000
  }
  return windows
}

function isDecided({ errorShare, p95Ms }: StretchFigures): boolean {
  return !Number.isNaN(errorShare) && !Number.isNaN(p95Ms)
}
