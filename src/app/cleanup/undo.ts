/** Undoing what a dead run left: its open ledger entries first, then everything that carries its label. */
import { rm } from 'node:fs/promises'
import { systemClock } from '../../core/time/clock.ts'
import { assertNever, ChaosError, describeError } from '../../core/errors.ts'
import type { FaultKind } from '../../kinds/fault.ts'
import type { UndoContext } from '../../kinds/context.ts'
import type { Logger } from '../../ports/reporter.ts'
import { withDeadline } from '../../core/time/wait.ts'
import { findHolder } from '../../engine/undo/lease.ts'
import { PATIENT_UNDO } from '../../engine/options.ts'
import { closeEntry, knownRuns, readOpenEntries, runFolder, type LedgerEntry } from '../../engine/undo/ledger.ts'
import { leftoversOf, readBack, revertAll, type OpenFault } from '../../engine/undo/undo.ts'
import type { DockerClient } from '../../stack/docker/client.ts'
import { createContainers } from '../../stack/docker/containers.ts'
import { removeLeftovers, runsInDocker } from '../../stack/sweep.ts'
import { createToolbox } from '../../stack/helper/toolbox.ts'

/** For all faults of a run and the proof: one that hangs leaves a look its time, and several leave the removal its own. */
const UNDO_LIMIT_MS = PATIENT_UNDO.revertMs + PATIENT_UNDO.cleanMs

export interface CleanupOptions {
  readonly docker: DockerClient
  readonly stateDir: string
  readonly faults: ReadonlyMap<string, FaultKind>
  /** Where it is not to be had, faults that need a helper are not undone by their plan; what is removed is removed all the same. */
  readonly toolboxImage: string
  readonly log: Logger
  readonly signal: AbortSignal
  /** Between the undoing of faults and the removal of containers. One that fails is a warning. */
  readonly beforeRemoval?: readonly CleanupStep[]
}

export interface CleanupStep {
  readonly name: string
  run(runId: string, signal: AbortSignal): Promise<void>
}

export interface CleanupReport {
  readonly runs: {
    readonly runId: string
    /** Why nothing was touched; null when it was cleaned up. */
    readonly leftAlone: string | null
    readonly undone: number
    readonly removed: number
    readonly problems: string[]
  }[]
}

/** All dead runs, or the one that is named. A run that is alive, or may be, is left alone, and the report says so. */
export async function cleanupRuns(options: CleanupOptions, only: string | null): Promise<CleanupReport> {
  const inDocker = await runsInDocker(options.docker, options.signal)
  const known = [...new Set([...(await knownRuns(options.stateDir)), ...inDocker])].sort()
  if (only !== null && !known.includes(only)) {
    throw new ChaosError('BAD_INPUT', `there is no run ${only} to clean up (known: ${known.join(', ') || 'none'})`)
  }
  const runs: CleanupReport['runs'] = []
  for (const runId of known.filter((id) => only === null || id === only)) {
    try {
      const why = only === null ? await whyNotUnnamed(options.stateDir, runId) : null
      runs.push(why === null ? await cleanupRun(options, runId) : leftAlone(runId, why))
    } catch (error) {
      runs.push({ runId, leftAlone: null, undone: 0, removed: 0, problems: [describeError(error)] })
    }
  }
  return { runs }
}

/** Null only of a run that is gone for certain. Of one that cannot be asked only a person can know, who then names it. */
async function whyNotUnnamed(stateDir: string, runId: string): Promise<string | null> {
  // Looked at anew for each: one that was alive a moment ago may have ended meanwhile, and kept its stack.
  const isHere = (await knownRuns(stateDir)).includes(runId)
  const holder = isHere ? await findHolder(runFolder(stateDir, runId), systemClock.wallMs()) : 'missing'
  switch (holder) {
    case 'gone':
      return null
    case 'alive':
      return 'alive'
    case 'starting':
      return 'it may be starting just now'
    case 'unknown':
      return 'it was started on another machine, or by another user: name it with --run to remove it'
    case 'missing':
      return `not a run of ${stateDir}: name it with --run to remove it`
    default:
      return assertNever(holder, 'holder')
  }
}

function leftAlone(runId: string, why: string): CleanupReport['runs'][number] {
  return { runId, leftAlone: why, undone: 0, removed: 0, problems: [] }
}

