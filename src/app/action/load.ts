/** Mode `run` with `load-url`: load patterns on a system that runs already, whole or as one of several generators. */
import { join, resolve } from 'node:path'
import { loadDescriptor } from '../../files/stack/file.ts'
import { ChaosError } from '../../core/errors.ts'
import { withCommandsStopped } from '../../github/step/foreign-output.ts'
import type { ActionInputs, AddressLoadInputs } from '../../github/step/inputs.ts'
import { setVerdict } from '../../github/step/outputs.ts'
import { savePostState } from '../../github/step/state.ts'
import { plannedLoadMs } from '../../load/run/in-turn.ts'
import { consoleFormat } from '../../report/formats/console/format.ts'
import { render } from '../../report/render.ts'
import { parseAddress } from '../load/address.ts'
import {
  beginReporting,
  endStep,
  stdoutLogger,
  stepReporters,
  trustOf,
  uploadResults,
  type ActionStep,
  type StepEnd,
} from './step.ts'
import { runAddressLoad, runAddressSegment, type AddressLoadRequest } from '../load/run.ts'
import { actionRoot, stateDir } from '../paths.ts'
import { choosePatterns } from '../run/plan.ts'
import { addressRepeatCommand } from '../repeat-command.ts'
import type { RunUi } from '../run/ui.ts'
import { newRunId } from '../run/run.ts'

/** @throws BAD_INPUT before anything is sent. */
export async function actionLoad(step: ActionStep, load: AddressLoadInputs): Promise<StepEnd> {
  const { inputs, cancel, outDir } = step
  // k6 would run a stranger's script on the machine's own network.
  if (!trustOf(step).trusted && !inputs.allowUntrusted.has('host-namespace'))
    throw new ChaosError('BAD_INPUT', 'load-url would run k6 with code that nobody has reviewed on the network of this machine', {
      hint: 'Set allow-untrusted to host-namespace if it may.',
    })
  const request = requestOf(step, load)
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
  const outcome = await withCommandsStopped(async () => {
    const ended = await runAddressLoad(request, ui)
    process.stdout.write(render(consoleFormat, ended.result))
    return ended
  })
  return endStep(step, outcome, reported)
}

function requestOf({ inputs, outDir }: ActionStep, load: AddressLoadInputs): AddressLoadRequest {
  const folders =
    load.scripts.length === 0
      ? loadDescriptor(join(actionRoot(), 'stack', 'stack.json')).loadFolders
      : load.scripts.map((folder) => resolve(folder))
  const k6Path = inputs.k6Path === null ? null : resolve(inputs.k6Path)
  const variables = Object.fromEntries(load.variables.map((name) => [name, valueOf(name)]))
  return {
    address: parseAddress(load.url),
    patterns: choosePatterns(folders, inputs.only, inputs.profile),
    profile: inputs.profile,
    load: { thresholds: inputs.thresholds, model: inputs.loadModel, k6Path },
    ...{ variables, outDir, stateDir: stateDir(process.env), runId: newRunId() },
    repeatCommand: (id) => addressRepeatCommand('load', flagsOf(inputs, load), id),
  }
}

function flagsOf(inputs: ActionInputs, load: AddressLoadInputs): Parameters<typeof addressRepeatCommand>[1] {
  return {
    url: load.url,
    profile: inputs.profile,
    scripts: load.scripts,
    variable: load.variables,
    threshold: inputs.thresholds,
    loadModel: inputs.loadModel,
    k6Path: inputs.k6Path,
  }
}

function valueOf(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw new ChaosError('BAD_INPUT', `load-variables names "${name.slice(0, 100)}", which is no name of a variable`)
  const value = process.env[name]
  if (value === undefined)
    throw new ChaosError('BAD_INPUT', `load-variables names ${name}, which is not set in the environment of the step`, {
      hint: 'Give the step an env: with it.',
    })
  return value
}
