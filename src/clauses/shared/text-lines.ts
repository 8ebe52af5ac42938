/** Log lines as text, whether they are JSON or not. */
import { setImmediate } from 'node:timers/promises'
import { createContext, runInContext, type Context } from 'node:vm'
import { ChaosError } from '../../core/errors.ts'
import { later } from '../../core/time/moment.ts'
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
 * Asks each line, within limits: for a pattern like `(a+)+$` a line of fifty letters may take years.
 * @throws BAD_INPUT for one that takes too long; what the signal says.
 */
export async function askLines<T>(
  clause: string,
  lines: readonly LogLine[],
  ask: (text: string) => T,
  { clock, signal }: Pick<ClauseContext, 'clock' | 'signal'>,
): Promise<T[]> {
  const answers: T[] = []
  // Each turn goes on where the one before it has left off.
  const rest = lines[Symbol.iterator]()
  const limitMs = later(clock.nowMs(), ALL_LIMIT_MS)
  const takeTurn = (): void => {
    const turnMs = later(clock.nowMs(), TURN_MS)
    for (const { text } of rest) {
      answers.push(ask(text))
      if (clock.nowMs() >= turnMs) break
    }
  }
  const context = createContext({ takeTurn })
  while (answers.length < lines.length) {
    signal.throwIfAborted()
    if (clock.nowMs() > limitMs) throw tooSlow(clause, `all ${lines.length} lines within ${ALL_LIMIT_MS} ms`)
    turnIn(context, clause)
    await setImmediate()
  }
  return answers
}

/** Only V8 can end a match that has begun, and does for what a context of its own has called. */
function turnIn(context: Context, clause: string): void {
  try {
    runInContext('takeTurn()', context, { timeout: LINE_LIMIT_MS })
  } catch (error) {
    throw isTimeout(error) ? tooSlow(clause, `a line of the log within ${LINE_LIMIT_MS} ms`) : error
  }
}

/** It is an error of the other context, and so no `Error` of this one. */
function isTimeout(error: unknown): boolean {
  return (error as Partial<NodeJS.ErrnoException> | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}

function tooSlow(clause: string, what: string): ChaosError {
  const advice =
    'begin the regular expression with what is rare instead of .*, and let nothing that repeats hold a repetition, as (a+)+ does'
  return new ChaosError('BAD_INPUT', `${clause}: could not match ${what}: ${advice}`)
}
