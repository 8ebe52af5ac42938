import type { MetricSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { parsePrometheus, seriesOf, seriesType } from '../../core/prometheus.ts'
import { eventuallyText } from '../shared/eventually.ts'
import { listText } from '../shared/parts.ts'

/** One container's metrics page at one moment. */
export interface MetricReading {
  readonly container: string
  /** Changes with each start of the process, which is when counters begin again. */
  readonly process: string
  /** What a series of this name is; null when the page does not know it. */
  readonly type: 'counter' | 'gauge' | 'untyped' | null
  /** Sum over the series that count; 0 where a known metric has none yet. */
  readonly value: number
  /** Why there is no value; null when there is one. */
  readonly problem: string | null
}

/** Rises that are at least so much, or exactly so much. */
interface Change {
  readonly least: number
  readonly exact: boolean
  /** Why it is not exact. */
  readonly why: string | null
}

/** Pure. `process` says since when the container runs; the page may say it better, as a process can be replaced inside one. */
export function readMetric(spec: MetricSpec, container: string, process: string, body: string): MetricReading {
  const page = parsePrometheus(body)
  const started = seriesOf(page, 'process_start_time_seconds').map(({ value }) => String(value))
  const type = seriesType(page, spec.metric)
  const value = seriesOf(page, spec.metric, spec.labels).reduce((sum, sample) => sum + sample.value, 0)
  const problem = Number.isFinite(value) ? null : `${spec.metric} is ${value}`
  return { container, process: [process, ...started].join(' '), type, value: problem === null ? value : 0, problem }
}

export function unreadable(container: string, process: string, problem: string): MetricReading {
  return { container, process, type: null, value: 0, problem }
}

/**
 * Pure. A counter that began again still shows what it counted since, which can reach a lower bound or break an upper one,
 * but prove nothing else.
 */
export function judgeMetric(spec: MetricSpec, before: readonly MetricReading[], after: readonly MetricReading[]): Observation {
  const expected = metricExpected(spec)
  const readings = [...before, ...after]
  const type = readings.find((reading) => reading.type !== null)?.type ?? null
  if (type === null) {
    const problems = [
      ...new Set(readings.flatMap(({ container, problem }) => (problem === null ? [] : [`${container}: ${problem}`]))),
    ]
    const why = problems.length > 0 ? listText(problems) : `no page knows ${spec.metric}`
    return { expected, observed: readings.length === 0 ? 'no container to read' : why, met: null }
  }
  const names = [...new Set(readings.map(({ container }) => container))]
  const changes = names.map((name) => changeOf(type, name, find(before, name), find(after, name)))
  const least = changes.reduce((sum, change) => sum + change.least, 0)
  const exact = changes.every((change) => change.exact)
  const doubts = changes.flatMap((change) => change.why ?? [])
  const sums = exact ? ` (${numberText(sumOf(before))} → ${numberText(sumOf(after))})` : ''
  const count = names.length === 1 ? '1 container' : `${names.length} containers`
  const grew = `grew by ${exact ? '' : 'at least '}${numberText(least)}${sums} over ${count}`
  const observed = [
    Number.isFinite(least) ? grew : 'its change is unknown',
    ...(doubts.length > 0 ? [listText(doubts)] : []),
  ].join('; ')
  return { expected, observed, met: decide(spec.change, least, exact) }
}

/** `metric rbee_hive_failovers_total of rbee-hive: grows by 1 or more`. */
export function metricText(spec: MetricSpec): string {
  return `metric ${spec.metric}${labelText(spec)} of ${spec.service}: ${eventuallyText(metricExpected(spec), spec.eventually_within_seconds)}`
}

function decide(change: MetricSpec['change'], least: number, exact: boolean): boolean | null {
  const { at_least: lower = -Infinity, at_most: upper = Infinity } = change
  if (least > upper) return false
  if (exact) return least >= lower
  return least >= lower && upper === Infinity ? true : null
}

function changeOf(
  type: 'counter' | 'gauge' | 'untyped',
  container: string,
  before: MetricReading | undefined,
  after: MetricReading | undefined,
): Change {
  const unknown = (why: string): Change => ({
    least: type === 'counter' ? 0 : -Infinity,
    exact: false,
    why: `${container} ${why}`,
  })
  if (after === undefined) return unknown('was gone in the end')
  if (after.problem !== null) return unknown(`could not be read: ${after.problem}`)
  // Scaled up meanwhile: it began at nothing.
  if (before === undefined) return { least: after.value, exact: true, why: null }
  if (before.problem !== null) return unknown(`could not be read before the fault: ${before.problem}`)
  const difference = after.value - before.value
  if (type === 'gauge') return { least: difference, exact: true, why: null }
  const restarted = before.process !== after.process
  if (!restarted && difference >= 0) return { least: difference, exact: true, why: null }
  if (type === 'untyped') return unknown(restarted ? 'was restarted, which may reset it' : 'fell, as no counter does')
  const why = restarted ? 'was restarted, which resets its counters' : 'began to count again'
  return { least: after.value, exact: false, why: `${container} ${why}` }
}

function find(readings: readonly MetricReading[], container: string): MetricReading | undefined {
  return readings.find((reading) => reading.container === container)
}

function sumOf(readings: readonly MetricReading[]): number {
  return readings.reduce((sum, { value }) => sum + value, 0)
}

export function metricExpected({ change }: MetricSpec): string {
  const bounds = [
    ...(change.at_least === undefined ? [] : [`by ${numberText(change.at_least)} or more`]),
    ...(change.at_most === undefined ? [] : [`by ${numberText(change.at_most)} or less`]),
  ]
  return `grows ${bounds.join(' and ')}`
}

function labelText({ labels = {} }: MetricSpec): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(', ')}}`
}

/** Sums of decimal fractions show what adding them left: six digits are more than a report needs. */
function numberText(value: number): string {
  return String(Math.round(value * 1e6) / 1e6)
}
