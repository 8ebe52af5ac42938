/** The figures of a stretch, for whatever looks at windows. Pure. */
import type { HeldLimits, StretchFigures } from '../../ports/held-load.ts'
import type { AskableSeconds, Later, PassingSeries } from '../series/questions.ts'
import { REQUEST_METRICS, requestsOf } from './requests.ts'

/** With fewer a p95 says nothing about a window. */
const FEWEST_SAMPLES = 20
/** A second of few users may say nothing, three of them more. */
const WIDEST_SECONDS = 3

/** Gives the figures of seconds that are at hand, ms from the start of the load. */
export function stretchFigures(seconds: AskableSeconds, fromMs: number, toMs: number): StretchFigures {
  return figuresOf((metric) => seconds.ask({ metric, fromMs, toMs }))
}

/** Gives those of a stretch of any length once the series has gone by, ms from the start of the load. */
export function passingFigures(series: PassingSeries, fromMs: number, toMs: number): Later<StretchFigures> {
  const answers = new Map(REQUEST_METRICS.map((metric) => [metric, series.ask({ metric, fromMs, toMs })]))
  return () => figuresOf((metric) => answers.get(metric)?.() ?? null)
}

function figuresOf(samplesOf: Parameters<typeof requestsOf>[0]): StretchFigures {
  const { sent, errorShare, durations } = requestsOf(samplesOf)
  return {
    requests: sent,
    errorShare,
    p95Ms: durations === null || durations.count < FEWEST_SAMPLES ? Number.NaN : durations.percentile(95),
  }
}

export function isBad({ errorShare, p95Ms }: StretchFigures, limits: HeldLimits): boolean {
  return errorShare > limits.errorShare || p95Ms > limits.p95Ms
}

export interface FigureWindow {
  readonly fromMs: number
  readonly figures: StretchFigures
}

/** Finds the windows that can be decided, one after the other: a second long, or longer where that has too few requests. */
export function figureWindows(series: PassingSeries, fromMs: number, endMs: number): Later<FigureWindow[]> {
  const windows: FigureWindow[] = []
  let atMs = Math.floor(fromMs / 1_000) * 1_000
  series.watch(WIDEST_SECONDS, ({ second, seconds }) => {
    const toMs = (second + 1) * 1_000
    if (toMs > endMs) return
    const figures = stretchFigures(seconds, atMs, toMs)
    if (isDecided(figures)) windows.push({ fromMs: atMs, figures })
    if (isDecided(figures) || toMs - atMs >= WIDEST_SECONDS * 1_000) atMs = toMs
  })
  return () => windows
}

function isDecided({ errorShare, p95Ms }: StretchFigures): boolean {
  return !Number.isNaN(errorShare) && !Number.isNaN(p95Ms)
}
