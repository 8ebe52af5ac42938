/** Canary samples and what is computed from them. Pure: `src/canary` sends. */
import { latest, msBetween, type Mono } from './time/moment.ts'
import { percentile, roundOrNull } from './statistics.ts'

/** No outcome of a canary request is awaited longer than this from its intended send time, ms, so no limit can be longer. */
export const CANARY_DEADLINE_MS = 15_000

/** One canary request. Latency counts from the intended send time. */
export interface CanarySample {
  /** Name of the request; left out where the canary has one only. */
  readonly request?: string
  readonly intendedMs: Mono
  readonly sentMs: Mono
  readonly doneMs: Mono
  /** Of HTTP; null without an answer, and for another protocol. */
  readonly status: number | null
  /** As of `RequestOutcome`. */
  readonly code?: string
  readonly ok: boolean
  /** It had a status or code, and did not come whole. */
  readonly cut?: true
  /** As of `RequestOutcome`. */
  readonly wrong?: true
  /** It was one of many that were sent at once, or under way beside them: how long it took is not usual. */
  readonly burst?: 'of' | 'beside'
  /** As of `RequestOutcome`. */
  readonly jobId?: string
  /** As of `RequestOutcome`. */
  readonly refusedJob?: string
  /** As of `RequestOutcome`. */
  readonly retryAfterSeconds?: number
  /** Node's error code, `deadline`, `overflow` (200 in flight) or what the good-answer rule missed; null when ok. */
  readonly error: string | null
  /** How the body of a failed answer begins, of the first of a kind only. */
  readonly body?: string
}

export interface CanaryWindow {
  readonly samples: readonly CanarySample[]
  readonly total: number
  readonly failed: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Longest gap between successful completions, the window's edges included; NaN without a sample. */
  readonly longestOutageMs: number
  readonly maxLatenessMs: number
}

export function latencyMs(sample: CanarySample): number {
  return msBetween(sample.intendedMs, sample.doneMs)
}

/** How long it took says how long such a request takes. */
export function isUsual({ burst }: CanarySample): boolean {
  return burst === undefined
}

/** Percentiles are over good samples: a fast wrong answer must not look like a fast system. */
export function summarizeCanary(samples: readonly CanarySample[], fromMs: Mono, toMs: Mono): CanaryWindow {
  const inWindow = samples.filter((sample) => sample.intendedMs >= fromMs && sample.intendedMs < toMs)
  const good = inWindow.filter((sample) => sample.ok)
  const latencies = good.map(latencyMs)
  return {
    samples: inWindow,
    total: inWindow.length,
    failed: inWindow.length - good.length,
    p50Ms: percentile(latencies, 50),
    p95Ms: percentile(latencies, 95),
    longestOutageMs: longestOutage(samples, fromMs, toMs),
    maxLatenessMs: inWindow.reduce((worst, sample) => Math.max(worst, msBetween(sample.intendedMs, sample.sentMs)), 0),
  }
}

/** Gap between successful completions of any request, so that an outage that outlasts the window's requests counts whole. */
function longestOutage(samples: readonly CanarySample[], fromMs: Mono, toMs: Mono): number {
  if (samples.length === 0) return Number.NaN
  // What was done before the window is as good as done at its beginning.
  const done = samples
    .filter((sample) => sample.ok)
    .map((sample) => latest(fromMs, sample.doneMs))
    .sort((one, other) => msBetween(other, one))
  let previous = fromMs
  let longest = 0
  for (const at of done) {
    if (previous >= toMs) break
    longest = Math.max(longest, msBetween(previous, at))
    previous = at
  }
  return Math.max(longest, msBetween(previous, toMs))
}

/** The most that were under way at once. */
export function mostUnderWay(samples: readonly CanarySample[]): number {
  const turns = samples.flatMap(({ sentMs, doneMs }) => [
    { atMs: sentMs, by: 1 },
    { atMs: doneMs, by: -1 },
  ])
  // Who ends in the moment in which another one begins makes room for it.
  turns.sort((one, other) => msBetween(other.atMs, one.atMs) || one.by - other.by)
  let [now, most] = [0, 0]
  for (const { by } of turns) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

/** How answers ended, the most frequent first: `58 × status 507, 2 × good`; `no answer` of none. */
export function endsText(samples: readonly CanarySample[]): string {
  const ends = [...Map.groupBy(samples, ({ ok, error }) => (ok ? 'good' : (error ?? 'bad answer')))]
  const told = ends.toSorted(([, one], [, other]) => other.length - one.length).slice(0, MOST_ENDS)
  return told.length === 0 ? 'no answer' : told.map(([end, all]) => `${all.length} × ${end}`).join(', ')
}
const MOST_ENDS = 5

/** Requests in a row that notice one dead backend of `backends` with 99 % (at least 5). */
export function recoveryStreak(backends: number): number {
  return Math.max(5, Math.ceil(Math.log(0.01) / Math.log(1 - 1 / Math.max(1, backends))))
}

type Rounded = Record<'p50Ms' | 'p95Ms' | 'longestOutageMs' | 'maxLatenessMs', number | null>

export function roundedWindow(window: CanaryWindow): Rounded {
  return {
    p50Ms: roundOrNull(window.p50Ms),
    p95Ms: roundOrNull(window.p95Ms),
    longestOutageMs: roundOrNull(window.longestOutageMs),
    maxLatenessMs: roundOrNull(window.maxLatenessMs),
  }
}
