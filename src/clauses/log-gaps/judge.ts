import { msBetween, type Wall } from '../../core/time/moment.ts'
import type { LogGapsSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { LogLine } from '../../ports/docker.ts'
import { median } from '../../core/statistics.ts'
import { msText, percentText } from '../shared/parts.ts'
import { isText, type Attempt } from './attempts.ts'

interface Group {
  readonly gapsMs: number[]
  openedMs: Wall | null
}

export interface GapGroups {
  /** How many lines could be read: those of JSON, or all of them as text. */
  readonly readable: number
  /** Gaps between attempts in ms, in order, of every group that had a line that begins one. */
  readonly groups: ReadonlyMap<string, readonly number[]>
}

/** Pure: looks at the lines in time order. Those that belong to no group are passed over. */
export function collectGaps(attempts: readonly Attempt[]): GapGroups {
  const groups = new Map<string, Group>()
  for (const { atMs, group: key, opens, ends } of attempts.filter(hasTime).sort((a, b) => msBetween(b.atMs, a.atMs))) {
    if (key === null) continue
    const group = groups.get(key)
    // A line may end one gap and begin the next.
    if (group !== undefined && group.openedMs !== null && ends) {
      group.gapsMs.push(msBetween(group.openedMs, atMs))
      group.openedMs = null
    }
    if (opens) {
      if (group) group.openedMs = atMs
      else groups.set(key, { gapsMs: [], openedMs: atMs })
    }
  }
  return { readable: attempts.length, groups: new Map([...groups].map(([key, group]) => [key, group.gapsMs])) }
}

/** Pure. Retries that were expected and are not in the log are a miss; only a log that nobody could read leaves it undecided. */
export function judgeGaps(spec: LogGapsSpec, lines: readonly LogLine[], attempts: readonly Attempt[]): Observation {
  const { readable, groups } = collectGaps(attempts)
  const counting = [...groups.values()].filter((gaps) => gaps.length >= spec.min_gaps)
  const growing = counting.filter((gaps) => grows(gaps, spec.growth))
  const expected = gapsExpected(spec)
  const lineNoun = isText(spec) ? 'lines' : 'JSON lines'
  if (readable === 0) {
    const observed = isText(spec) ? 'the log was empty' : `none of ${lines.length} log lines is JSON`
    return { expected, observed, met: null }
  }
  const most = Math.max(0, ...[...groups.values()].map((gaps) => gaps.length))
  if (counting.length < spec.min_groups) {
    const from = String(spec.from_regex ?? spec.from)
    const seen = `${counting.length} groups have ${spec.min_gaps} gaps or more, of ${groups.size} in which '${from}' was logged`
    return { expected, observed: `${seen} (at most ${most} gaps, ${readable} ${lineNoun})`, met: false }
  }
  return {
    expected,
    observed: `${percentText(growing.length / counting.length)} of ${counting.length} groups grow (median gaps ${medianGaps(counting)})`,
    met: growing.length / counting.length >= spec.share,
  }
}

function gapsExpected(spec: LogGapsSpec): string {
  const growth = `each gap ≥ ${spec.growth} × the one before`
  return `in ≥ ${percentText(spec.share)} of at least ${spec.min_groups} groups with ≥ ${spec.min_gaps} gaps ${growth}`
}

/** `log of queen-rbee: gaps by task_id …`. */
export function gapsText(spec: LogGapsSpec): string {
  return `log of ${spec.service}, gaps by ${String(spec.group_by_regex ?? spec.group_by)}: ${gapsExpected(spec)}`
}

function grows(gaps: readonly number[], growth: number): boolean {
  return gaps.every((gap, index) => index === 0 || gap >= growth * (gaps[index - 1] ?? Number.POSITIVE_INFINITY))
}

/** `104 → 207 → 409 ms`. */
function medianGaps(groups: readonly (readonly number[])[]): string {
  const longest = Math.min(6, Math.max(...groups.map((gaps) => gaps.length)))
  const medians = Array.from({ length: longest }, (_, place) => median(groups.flatMap((gaps) => gaps[place] ?? [])))
  return medians.map(msText).join(' → ')
}

function hasTime(attempt: Attempt): attempt is Attempt & { readonly atMs: Wall } {
  return attempt.atMs !== null
}
