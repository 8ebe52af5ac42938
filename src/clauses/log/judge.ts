import type { LogSpec } from './spec.ts'
import type { Observation } from '../../kinds/clause.ts'
import { ask, lineQuery, parseLine } from '../shared/json-lines.ts'
import type { ServiceLog } from '../shared/service-log.ts'

/** Pure. A log that may hold the lines in a form we cannot read, or did hold more than was kept, decides only what it shows. */
export function judgeLog(spec: LogSpec, log: ServiceLog): Observation {
  const expected = logExpected(spec)
  const query = lineQuery('log', 'matches', spec.matches)
  const parsed = log.lines.map((line) => parseLine(line.text)).filter((line) => line !== null)
  const count = parsed.filter((line) => ask(query, line) === true).length
  const observed = observedText(count, parsed.length, log)
  if (count > (spec.at_most ?? Infinity)) return { expected, observed, met: false }
  const enough = count >= (spec.at_least ?? 0)
  if (spec.at_most === undefined && enough) return { expected, observed, met: true }
  // From here on it matters what is not there.
  if (log.lines.length > 0 && (parsed.length === 0 || log.cut)) return { expected, observed, met: null }
  if (!enough) return { expected, observed, met: false }
  return { expected, observed, met: log.lines.length === 0 ? null : true }
}

/** `log of rbee-hive: at least 1 line where event == 'removed'`. */
export function logText(spec: LogSpec): string {
  return `log of ${spec.service}: ${logExpected(spec)}`
}

function logExpected({ at_least: least, at_most: most, matches }: LogSpec): string {
  const bounds = [...(least === undefined ? [] : [`at least ${least}`]), ...(most === undefined ? [] : [`at most ${most}`])]
  return `${bounds.join(' and ')} ${(most ?? least) === 1 ? 'line' : 'lines'} where ${matches}`
}

function observedText(count: number, jsonLines: number, { lines, cut }: ServiceLog): string {
  if (lines.length === 0) return 'the log was empty'
  if (jsonLines === 0) return `none of ${lines.length} log lines is JSON`
  const matching = `${count} of ${jsonLines} JSON lines`
  return cut ? `${matching}; the log was longer than what is kept of it` : matching
}
