/** The action's main step: inputs, the mode's work, exit code. */
import { resolve } from 'node:path'
import { annotateError } from '../github/annotations.ts'
import { watchCancel } from '../github/cancel.ts'
import { readEventContext } from '../github/event-context.ts'
import { readInputs, type Mode } from '../github/inputs.ts'
import { maskToken } from '../github/mask.ts'
import { setSafeOutputs } from '../github/outputs.ts'
import { actionCleanup } from './action-cleanup.ts'
import { actionLoad } from './action-load.ts'
import { actionMerge } from './action-merge.ts'
import { actionNightly, actionWatchdog } from './action-nightly.ts'
import { actionReport } from './action-report.ts'
import { actionRun } from './action-run.ts'
import type { ActionStep, StepEnd } from './action-step.ts'

const USAGE_EXIT_CODE = 2

const MODES: Readonly<Record<Mode, (step: ActionStep) => Promise<StepEnd>>> = {
  run: (step) => (step.inputs.load === null ? actionRun(step) : actionLoad(step, step.inputs.load)),
  report: actionReport,
  merge: actionMerge,
  cleanup: actionCleanup,
  'nightly-issue': actionNightly,
  'nightly-watchdog': actionWatchdog,
}

async function main(): Promise<StepEnd> {
  setSafeOutputs()
  const inputs = readInputs()
  maskToken(inputs.report.token)
  const context = readEventContext(process.env)
  const cancel = watchCancel(inputs.timeoutMinutes * 60_000)
  try {
    return await MODES[inputs.mode]({ inputs, context, cancel, outDir: resolve(inputs.out) })
  } catch (error) {
    annotateError(error)
    return { exitCode: cancel.exitCode() ?? USAGE_EXIT_CODE, mustExit: false }
  } finally {
    cancel.stop()
  }
}

try {
  const { exitCode, mustExit } = await main()
  process.exitCode = exitCode
  // A library that cannot be told to stop would hold the job for minutes, and the runner does not wait for anything of ours.
  if (mustExit) process.exit()
} catch (error) {
  annotateError(error)
  process.exitCode = USAGE_EXIT_CODE
}
