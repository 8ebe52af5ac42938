/** Log lines as text, whether they are JSON or not. */
import { setImmediate } from 'node:timers/promises'
import { ChaosError } from '../../core/errors.ts'
import { later } from '../../core/time/moment.ts'
import { bounded } from '../../kinds/bounded.ts'
import { compiled } from '../../kinds/pattern.ts'
import type { ClauseContext } from '../../kinds/context.ts'
import type { LogLine } from '../../ports/docker.ts'

/** Docker hands out longer lines in pieces of this length: nothing of a piece is lost. */
const LONGEST_LINE = 16 * 1_024
/** Matching takes turns with all else of this process, the canary included. */
const TURN_MS = 20
/** Of one line, which nothing but its end can interrupt otherwise. */
const LINE_LIMIT_MS = 2_000
const ALL_LIMIT_MS = 10_000

/** What matched in a line: all of it, and its groups; null when nothing did. */
export type TextQuery = (line: string) => readonly (string | undefined)[] | null

export function textQuery(pattern: string): TextQuery {
  const regExp = compiled(pattern)
  return (line) => regExp.exec(line.slice(0, LONGEST_LINE))
}

/**
 * Asks each line, within limits.
 * @throws BAD_INPUT for one that takes too long; what the signal says.
 */
export async function askLines<T>(
  clause: string,
  lines: readonly LogLine[],
  ask: (line: LogLine) => T,
  { clock, signal }: Pick<ClauseContext, 'clock' | 'signal'>,
): Promise<T[]> {
  const answers: T[] = []
  // Each turn goes on where the one before it has left off.
  const rest = lines[Symbol.iterator]()
  const limitMs = later(clock.nowMs(), ALL_LIMIT_MS)
  const takeTurn = (): void => {
    const turnMs = later(clock.nowMs(), TURN_MS)
    for (const line of rest) {
      answers.push(ask(line))
      if (clock.nowMs() >= turnMs) break
    }
  }
  while (answers.length < lines.length) {
    signal.throwIfAborted()
    if (clock.nowMs() > limitMs) throw tooSlow(clause, `all ${lines.length} lines within ${ALL_LIMIT_MS} ms`)
    if (bounded(LINE_LIMIT_MS, takeTurn) === null) throw tooSlow(clause, `a line of the log within ${LINE_LIMIT_MS} ms`)
    await setImmediate()
  }
  return answers
}

function tooSlow(clause: string, what: string): ChaosError {
  const advice =
    'begin the regular expression with what is rare instead of .*, and let nothing that repeats hold a repetition, as (a+)+ does'
  return new ChaosError('BAD_INPUT', `${clause}: could not match ${what}: ${advice}`)
}
