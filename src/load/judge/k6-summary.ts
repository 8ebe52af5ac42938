/** What k6 says of its limits in `--summary-export`, by the names that the script gave them. Pure. */
import { isJsonObject, type Json } from '../../core/json.ts'
import type { Threshold } from '../plan/shapes.ts'

/** `http_req_duration{group:::setup}` of `http_req_duration{group:::setup}: p(95)<500`, as the script wrote both. */
function partsOf({ text }: Pick<Threshold, 'text'>): { readonly metric: string; readonly expression: string } {
  const cut = text.lastIndexOf(': ')
  return { metric: text.slice(0, cut), expression: text.slice(cut + 2) }
}

export function metricAt(summary: Json, name: string): Json | undefined {
  return isJsonObject(summary) && isJsonObject(summary['metrics']) ? summary['metrics'][name] : undefined
}

export function numberAt(metric: Json | undefined, key: string): number | null {
  const value = isJsonObject(metric) ? metric[key] : undefined
  return typeof value === 'number' ? value : null
}

/** The figures of the metric, or of the part of it, that a limit of the script's own is of. */
export function figuresOf(summary: Json, threshold: Pick<Threshold, 'text'>): Json | undefined {
  return metricAt(summary, partsOf(threshold).metric)
}

/** Whether k6 saw it crossed: that is what its summary says true of. null where it says nothing of it. */
export function isCrossed(summary: Json, threshold: Pick<Threshold, 'text'>): boolean | null {
  const figures = figuresOf(summary, threshold)
  const verdicts = isJsonObject(figures) ? figures['thresholds'] : undefined
  if (!isJsonObject(verdicts)) return null
  const { expression } = partsOf(threshold)
  const verdict = Object.entries(verdicts).find(([key]) => key.trim() === expression)?.[1]
  return typeof verdict === 'boolean' ? verdict : null
}
