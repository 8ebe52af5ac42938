/** Nearest-rank percentile, 0…100, of unsorted values; NaN for none, so that a missing sample can never look like a zero. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  const rank = Math.ceil((percent / 100) * sorted.length)
  return sorted[Math.max(0, rank - 1)] as number
}

export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** Rounds for a report: NaN and infinities become null, as JSON has neither. */
export function roundOrNull(value: number, digits = 0): number | null {
  if (!Number.isFinite(value)) return null
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}

/** How much the middle half of the values spreads; NaN of none. */
export function interquartileRange(values: readonly number[]): number {
  return percentile(values, 75) - percentile(values, 25)
}