/** Each step whatever became of the others: what one could not do is a warning, or among the problems if something stays. */
export async function cleanupRun(options: CleanupOptions, runId: string): Promise<CleanupReport['runs'][number]> {
  const folder = runFolder(options.stateDir, runId)
  if ((await findHolder(folder, systemClock.wallMs())) === 'alive') return leftAlone(runId, 'alive')
  const warn = (text: string): void => {
    options.log.log('warn', `${runId}: ${text}`)
  }
  let entries: LedgerEntry[] = []
  let unread: string[] = []
  try {
    entries = await readOpenEntries(folder)
  } catch (error) {
    unread = [`faults that were open cannot be told: ${describeError(error)}`]
  }
  // The sweep below removes the containers that the faults live in: what stays of one is a problem only if that fails too.
  const undone = await undoEntries(options, runId, entries, warn)
  for (const step of options.beforeRemoval ?? []) {
    try {
      await step.run(runId, options.signal)
    } catch (error) {
      warn(`${step.name}: ${describeError(error)}`)
    }
  }
  const { removed, problems } = await sweepRun(options, runId)
  const report = { runId, leftAlone: null, undone, removed, problems: [...unread, ...problems] }
  if (problems.length > 0) return report
  try {
    await rm(folder, { recursive: true, force: true })
  } catch (error) {
    report.problems.push(`its folder ${folder}: ${describeError(error)}`)
  }
  return report
}

/** @returns how many were undone and proven to be gone. What was not is a warning each. */
async function undoEntries(
  options: CleanupOptions,
  runId: string,
  entries: readonly LedgerEntry[],
  warn: (text: string) => void,
): Promise<number> {
  const folder = runFolder(options.stateDir, runId)
  const ctx = undoContext(options, runId, AbortSignal.any([options.signal, AbortSignal.timeout(UNDO_LIMIT_MS)]))
  let undone = 0
  // The ledger gives the newest first.
  const open = entries.toReversed().flatMap((entry): OpenFault[] => {
    try {
      const close = async (): Promise<void> => {
        await closeEntry(folder, entry.entry)
        undone += 1
      }
      return [{ undo: readBack(options.faults, entry), close, reverted: false }]
    } catch (error) {
      warn(`${entry.kind} of ${entry.scenarioId} was not undone by its plan: ${describeError(error)}`)
      return []
    }
  })
  for (const failure of await revertAll(open, ctx, PATIENT_UNDO.revertMs)) warn(`not undone by its plan: ${failure}`)
  try {
    const look = (signal: AbortSignal): Promise<string[]> => leftoversOf(open, { ...ctx, signal })
    const left = await withDeadline('a look at what is left', PATIENT_UNDO.cleanMs, ctx.signal, look, ctx.clock)
    for (const what of left) warn(`still there: ${what}`)
  } catch (error) {
    warn(`not proven to be undone: ${describeError(error)}`)
  }
  return undone
}

async function sweepRun({ docker, signal }: CleanupOptions, runId: string): Promise<{ removed: number; problems: string[] }> {
  try {
    const { removed, failed } = await removeLeftovers({ runId }, docker, signal)
    return {
      removed: removed.length,
      problems: failed.map(({ leftover, error }) => `${leftover.kind} ${leftover.name}: ${error}`),
    }
  } catch (error) {
    return { removed: 0, problems: [`what it left in Docker: ${describeError(error)}`] }
  }
}

function undoContext({ docker, log, toolboxImage }: CleanupOptions, runId: string, signal: AbortSignal): UndoContext {
  return {
    clock: systemClock,
    signal,
    log,
    runId,
    containers: createContainers({ docker, runId, feed: null }),
    toolbox: createToolbox({ docker, image: toolboxImage, runId, log }),
    // The sweep removes toxiproxy's container with the run, and its toxics with it.
    toxiproxy: () => Promise.resolve(null),
  }
}

/** What became of a run in one line, and a line for each thing that stays. */
export function cleanupLines(run: CleanupReport['runs'][number]): [string, ...string[]] {
  const { runId, leftAlone: why, undone, removed, problems } = run
  const what = why === null ? `${undone} faults undone, ${removed} objects removed` : `left alone: ${why}`
  return [`${runId}: ${what}`, ...problems.map((problem) => `not removed: ${problem}`)]
}
