/** All load patterns of a run, one after the other. */
import { describeError } from '../../core/errors.ts'
import type { LoadPattern } from '../../core/load.ts'
import type { LoadResult } from '../../core/result/load.ts'
import { isAborted, waitUntil } from '../../core/time/wait.ts'
import type { LoadDeps, LoadOptions } from '../deps.ts'
import { plannedLoadMs, tellLengths } from '../plan/planned.ts'
import { runPattern } from './pattern-run.ts'

/** Answers that were under way when the load ended, and what waited behind them. */
const CALM_LIMIT_MS = 30_000

/** `reasons` are those of the run: why not all patterns were run. */
export async function runPatterns(
  deps: LoadDeps,
  options: LoadOptions,
  patterns: readonly LoadPattern[],
  signal: AbortSignal,
): Promise<{ results: LoadResult[]; reasons: string[] }> {
  const results: LoadResult[] = []
  // A rehearsal runs no k6.
  const told = options.isRehearsal ? new Map<string, number>() : await tellLengths(deps, patterns, options.profile, signal)
  const plannedMs = (some: readonly LoadPattern[]): number => plannedLoadMs(some, options.profile, told)
  for (const [index, pattern] of patterns.entries()) {
    if (isAborted(signal)) return { results, reasons: [`interrupted before ${pattern.id}: ${describeError(signal.reason)}`] }
    deps.emit({
      type: 'scenario-started',
      id: pattern.id,
      name: pattern.name,
      index: options.before + index + 1,
      total: options.before + patterns.length,
      plannedMs: plannedMs([pattern]),
      leftMs: plannedMs(patterns.slice(index)),
    })
    const result = await runPattern(deps, options, pattern, signal)
    results.push(result)
    deps.emit({
      type: 'scenario-ended',
      id: pattern.id,
      verdict: result.verdict,
      durationMs: result.durationMs,
      summary: result.reasons[0] ?? `${result.users} users, ${result.requests} requests`,
      leftMs: plannedMs(patterns.slice(index + 1)),
    })
    const isLast = index === patterns.length - 1
    const trouble = isLast || isAborted(signal) ? null : await calm(deps, pattern, signal)
    if (trouble !== null) return { results, reasons: [`${trouble}; ${patterns.length - index - 1} load patterns were not run`] }
  }
  return { results, reasons: isAborted(signal) ? [`interrupted: ${describeError(signal.reason)}`] : [] }
}

/** A pattern must not find the stack as the one before it left it. @returns why it stays so, or null. */
async function calm(deps: LoadDeps, pattern: LoadPattern, signal: AbortSignal): Promise<string | null> {
  const options = { everyMs: 250, attemptMs: 5_000, limitMs: CALM_LIMIT_MS, signal, clock: deps.clock }
  try {
    await waitUntil(
      `a healthy system after ${pattern.id}`,
      (inner) => deps.target.unhealthy(inner),
      (sick) => sick === null,
      options,
    )
    return null
  } catch (error) {
    if (isAborted(signal)) return `interrupted after ${pattern.id}: ${describeError(signal.reason)}`
    if (deps.target.recreate === null) return describeError(error, 300)
    deps.log.log('warn', `${describeError(error, 300)}: the stack is made anew`)
  }
  try {
    await deps.target.recreate(signal)
    return null
  } catch (error) {
    return `the stack could not be recreated after ${pattern.id}: ${describeError(error)}`
  }
}
