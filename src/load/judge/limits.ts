/** Every threshold over every stretch that it is to hold in. Pure. */
import { firstAboveMs } from '../plan/stages.ts'
import type { LoadPlan, Threshold } from '../plan/shapes.ts'
import { parseThreshold } from '../plan/threshold-grammar.ts'
import { aggregateText, hasAggregate, holds, neededSamples } from '../plan/threshold.ts'
import { builtInMetric, OTHER_REQUESTS, SCRIPT_EXCEPTIONS } from '../series/metrics.ts'
import { filterText, type Later, type PassingSeries, type SampleAggregate } from '../series/questions.ts'
import type { LimitResult, Span } from './judgement.ts'

/** The users of a hold have come a moment before; answers from before its start are still on their way. */
const SETTLING_MS = 1_000
const WORST_WINDOW_MS = 10_000

export interface Stretch extends Span {
  readonly scope: LimitResult['scope']
  readonly target: number | null
  readonly gates: boolean
}

/** Tells where the limits are judged: with a gate they decide up to it, and what happens above is only shown. */
export function stretchesOf(plan: LoadPlan, gateTarget: number | null, seconds: number): Stretch[] {
  const endMs = seconds * 1_000
  const aboveMs = gateTarget === null ? null : firstAboveMs(plan.stages, gateTarget)
  const run: Stretch = {
    scope: 'run',
    fromMs: 0,
    toMs: Math.min(endMs, wholeSecond(aboveMs ?? endMs)),
    target: null,
    gates: true,
  }
  const holds = plan.holds.map(({ fromMs, toMs, target }): Stretch => {
    const gates = gateTarget === null || target <= gateTarget
    return { scope: 'hold', fromMs: wholeSecond(fromMs + SETTLING_MS), toMs: Math.min(endMs, wholeSecond(toMs)), target, gates }
  })
  return [run, ...holds.filter(({ fromMs, toMs }) => toMs > fromMs)]
}

/** Adds what nobody limited and must hold all the same: errors, and that there were requests at all. */
export function withDefaults(thresholds: readonly Threshold[], series: Pick<PassingSeries, 'metrics'>): Threshold[] {
  const isThere = (name: string): boolean => series.metrics.some((metric) => metric.name === name)
  const limited = (names: readonly string[]): boolean => thresholds.some(({ metric }) => names.includes(metric))
  const isOther = isThere(OTHER_REQUESTS)
  const isHttp = isThere('http_reqs') || !isOther
  const failures = isThere('errors') ? 'errors' : isHttp ? 'http_req_failed' : OTHER_REQUESTS
  const texts = [
    ...(limited(['errors', 'http_req_failed', OTHER_REQUESTS, 'checks']) ? [] : [`${failures} rate < 1 %`]),
    ...(isHttp && isOther && failures !== 'errors' && !limited(['errors', OTHER_REQUESTS, 'checks'])
      ? [`${OTHER_REQUESTS} rate < 1 %`]
      : []),
    ...(limited(['http_reqs']) || !isHttp ? [] : ['http_reqs count > 0']),
    // What a script checks is meant to hold.
    ...(isThere('checks') && !limited(['checks']) ? ['checks rate >= 99 %'] : []),
  ]
  return [...thresholds, ...texts.map((text) => parseThreshold(text, 'default'))]
}

/** Judges each threshold in each stretch, and in the worst ten seconds of the whole run where that is one of them. */
export function judgeLimits(
  thresholds: readonly Threshold[],
  stretches: readonly Stretch[],
  series: PassingSeries,
): Later<LimitResult[]> {
  const run = stretches.find(({ scope }) => scope === 'run')
  const judged = thresholds.map((threshold) => ({
    limits: stretches.map((stretch) => judgeLimit(threshold, stretch, series)),
    worst: run === undefined ? () => null : worstWindow(threshold, run, series),
  }))
  return () =>
    judged.flatMap(({ limits, worst }) => {
      const window = worst()
      return [...limits.map((limit) => limit()), ...(window === null ? [] : [window])]
    })
}

