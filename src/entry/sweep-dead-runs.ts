/** Before a run on a machine that outlives its jobs: what dead runs of ours left there. */
import { stat } from 'node:fs/promises'
import { describeError } from '../core/errors.ts'
import { isAborted } from '../core/wait.ts'
import { findHolder } from '../engine/lease.ts'
import { knownRuns, runFolder } from '../engine/ledger.ts'
import { cleanupRun, type CleanupOptions, type CleanupReport } from './undo.ts'

/** All of them together: nobody waits longer for their own run. */
const SWEEP_LIMIT_MS = 60_000
const MOST_RUNS = 20
/** A run makes its folder a moment before it signs for it. */
const UNSIGNED_MS = 60_000

export interface SweepOptions extends Omit<CleanupOptions, 'toolboxImage' | 'beforeRemoval'> {
  /** Asked for only when something is to be undone. */
  readonly toolboxImage: (signal: AbortSignal) => Promise<string>
  readonly nowWallMs: number
}

/**
 * Undoes and removes runs whose folder lies in the state directory and whose process is gone; no other, as only of those it
 * is known that nobody needs them. Never throws: whatever goes wrong is a warning, and no reason to run nothing.
 */
export async function sweepDeadRuns(options: SweepOptions): Promise<CleanupReport> {
  const { log, stateDir } = options
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(SWEEP_LIMIT_MS)])
  const runs: CleanupReport['runs'] = []
  let current = 'dead runs'
  try {
    const dead = await findDeadRuns(stateDir, options.nowWallMs)
    if (dead.length > MOST_RUNS)
      log.log('warn', `of ${String(dead.length)} dead runs ${String(MOST_RUNS)} are swept now, and others before the next run`)
    if (dead.length === 0) return { runs }
    const toolboxImage = await options.toolboxImage(signal).catch((error: unknown) => {
      log.log('warn', `faults of dead runs end with their containers, as there is no toolbox image: ${describeError(error)}`)
      return ''
    })
    for (const runId of dead.slice(0, MOST_RUNS)) {
      current = `the dead run ${runId}`
      if (isAborted(signal)) throw signal.reason
      const report = await cleanupRun({ ...options, signal, toolboxImage }, runId)
      runs.push(report)
      for (const problem of report.problems) log.log('warn', `of the dead run ${runId} something stays: ${problem}`)
      log.log(
        'info',
        `swept the dead run ${runId}: ${String(report.undone)} faults undone, ${String(report.removed)} objects removed`,
      )
    }
  } catch (error) {
    log.log('warn', `${current} could not be swept: ${describeError(error)}`)
  }
  return { runs }
}

/** Ids of runs in the state directory whose process is gone for certain. */
export async function findDeadRuns(stateDir: string, nowWallMs: number): Promise<string[]> {
  const dead: string[] = []
  for (const runId of await knownRuns(stateDir)) {
    const holder = await findHolder(runFolder(stateDir, runId))
    const isOldUnsigned = holder === 'unsigned' && (await ageMs(stateDir, runId, nowWallMs)) > UNSIGNED_MS
    if (holder === 'gone' || isOldUnsigned) dead.push(runId)
  }
  return dead
}

async function ageMs(stateDir: string, runId: string, nowWallMs: number): Promise<number> {
  // One that is gone meanwhile was not dead.
  const folder = await stat(runFolder(stateDir, runId)).catch(() => null)
  return folder === null ? 0 : nowWallMs - folder.mtimeMs
}
