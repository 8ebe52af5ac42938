import type { HttpProbeSample } from '../../toolbox/operations/requests/probe-http.ts'

export const BASELINE_BURST = { count: 12, intervalMs: 20, timeoutMs: 2_000 }

export function totals(samples: readonly HttpProbeSample[]): number[] {
  return samples.flatMap((sample) => (sample.totalMs === null ? [] : [sample.totalMs]))
}

export function answered(samples: readonly HttpProbeSample[]): number {
  return samples.filter((sample) => sample.status !== null).length
}

/** Why the baseline is no baseline, or null: a link that did not work before proves nothing by not working now. */
export function weakBaseline(samples: readonly HttpProbeSample[]): string | null {
  const good = answered(samples)
  if (samples.length > 0 && good >= 0.8 * samples.length) return null
  return `before the fault only ${good} of ${samples.length} probes were answered`
}

/** `3 × ECONNRESET, 1 × timeout`, most frequent first. */
export function countErrors(samples: readonly HttpProbeSample[]): string {
  const counts = new Map<string, number>()
  for (const sample of samples) {
    const key = sample.error ?? (sample.status === null ? 'no answer' : 'answered')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  return sorted.map(([error, count]) => `${count} × ${error}`).join(', ') || 'none'
}
