/** How many samples a limit needs before it can be decided. Pure. */
import type { Threshold } from './shapes.ts'

/** So sure that at least one of them lies beyond the percentile: 0.95^59 and 0.99^299 are below 5 %. */
const DOUBT = 0.05

/** Gives 59 for p95, 299 for p99, and 1 for what is no percentile. */
export function neededSamples({ aggregate }: Pick<Threshold, 'aggregate'>): number {
  const percent = aggregate.kind === 'percentile' ? aggregate.percent : aggregate.kind === 'med' ? 50 : 0
  if (percent <= 0 || percent >= 100) return 1
  return Math.ceil(Math.log(DOUBT) / Math.log(percent / 100))
}
