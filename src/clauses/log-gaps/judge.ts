import { msBetween, parseWall, wallAt, type Wall } from '../../core/time/moment.ts'
import type { JSONValue } from '@jmespath-community/jmespath'
import type { LogGapsSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { LogLine } from '../../ports/docker.ts'
import { median } from '../../core/statistics.ts'
import { msText, percentText } from '../shared/parts.ts'
import { ask, lineQuery, parseLine } from '../shared/json-lines.ts'

interface Group {
  readonly gapsMs: number[]
  openedMs: Wall | null
}

export interface GapGroups {
  readonly jsonLines: number
  /** Gaps between attempts in ms, in order, of every group that had a line for which `from` is true. */
  readonly groups: ReadonlyMap<string, readonly number[]>
}

/** Pure: reads the lines in time order. Lines that are not JSON objects, or belong to no group, are passed over. */
export function collectGaps(spec: LogGapsSpec, lines: readonly LogLine[]): GapGroups {
  const groupBy = lineQuery('log_gaps', 'group_by', spec.group_by)
  const from = lineQuery('log_gaps', 'from', spec.from)
  const to = lineQuery('log_gaps', 'to', spec.to)
  const at = spec.at === undefined ? null : lineQuery('log_gaps', 'at', spec.at)
  const groups = new Map<string, Group>()
  const json = lines.flatMap(({ text, atMs }) => {
    const parsed = parseLine(text)
    return parsed === null ? [] : [{ parsed, atMs: at === null ? atMs : lineTime(ask(at, parsed)) }]
  })
  for (const { parsed, atMs } of json.filter(hasTime).sort((a, b) => msBetween(b.atMs, a.atMs))) {
    const key = groupKey(ask(groupBy, parsed))
    if (key === null) continue
    const group = groups.get(key)
    // A line may end one gap and begin the next.
    if (group !== undefined && group.openedMs !== null && ask(to, parsed) === true) {
      group.gapsMs.push(msBetween(group.openedMs, atMs))
      group.openedMs = null
    }
    if (ask(from, parsed) === true) {
      if (group) group.openedMs = atMs
      else groups.set(key, { gapsMs: [], openedMs: atMs })
    }
  }
  return { jsonLines: json.length, groups: new Map([...groups].map(([key, group]) => [key, group.gapsMs])) }
}

/** Pure. Retries that were expected and are not in the log are a miss; only a log without JSON leaves it undecided. */
export function judgeGaps(spec: LogGapsSpec, lines: readonly LogLine[]): Observation {
  const { jsonLines, groups } = collectGaps(spec, lines)
  const counting = [...groups.values()].filter((gaps) => gaps.length >= spec.min_gaps)
  const growing = counting.filter((gaps) => grows(gaps, spec.growth))
  const expected = gapsExpected(spec)
  if (jsonLines === 0) return { expected, observed: `none of ${lines.length} log lines is JSON`, met: null }
  const most = Math.max(0, ...[...groups.values()].map((gaps) => gaps.length))
  if (counting.length < spec.min_groups) {
    const seen = `${counting.length} groups have ${spec.min_gaps} gaps or more, of ${groups.size} in which '${spec.from}' was logged`
    return { expected, observed: `${seen} (at most ${most} gaps, ${jsonLines} JSON lines)`, met: false }
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
  return `log of ${spec.service}, gaps by ${spec.group_by}: ${gapsExpected(spec)}`
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

/** null for what is no time: the line then belongs to no gap, and a gap that is missing is a miss. */
function lineTime(value: JSONValue): Wall | null {
  if (typeof value === 'number') return Number.isFinite(value) ? wallAt(value) : null
  return typeof value === 'string' ? parseWall(value) : null
}

function hasTime<T>(line: T & { readonly atMs: Wall | null }): line is T & { readonly atMs: Wall } {
  return line.atMs !== null
}

function groupKey(value: JSONValue): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
