/** What is told of a load pattern: in the table of all, in the open, and folded, with all that was measured. */
import type { Detail, Entry, Extent } from '../../kinds/report-document.ts'
import { duration, stolenText, type LoadOf } from '../facts.ts'
import { fact, line, list, mark, table } from './blocks.ts'
import { entryOf } from './entry.ts'

type LimitOf = LoadOf['thresholds'][number]

export const LOAD_HEADINGS = ['id', 'pattern', 'verdict', 'users', 'requests/s', 'errors', 'p95', 'p99', 'peak in flight']
const LIMIT_HEADINGS = ['limit', 'where', 'observed', 'samples', 'met']

export function loadEntry(load: LoadOf, extent: Extent, anchor: string): Entry {
  const { thresholds, users, model, rps, errorRate, p95Ms, p99Ms, peakInFlight } = load
  const missed = thresholds.filter(({ met, gates }) => gates && met !== true)
  const found = list([loadFiguresText(load), ...loadFindings(load)].map((text) => [line(text, extent.findingLength)]))
  const rates = [rounded(rps), percent(errorRate), duration(p95Ms), duration(p99Ms), rounded(peakInFlight)]
  const told = {
    name: load.name,
    figures: [`${users}${model === 'open' ? ' (open model)' : ''}`, ...rates],
    facts: [fact('Expected behaviour', load.expectedBehavior, extent.factLength)],
    seriesLabel: 'Series',
    open: [...limits(missed, extent), ...found],
    details: [...found, ...limits(thresholds, extent)],
  }
  return entryOf(load, told, extent, anchor)
}

function limits(those: readonly LimitOf[], extent: Extent): Detail[] {
  const rows = those.slice(0, extent.rows).map((limit) => {
    const judged = mark(limit.met)
    const met = limit.gates ? judged : ({ ...judged, text: `${judged.text}, shown only`, tone: 'soft' } as const)
    const text = line(limit.text, extent.factLength)
    const where = scopeText(limit)
    const observed = line(observedText(limit), 100)
    const needed = limit.samples < limit.neededSamples ? ` (${limit.neededSamples} needed)` : ''
    const samples = isK6s(limit) ? '–' : `${limit.samples}${needed}`
    const of = isK6s(limit) ? '' : ` of ${limit.samples} samples`
    return { cells: [text, where, observed, samples, met], line: `[${met.text}] ${text} ${where}: ${observed}${of}` }
  })
  return table(LIMIT_HEADINGS, rows)
}

/** `closed model, 100 users, 78.2 requests/s (2,034 in all), p50 12 ms, …`. */
function loadFiguresText(load: LoadOf): string {
  const errors = Object.entries(load.errors)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([kind, count]) => `${kind} × ${count}`)
  return [
    `${load.model} model`,
    `${load.users} users`,
    `${rounded(load.rps)} requests/s (${load.requests} in all)`,
    `peak in flight ${rounded(load.peakInFlight)}`,
    `p50 ${duration(load.p50Ms)}, p95 ${duration(load.p95Ms)}, p99 ${duration(load.p99Ms)}`,
    `errors ${percent(load.errorRate)}${errors.length === 0 ? '' : ` (${errors.join(', ')})`}`,
    `${load.outcomes.served} served, ${load.outcomes.rejected} rejected, ${load.outcomes.failed} failed`,
  ].join(', ')
}

/** One line each: breaking point, recoveries, the generator, what the system says it has completed, notes. */
function loadFindings(load: LoadOf): string[] {
  return [
    ...breakingPoint(load),
    ...load.recoveries.map(
      (one) =>
        `after ${rounded(one.fromTarget)} → ${rounded(one.toTarget)} at ${duration(one.atMs)}: ` +
        (one.afterMs === null ? 'not as before' : `as before in ${duration(one.afterMs)}`) +
        (one.limitMs === 0 ? '' : ` (limit ${duration(one.limitMs)})`) +
        (one.detail === '' ? '' : ` (${one.detail})`),
    ),
    generatorText(load),
    ...completion(load),
    ...load.notes,
  ]
}

/** Only k6 knows its samples. */
function isK6s({ scope }: LimitOf): boolean {
  return scope === 'setup' || scope === 'teardown'
}

function scopeText(limit: LimitOf): string {
  const from = limit.fromMs === 0 ? '0 s' : duration(limit.fromMs)
  const span = `${from} to ${duration(limit.toMs)}`
  switch (limit.scope) {
    case 'run':
      return `over ${span}`
    case 'hold':
      return `in the hold at ${rounded(limit.target ?? Number.NaN)}, ${span}`
    case 'worst_10_s':
      return `in the worst 10 s, ${span}`
    case 'setup':
    case 'teardown':
      return `in ${limit.scope}(), as k6 says`
  }
}

function observedText(limit: LimitOf): string {
  const { observed, unit } = limit
  if (observed === null) return isK6s(limit) ? 'no figure' : 'nothing'
  if (unit === 'ms') return duration(observed)
  if (unit === 'share') return percent(observed)
  return `${rounded(observed)}${unit}`
}

/** At most one digit after the point. */
function rounded(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function breakingPoint({ breakingPoint: point }: LoadOf): string[] {
  if (point === null) return []
  const bound = point.generatorSaturated ? ', a lower bound: the generator was at its own end' : ''
  const where = `${point.users} users, ${rounded(point.requestsPerSecond)} requests/s, after ${duration(point.atMs)}`
  return [`breaking point: ${where}: ${point.reason.replaceAll('_', ' ')} (${point.detail})${bound}`]
}

function generatorText({ generator, k6 }: LoadOf): string {
  const cpu = generator.cpuPercent === null ? 'CPU unknown' : `${Math.round(generator.cpuPercent)} % of a core at most`
  const machine = generator.machinePercent === null ? '' : `, machine ${Math.round(generator.machinePercent)} % busy at most`
  const stolen = stolenText(generator.stolenPercent)
  const dropped = generator.droppedIterations === 0 ? '' : `, ${generator.droppedIterations} iterations dropped`
  const saturated = generator.saturated ? `; saturated: ${generator.reasons.join('; ')}` : ''
  const program = k6 === null ? 'generator' : `generator k6 ${k6.version} (${k6.runsIn})`
  return `${program}: ${cpu}${machine}${stolen}${dropped}${saturated}`
}

function completion({ completion: facts }: LoadOf): string[] {
  if (facts === null) return []
  const text = `${facts.served} served answers with a job id, ${facts.unknown} of them unknown to the system`
  return [`${text}; ${facts.unclaimed} completed jobs without a served answer (interrupted, or somebody else's)`]
}
