/** What every renderer says about a load pattern, in plain words. Unescaped. */
import { duration, stolenText, type LoadOf } from './facts.ts'

export type LimitOf = LoadOf['thresholds'][number]

/** `closed model, 100 users, 78.2 requests/s (2,034 in all), p50 12 ms, …`. */
export function loadFiguresText(load: LoadOf): string {
  const errors = Object.entries(load.errors)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 6)
    .map(([kind, count]) => `${kind} × ${String(count)}`)
  return [
    `${load.model} model`,
    `${String(load.users)} users`,
    `${rounded(load.rps)} requests/s (${String(load.requests)} in all)`,
    `peak in flight ${rounded(load.peakInFlight)}`,
    `p50 ${duration(load.p50Ms)}, p95 ${duration(load.p95Ms)}, p99 ${duration(load.p99Ms)}`,
    `errors ${percent(load.errorRate)}${errors.length === 0 ? '' : ` (${errors.join(', ')})`}`,
    `${String(load.outcomes.served)} served, ${String(load.outcomes.rejected)} rejected, ${String(load.outcomes.failed)} failed`,
  ].join(', ')
}

/** One line each: breaking point, recoveries, the generator, what the system says it has completed, notes. */
export function loadFindings(load: LoadOf): string[] {
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

/** `http_req_duration p95 < 500 ms in the hold at 100: 41 ms of 2,000 samples`. */
export function limitText(limit: LimitOf): string {
  return `${limit.text} ${scopeText(limit)}: ${observedText(limit)} of ${String(limit.samples)} samples`
}

export function scopeText(limit: LimitOf): string {
  const from = limit.fromMs === 0 ? '0 s' : duration(limit.fromMs)
  const span = `${from} to ${duration(limit.toMs)}`
  switch (limit.scope) {
    case 'run':
      return `over ${span}`
    case 'hold':
      return `in the hold at ${rounded(limit.target ?? Number.NaN)}, ${span}`
    case 'worst_10_s':
      return `in the worst 10 s, ${span}`
  }
}

export function observedText({ observed, unit }: LimitOf): string {
  if (observed === null) return 'nothing'
  if (unit === 'ms') return duration(observed)
  if (unit === 'share') return percent(observed)
  return `${rounded(observed)}${unit}`
}

/** At most one digit after the point. */
export function rounded(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function breakingPoint({ breakingPoint: point }: LoadOf): string[] {
  if (point === null) return []
  const bound = point.generatorSaturated ? ', a lower bound: the generator was at its own end' : ''
  const where = `${String(point.users)} users, ${rounded(point.requestsPerSecond)} requests/s, after ${duration(point.atMs)}`
  return [`breaking point: ${where}: ${point.reason.replaceAll('_', ' ')} (${point.detail})${bound}`]
}

function generatorText({ generator, k6 }: LoadOf): string {
  const cpu = generator.cpuPercent === null ? 'CPU unknown' : `${String(Math.round(generator.cpuPercent))} % of a core at most`
  const machine =
    generator.machinePercent === null ? '' : `, machine ${String(Math.round(generator.machinePercent))} % busy at most`
  const stolen = stolenText(generator.stolenPercent)
  const dropped = generator.droppedIterations === 0 ? '' : `, ${String(generator.droppedIterations)} iterations dropped`
  const saturated = generator.saturated ? `; saturated: ${generator.reasons.join('; ')}` : ''
  const program = k6 === null ? 'generator' : `generator k6 ${k6.version} (${k6.runsIn})`
  return `${program}: ${cpu}${machine}${stolen}${dropped}${saturated}`
}

function completion({ completion: facts }: LoadOf): string[] {
  if (facts === null) return []
  const text = `${String(facts.served)} served answers with a job id, ${String(facts.unknown)} of them unknown to the system`
  return [`${text}; ${String(facts.unclaimed)} completed jobs without a served answer (interrupted, or somebody else's)`]
}
