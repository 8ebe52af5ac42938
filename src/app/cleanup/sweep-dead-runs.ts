/** Before a run on a machine that outlives its jobs: what dead runs of ours left there. */
import { msBetween, sinceEpochMs, wallAt, type Wall } from '../../core/time/moment.ts'
import { stat, utimes } from 'node:fs/promises'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../ports/reporter.ts'
import { isAborted } from '../../core/time/wait.ts'
import { findHolder } from '../../engine/undo/lease.ts'
import { knownRuns, runFolder } from '../../engine/undo/ledger.ts'
import { cleanupLines, cleanupRun, type CleanupOptions, type CleanupReport } from './undo.ts'

/** All of them together: nobody waits longer for their own run. */
const SWEEP_LIMIT_MS = 60_000
const MOST_RUNS = 20

export interface SweepOptions extends Omit<CleanupOptions, 'toolboxImage' | 'beforeRemoval'> {
  /** Asked for only when something is to be undone. */
  readonly toolboxImage: (signal: AbortSignal) => Promise<string>
  readonly nowWallMs: Wall
}

/**
 * Undoes and removes runs whose folder lies in the state directory and whose process is gone; no other, as only of those it
 * is known that nobody needs them. Never throws: whatever goes wrong is a warning, and no reason to run nothing.
 */
export async function sweepDeadRuns(options: SweepOptions): Promise<CleanupReport> {
  const { log, stateDir } = options
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(SWEEP_LIMIT_MS)])
  const runs: CleanupReport['runs'] = []
  try {
    const dead = await findDeadRuns(stateDir, options.nowWallMs, log)
    if (dead.length > MOST_RUNS)
      log.log('warn', `of ${dead.length} dead runs ${MOST_RUNS} are swept now, and others before the next run`)
    if (dead.length === 0) return { runs }
    const toolboxImage = await options.toolboxImage(signal).catch((error: unknown) => {
      log.log('warn', `faults of dead runs end with their containers, as there is no toolbox image: ${describeError(error)}`)
      return ''
    })
    for (const runId of dead.slice(0, MOST_RUNS)) {
      if (isAborted(signal)) throw signal.reason
      const report = await sweepDeadRun({ ...options, signal, toolboxImage }, runId, options.nowWallMs)
      if (report !== null) runs.push(report)
    }
  } catch (error) {
    log.log('warn', `dead runs could not be swept: ${describeError(error)}`)
  }
  return { runs }
}

/** null for one that could not be swept, as when another sweep was faster: a warning, and no reason to leave the others. */
async function sweepDeadRun(
  options: CleanupOptions,
  runId: string,
  nowWallMs: Wall,
): Promise<CleanupReport['runs'][number] | null> {
  const { log } = options
  try {
    await putLast(runFolder(options.stateDir, runId), nowWallMs)
    const report = await cleanupRun(options, runId)
    for (const problem of report.problems) log.log('warn', `of the dead run ${runId} something stays: ${problem}`)
    log.log('info', `swept the dead run ${cleanupLines(report)[0]}`)
    return report
  } catch (error) {
    log.log('warn', `the dead run ${runId} could not be swept: ${describeError(error)}`)
    return null
  }
}

/**
 * Ids of runs in the state directory whose process is gone for certain, those that wait longest first. One that cannot be
 * looked at is a warning, and none of them.
 */
export async function findDeadRuns(stateDir: string, nowWallMs: Wall, log: Logger): Promise<string[]> {
  const dead: { readonly runId: string; readonly sinceMs: Wall }[] = []
  for (const runId of await knownRuns(stateDir)) {
    const folder = runFolder(stateDir, runId)
    try {
      if ((await findHolder(folder, nowWallMs)) === 'gone') dead.push({ runId, sinceMs: wallAt((await stat(folder)).mtimeMs) })
    } catch (error) {
      log.log('warn', `whether run ${runId} is dead cannot be told: ${describeError(error)}`)
    }
  }
  return dead.sort((one, other) => msBetween(other.sinceMs, one.sinceMs)).map(({ runId }) => runId)
}

/** One that can never be removed must not keep its place before the others. */
async function putLast(folder: string, nowWallMs: Wall): Promise<void> {
  const seconds = sinceEpochMs(nowWallMs) / 1_000
  await utimes(folder, seconds, seconds)
}
