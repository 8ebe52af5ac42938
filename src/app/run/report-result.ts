/** Hands the result to all reporters, whoever made it: a run, a load, a merge. */
import type { RunResult } from '../../core/result/run.ts'
import type { Reporter } from '../../ports/reporter.ts'
import { withTrouble } from '../../core/verdict.ts'
import { fanOut, type FanOut } from '../../report/fan-out.ts'

/** A run with a crashed reporter must not pass: the others are then given the result that says so. */
export async function reportResult(result: RunResult, reporters: FanOut, all: readonly Reporter[]): Promise<RunResult> {
  const failures = await reporters.onEnd(result)
  if (failures.length === 0) return result
  const reasons = failures.map((failure) => `the reporter ${failure.reporter} broke in ${failure.hook}: ${failure.error}`)
  const spoiled: RunResult = {
    ...result,
    verdict: withTrouble(result.verdict),
    reasons: [...result.reasons, ...reasons],
  }
  const broken = new Set(failures.map((failure) => failure.reporter))
  await fanOut(all.filter((reporter) => !broken.has(reporter.name))).onEnd(spoiled)
  return spoiled
}
