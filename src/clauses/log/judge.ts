import type { LogSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import type { LogLine } from '../../ports/docker.ts'
import { ask, lineQuery, parseLine } from '../shared/json-lines.ts'
import type { ServiceLog } from '../shared/service-log.ts'

export interface Counted {
  readonly count: number
  /** Those that could be asked. */
  readonly readable: number
}

/** Pure. A log that may hold the lines in a form we cannot read, or did hold more than was kept, decides only what it shows. */
export function judgeLog(spec: LogSpec, log: ServiceLog, { count, readable }: Counted): Observation {
  const expected = logExpected(spec)
  const observed = observedText(spec, { count, readable }, log)
  if (count > (spec.at_most ?? Infinity)) return { expected, observed, met: false }
  const enough = count >= (spec.at_least ?? 0)
  if (spec.at_most === undefined && enough) return { expected, observed, met: true }
  // From here on it matters what is not there.
  if (log.lines.length > 0 && (readable === 0 || log.cut)) return { expected, observed, met: null }
  if (!enough) return { expected, observed, met: false }
  return { expected, observed, met: log.lines.length === 0 ? null : true }
}

/** `log of rbee-hive: at least 1 line where event == 'removed'`. */
export function logText(spec: LogSpec): string {
  return `log of ${spec.service}: ${logExpected(spec)}`
}

/** By the JMESPath expression `matches`. */
export function countJson({ matches }: LogSpec, lines: readonly LogLine[]): Counted {
  const query = lineQuery('log', 'matches', String(matches))
  const parsed = lines.map((line) => parseLine(line.text)).filter((line) => line !== null)
  return { count: parsed.filter((line) => ask(query, line) === true).length, readable: parsed.length }
}

function logExpected({ at_least: least, at_most: most, matches, line_regex: pattern }: LogSpec): string {
  const bounds = [...(least === undefined ? [] : [`at least ${least}`]), ...(most === undefined ? [] : [`at most ${most}`])]
  const which = pattern === undefined ? `where ${String(matches)}` : `with ${pattern}`
  return `${bounds.join(' and ')} ${(most ?? least) === 1 ? 'line' : 'lines'} ${which}`
}

function observedText(spec: LogSpec, { count, readable }: Counted, { lines, cut }: ServiceLog): string {
  if (lines.length === 0) return 'the log was empty'
  if (readable === 0) return `none of ${lines.length} log lines is JSON`
  const matching = `${count} of ${readable} ${spec.line_regex === undefined ? 'JSON lines' : 'lines'}`
  return cut ? `${matching}; the log was longer than what is kept of it` : matching
}
