/** What the action does in each mode. Loaded when the inputs are read: a misspelt one is told at once. */
import type { Mode } from '../../github/step/inputs.ts'
import { actionCleanup } from './cleanup.ts'
import { actionLoad } from './load.ts'
import { actionMerge } from './merge.ts'
import { actionNightly, actionWatchdog } from './nightly.ts'
import { actionReport } from './report.ts'
import { actionRun } from './run.ts'
import type { ActionStep, StepEnd } from './step.ts'

export const MODES: Readonly<Record<Mode, (step: ActionStep) => Promise<StepEnd>>> = {
  run: (step) => (step.inputs.load === null ? actionRun(step) : actionLoad(step, step.inputs.load)),
  report: actionReport,
  merge: actionMerge,
  cleanup: actionCleanup,
  'nightly-issue': actionNightly,
  'nightly-watchdog': actionWatchdog,
}
