/** The types of the metrics of a load, by name. Pure. */
import { isJsonObject, type Json } from '../../core/json.ts'
import { builtInMetric } from './metrics.ts'
import type { MetricType } from './questions.ts'

/** `summary`: k6's `--summary-export`, which tells the types of a script's own metrics. */
export function typesOf(summary: Json, metrics: readonly string[]): Record<string, MetricType> {
  const listed = isJsonObject(summary) && isJsonObject(summary['metrics']) ? summary['metrics'] : {}
  return Object.fromEntries(
    [...new Set(metrics)].map((metric) => [metric, builtInMetric(metric) ?? typeInSummary(listed[metric]) ?? 'trend']),
  )
}

/** By the figures that k6 gives of each type (internal/js/summary.js). */
function typeInSummary(figures: Json | undefined): MetricType | null {
  if (!isJsonObject(figures)) return null
  if ('passes' in figures) return 'rate'
  if ('avg' in figures) return 'trend'
  if ('rate' in figures) return 'counter'
  return 'value' in figures ? 'gauge' : null
}
