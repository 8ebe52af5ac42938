/** The Prometheus text format, as much of it as reading a metric's value takes. */
import { ChaosError } from './errors.ts'

export interface PrometheusSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const PROMETHEUS_TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const
type PrometheusType = (typeof PROMETHEUS_TYPES)[number]

export interface PrometheusPage {
  readonly samples: readonly PrometheusSample[]
  /** By the family's name: a histogram `x` has the samples `x_bucket`, `x_sum` and `x_count`. */
  readonly types: ReadonlyMap<string, PrometheusType>
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const TYPE_LINE = new RegExp(`^# TYPE (${NAME}) (\\S+)$`)
/** Name, labels, value; what follows is a timestamp or an exemplar. */
const SAMPLE_LINE = new RegExp(`^(${NAME})\\s*(?:\\{((?:[^"}]|"(?:[^"\\\\]|\\\\.)*")*)\\})?\\s+(\\S+)(?:\\s+(?:-?[\\d.]+|#).*)?$`)
const LABEL = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/
const SPECIAL_VALUES: Readonly<Record<string, number>> = { '+Inf': Infinity, Inf: Infinity, '-Inf': -Infinity, NaN: Number.NaN }
const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/** @throws BAD_INPUT naming the first line that is neither a sample nor a comment: a page of another kind is no metrics page. */
export function parsePrometheus(text: string): PrometheusPage {
  const samples: PrometheusSample[] = []
  const types = new Map<string, PrometheusType>()
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    if (line.startsWith('#')) {
      const [, family, type] = TYPE_LINE.exec(line) ?? []
      if (family !== undefined) types.set(family, typeOf(type))
      continue
    }
    const sample = parseSample(line)
    if (sample === null) throw new ChaosError('BAD_INPUT', `line ${index + 1} is no Prometheus sample: ${line.slice(0, 120)}`)
    samples.push(sample)
  }
  return { samples, types }
}

/** Series of exactly this name whose labels include all the given ones. */
export function seriesOf(
  page: PrometheusPage,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): readonly PrometheusSample[] {
  const wanted = Object.entries(labels)
  return page.samples.filter(
    (sample) =>
      sample.name === name && wanted.every(([key, value]) => Object.hasOwn(sample.labels, key) && sample.labels[key] === value),
  )
}

/**
 * What a series of this name is: the type that the page declares, where the parts of a histogram and the totals of a summary
 * are counters. null when the page does not know the name, a histogram's own included: it has no series of that name.
 */
export function seriesType(page: PrometheusPage, name: string): 'counter' | 'gauge' | 'untyped' | null {
  const own = page.types.get(name)
  if (own === 'counter' || own === 'gauge' || own === 'untyped') return own
  const suffix = /_(?:bucket|sum|count|total)$/.exec(name)?.[0]
  const family = suffix === undefined ? undefined : page.types.get(name.slice(0, -suffix.length))
  // OpenMetrics declares a counter without the suffix that its samples have.
  if (family === 'counter' && suffix === '_total') return 'counter'
  if (family === 'histogram' || (family === 'summary' && suffix !== '_bucket')) return 'counter'
  if (!page.samples.some((sample) => sample.name === name)) return null
  // Quantiles of a summary rise and fall.
  return own === 'summary' ? 'gauge' : 'untyped'
}

function parseSample(line: string): PrometheusSample | null {
  const [, name, labelText, valueText] = SAMPLE_LINE.exec(line) ?? []
  if (name === undefined || valueText === undefined) return null
  const labels = parseLabels(labelText ?? '')
  const value = parseValue(valueText)
  return labels === null || value === null ? null : { name, labels, value }
}

function parseLabels(text: string): Readonly<Record<string, string>> | null {
  const labels = new Map<string, string>()
  let rest = text
  while (rest.trim() !== '') {
    const found = LABEL.exec(rest)
    if (found === null) return null
    labels.set(found[1] ?? '', unescapeLabel(found[2] ?? ''))
    rest = rest.slice(found[0].length)
  }
  return Object.fromEntries(labels)
}

function unescapeLabel(text: string): string {
  return text.replace(/\\(.)/g, (_whole, character: string) => (character === 'n' ? '\n' : character))
}

/** null for what is no number; NaN is one that the format knows. */
function parseValue(text: string): number | null {
  if (Object.hasOwn(SPECIAL_VALUES, text)) return SPECIAL_VALUES[text] ?? null
  return PLAIN_NUMBER.test(text) ? Number(text) : null
}

function typeOf(text: string | undefined): PrometheusType {
  return PROMETHEUS_TYPES.find((type) => type === text) ?? 'untyped'
}
