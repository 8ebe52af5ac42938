/** What the action does in each mode. Loaded when the inputs are read: a misspelt one is told at once. */
import type { Mode } from '../github/inputs.ts'
import { actionCleanup } from './action-cleanup.ts'
import { actionLoad } from './action-load.ts'
import { actionMerge } from './action-merge.ts'
import { actionNightly, actionWatchdog } from './action-nightly.ts'
import { actionReport } from './action-report.ts'
import { actionRun } from './action-run.ts'
import type { ActionStep, StepEnd } from './action-step.ts'

export const MODES: Readonly<Record<Mode, (step: ActionStep) => Promise<StepEnd>>> = {
  run: (step) => (step.inputs.load === null ? actionRun(step) : actionLoad(step, step.inputs.load)),
  report: actionReport,
  merge: actionMerge,
  cleanup: actionCleanup,
  'nightly-issue': actionNightly,
  'nightly-watchdog': actionWatchdog,
}
