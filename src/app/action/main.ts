/** The action's main step: inputs, the mode's work, exit code. */
import { resolve } from 'node:path'
import { annotateError } from '../../github/check/annotations.ts'
import { watchCancel } from '../../github/event/cancel.ts'
import { readEventContext } from '../../github/event/context.ts'
import { readInputs } from '../../github/step/inputs.ts'
import { maskToken } from '../../github/step/mask.ts'
import { setSafeOutputs } from '../../github/step/outputs.ts'
import { USAGE_EXIT_CODE } from '../exit-code.ts'
import type { StepEnd } from './step.ts'

async function main(): Promise<StepEnd> {
  setSafeOutputs()
  const inputs = readInputs()
  maskToken(inputs.report.token)
  const context = readEventContext(process.env)
  const cancel = watchCancel(inputs.timeoutMinutes * 60_000)
  try {
    const { MODES } = await import('./modes.ts')
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
