/** Mode `run` with `load-url`: load patterns on a system that runs already, whole or as one of several generators. */
import { ChaosError } from '../../core/errors.ts'
import { withCommandsStopped } from '../../github/step/foreign-output.ts'
import type { AddressLoadInputs } from '../../github/step/inputs.ts'
import { setVerdict } from '../../github/step/outputs.ts'
import { savePostState } from '../../github/step/state.ts'
import { plannedLoadMs } from '../../load/plan/planned.ts'
import {
  beginReporting,
  endStep,
  printed,
  stdoutLogger,
  stepReporters,
  trustOf,
  uploadResults,
  type ActionStep,
  type StepEnd,
} from './step.ts'
import { addressLoadRequestOf, type AskedAddressLoad } from '../load/request.ts'
import { runAddressLoad, runAddressSegment } from '../load/run.ts'
import type { RunUi } from '../run/ui.ts'

/** @throws BAD_INPUT before anything is sent. */
export async function actionLoad(step: ActionStep, load: AddressLoadInputs): Promise<StepEnd> {
  const { inputs, cancel, outDir } = step
  // k6 would run a stranger's script on the machine's own network.
  if (!trustOf(step).trusted && !inputs.allowUntrusted.has('host-namespace'))
    throw new ChaosError('BAD_INPUT', 'load-url would run k6 with code that nobody has reviewed on the network of this machine', {
      hint: 'Set allow-untrusted to host-namespace if it may.',
    })
  load.variables.forEach(refuseUnset)
  const asked: Required<AskedAddressLoad> = { ...inputs, ...load }
  const request = addressLoadRequestOf('load', asked)
  const ui: RunUi = { reporters: stepReporters(outDir), log: stdoutLogger, signal: cancel.signal, env: process.env }
  savePostState({ runId: request.runId, stateDir: request.stateDir, outDir })
  const { segment } = load
  if (segment !== null) {
    const part = await withCommandsStopped(() => runAddressSegment(request, segment, load.startWallMs, ui))
    // A part that passes would be one more green that means nothing.
    setVerdict('')
    const upload = await uploadResults(step, [part.file], false)
    return { exitCode: 0, mustExit: upload.isAbandoned }
  }
  const reported = await beginReporting(step, plannedLoadMs(request.patterns, request.profile))
  const outcome = await printed(() => runAddressLoad(request, ui))
  return endStep(step, outcome, reported)
}

/** @throws BAD_INPUT for what is no name of a variable that the step has. */
function refuseUnset(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new ChaosError('BAD_INPUT', `load-variables names "${name.slice(0, 100)}", which is no name of a variable`)
  if (process.env[name] === undefined)
    throw new ChaosError('BAD_INPUT', `load-variables names ${name}, which is not set in the environment of the step`, {
      hint: 'Give the step an env: with it.',
    })
}
