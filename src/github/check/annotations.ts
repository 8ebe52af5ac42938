import { error, warning } from '@actions/core'
import { describeError, isChaosError } from '../../core/errors.ts'
import type { RunResult } from '../../core/result/run.ts'
import { consoleText, truncate, visibleText } from '../../report/escape.ts'
import { byUrgency, isProblem } from '../../report/facts.ts'

export interface Annotation {
  readonly level: 'error' | 'warning'
  readonly title: string
  readonly message: string
}

/** The runner shows ten of each level per step. */
const MOST_ERRORS = 10
const LONGEST_TITLE = 200
/** The runner cuts at 4 KiB. */
const LONGEST_MESSAGE = 4_000

/** One annotation for the run's own trouble, then one per scenario that is not green, failures first. */
export function annotationsOf(result: RunResult, allowInconclusive: boolean): Annotation[] {
  const annotations: Annotation[] = []
  if (result.reasons.length > 0)
    annotations.push({ level: 'error', title: `chaos: ${result.verdict}`, message: messageOf(result.reasons) })
  for (const { id, name, verdict, reasons, repeatCommand } of byUrgency([...result.scenarios, ...result.load]).filter(isProblem))
    annotations.push({
      level: verdict === 'inconclusive' && allowInconclusive ? 'warning' : 'error',
      title: `${consoleText(`${id} ${name}`, LONGEST_TITLE)}: ${verdict}`,
      message: messageOf(reasons, `Repeat: ${repeatCommand}`),
    })
  return annotations.slice(0, MOST_ERRORS)
}

/** The last line stays when the others have to be cut. */
function messageOf(reasons: readonly string[], last?: string): string {
  const lines = reasons.map((reason) => consoleText(reason, 1_000)).join('\n')
  if (last === undefined) return truncate(lines, LONGEST_MESSAGE)
  const end = consoleText(last, 1_000)
  return `${truncate(lines, LONGEST_MESSAGE - end.length - 1)}\n${end}`
}

/** The toolkit escapes titles and messages. */
export function annotate(annotations: readonly Annotation[]): void {
  for (const { level, title, message } of annotations) {
    if (level === 'error') error(message, { title })
    else warning(message, { title })
  }
}

export function annotateWarning(text: string): void {
  warning(truncate(visibleText(text), LONGEST_MESSAGE))
}

export function annotateError(cause: unknown): void {
  const hint = isChaosError(cause) && cause.hint !== undefined ? `\n${cause.hint}` : ''
  error(truncate(visibleText(`${describeError(cause, LONGEST_MESSAGE)}${hint}`), LONGEST_MESSAGE), { title: 'chaos: error' })
}
