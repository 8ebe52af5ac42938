/** What log lines say of attempts, read as JSON or as text. */
import { parseWall, wallAt, type Wall } from '../../core/time/moment.ts'
import type { JSONValue } from '@jmespath-community/jmespath'
import type { LogLine } from '../../ports/docker.ts'
import { ask, lineQuery, parseLine } from '../shared/json-lines.ts'
import { askLines, textQuery } from '../shared/text-lines.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { LogGapsSpec } from './spec.ts'

type AskContext = Pick<ClauseContext, 'clock' | 'signal'>

export interface Attempt {
  /** null for a line that has no time: it belongs to no gap, and a gap that is missing is a miss. */
  readonly atMs: Wall | null
  /** Which series of attempts it belongs to; null for none. */
  readonly group: string | null
  /** A gap runs from here. */
  readonly opens: boolean
  /** A gap runs to here. */
  readonly ends: boolean
}

/** One for each line that could be read. */
export async function attemptsIn(spec: LogGapsSpec, lines: readonly LogLine[], ctx: AskContext): Promise<Attempt[]> {
  return isText(spec) ? textAttempts(spec, lines, ctx) : jsonAttempts(spec, lines)
}

/** Whether lines are read as text: the schema lets through all of one way's keys and none of the other's. */
export function isText(spec: LogGapsSpec): boolean {
  return spec.from_regex !== undefined
}

export function jsonAttempts(spec: LogGapsSpec, lines: readonly LogLine[]): Attempt[] {
  const groupBy = lineQuery('log_gaps', 'group_by', String(spec.group_by))
  const from = lineQuery('log_gaps', 'from', String(spec.from))
  const to = lineQuery('log_gaps', 'to', String(spec.to))
  const at = spec.at === undefined ? null : lineQuery('log_gaps', 'at', spec.at)
  return lines.flatMap(({ text, atMs }) => {
    const line = parseLine(text)
    if (line === null) return []
    return {
      atMs: at === null ? atMs : lineTime(ask(at, line)),
      group: groupKey(ask(groupBy, line)),
      opens: ask(from, line) === true,
      ends: ask(to, line) === true,
    }
  })
}

async function textAttempts(spec: LogGapsSpec, lines: readonly LogLine[], ctx: AskContext): Promise<Attempt[]> {
  const groupBy = textQuery(String(spec.group_by_regex))
  const from = textQuery(String(spec.from_regex))
  const to = textQuery(String(spec.to_regex))
  return askLines(
    'log_gaps',
    lines,
    ({ text, atMs }) => {
      const [whole = null, ...groups] = groupBy(text) ?? []
      // A group that took no part tells nothing; without any group all that matched does.
      const group = groups.length === 0 ? whole : (groups[0] ?? null)
      return { atMs, group, opens: from(text) !== null, ends: to(text) !== null }
    },
    ctx,
  )
}

function lineTime(value: JSONValue): Wall | null {
  if (typeof value === 'number') return Number.isFinite(value) ? wallAt(value) : null
  return typeof value === 'string' ? parseWall(value) : null
}

function groupKey(value: JSONValue): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
