import type { CleanupReport } from './undo.ts'

/** What became of a run in one line, and a line for each thing that stays. */
export function cleanupLines(run: CleanupReport['runs'][number]): [string, ...string[]] {
  const { runId, leftAlone, undone, removed, problems } = run
  const what =
    leftAlone === null ? `${String(undone)} faults undone, ${String(removed)} objects removed` : `left alone: ${leftAlone}`
  return [`${runId}: ${what}`, ...problems.map((problem) => `not removed: ${problem}`)]
}