function judgeLimit(threshold: Threshold, stretch: Stretch, series: PassingSeries): Later<LimitResult> {
  const { metric, filter } = threshold
  const samples = series.ask({ metric, filter, fromMs: stretch.fromMs, toMs: stretch.toMs })
  return () => limitResult(threshold, stretch, samples())
}

function limitResult(threshold: Threshold, stretch: Stretch, samples: SampleAggregate | null): LimitResult {
  const { metric, filter, aggregate, operator, limit, unit, from, text } = threshold
  const figure = samples === null ? Number.NaN : figureOf(threshold, samples, (stretch.toMs - stretch.fromMs) / 1_000)
  const isZero = samples === null && isOfScriptsCounter(threshold)
  const observed = isZero ? 0 : figure
  const needed = neededSamples(threshold)
  const isDecided = isZero || (samples !== null && samples.count >= needed && !Number.isNaN(observed))
  return {
    ...{ text, metric, filter: filterText(filter) || null, aggregate: aggregateText(aggregate), operator, limit, unit, from },
    ...stretch,
    observed: Number.isNaN(observed) ? null : observed,
    samples: samples?.count ?? 0,
    neededSamples: needed,
    met: isDecided ? holds(observed, operator, limit) : null,
  }
}

/** k6 takes no limit of a metric that the script does not declare: a Counter that nobody added to is 0. */
function isOfScriptsCounter({ metric, aggregate, unit, from }: Threshold): boolean {
  // The one that counts exceptions is declared by us, whoever limits it.
  const isDeclared = metric === SCRIPT_EXCEPTIONS || (from === 'script' && builtInMetric(metric) === null)
  return isDeclared && (aggregate.kind === 'count' || unit === '/s')
}

/** Gives the figure in the threshold's unit; NaN for what a metric of this type has not. */
export function figureOf({ aggregate }: Pick<Threshold, 'aggregate'>, samples: SampleAggregate, seconds: number): number {
  if (!hasAggregate(samples.type, aggregate)) return Number.NaN
  switch (aggregate.kind) {
    case 'avg':
      return samples.sum / samples.count
    case 'min':
      return samples.min
    case 'max':
      return samples.max
    case 'med':
      return samples.percentile(50)
    case 'percentile':
      return samples.percentile(aggregate.percent)
    case 'rate':
      return samples.type === 'counter' ? samples.sum / seconds : samples.nonZero / samples.count
    case 'count':
      return samples.type === 'counter' ? samples.sum : samples.count
    case 'value':
      return samples.last
  }
}

/** Shown only: the ten seconds in which the limit was furthest from being kept. null where ten seconds say nothing of it. */
function worstWindow(threshold: Threshold, { fromMs, toMs }: Stretch, series: PassingSeries): Later<LimitResult | null> {
  const { metric, filter, aggregate, operator } = threshold
  const isUpper = operator.startsWith('<')
  if (aggregate.kind === 'count' || aggregate.kind === 'value' || (!isUpper && !operator.startsWith('>'))) return () => null
  let worst: LimitResult | null = null
  series.watch(WORST_WINDOW_MS / 1_000, ({ second, seconds }) => {
    const endMs = (second + 1) * 1_000
    const span = { fromMs: endMs - WORST_WINDOW_MS, toMs: endMs }
    if (span.fromMs < fromMs || endMs > toMs) return
    const stretch: Stretch = { scope: 'worst_10_s', ...span, target: null, gates: false }
    const judged = limitResult(threshold, stretch, seconds.ask({ metric, filter, ...span }))
    if (judged.met === null) return
    // One that is decided has a figure.
    const observed = judged.observed ?? Number.NaN
    const before = worst?.observed ?? null
    if (before === null || (isUpper ? observed > before : observed < before)) worst = judged
  })
  return () => worst
}

/** Seconds that begin before it are not wholly inside. */
function wholeSecond(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000
}
