/** A script that ends its load by a limit (`abortOnFail`) has said what is wrong: that the rest is missing is no trouble of ours. Pure. */
import { isJsonObject, type Json } from '../../core/json.ts'
import type { LoadPlan } from '../plan/shapes.ts'
import type { K6Facts } from './generator-facts.ts'
import { k6Exit } from './k6-exit.ts'

/** The last samples of a whole run may come a little before its planned end. */
const END_TOLERANCE_MS = 3_000
const END_TOLERANCE_SHARE = 0.05

/** Tells `4 s of 30 s were measured` of a load that ended before its planned end; null of any other. */
export function cutShort(plan: LoadPlan, seconds: number): string | null {
  const missingMs = plan.durationMs - seconds * 1_000
  if (!plan.hasFixedLength || missingMs <= Math.max(END_TOLERANCE_MS, plan.durationMs * END_TOLERANCE_SHARE)) return null
  return `${seconds} s of ${Math.round(plan.durationMs / 100) / 10} s were measured`
}

/** Tells the limits that k6 saw crossed, of a load that they have cut short; empty of any other. */
export function abortedBy(k6: readonly K6Facts[], plan: LoadPlan, seconds: number): string[] {
  const short = cutShort(plan, seconds)
  const breached = k6.filter(({ exitCode }) => k6Exit(exitCode).ending === 'breached')
  if (short === null) return []
  return [...new Set(breached.flatMap(({ summary }) => crossedIn(summary)))].map(
    (limit) => `${limit} was crossed, and the script ends its load then (abortOnFail): ${short}`,
  )
}

/** Names as `http_req_failed: rate<0.1`. A summary says true of a limit that was crossed. */
function crossedIn(summary: Json): string[] {
  const metrics = isJsonObject(summary) && isJsonObject(summary['metrics']) ? summary['metrics'] : {}
  return Object.entries(metrics).flatMap(([name, figures]) => {
    const verdicts = isJsonObject(figures) && isJsonObject(figures['thresholds']) ? figures['thresholds'] : {}
    return Object.entries(verdicts).flatMap(([limit, isCrossed]) => (isCrossed === true ? [`${name}: ${limit.trim()}`] : []))
  })
}
