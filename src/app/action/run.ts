/** Mode `run`: a stack is brought up, broken, loaded and judged. */
import { systemClock } from '../../core/time/clock.ts'
import { FAULTS } from '../../faults/registry.ts'
import { shortPrograms } from '../../github/step/short-programs.ts'
import { savePostState } from '../../github/step/state.ts'
import { createDockerClient } from '../../stack/docker/client.ts'
import { beginReporting, endStep, printed, stdoutLogger, stepReporters, trustOf, type ActionStep, type StepEnd } from './step.ts'
import { prepareToolboxImage } from '../images.ts'
import { loadPlan } from '../run/plan.ts'
import { plannedRunMs } from '../run/planned.ts'
import { newRunId } from '../run/outcome.ts'
import { runChaos } from '../run/run.ts'
import { runRequestOf, type AskedRun } from '../run/request.ts'
import { sweepDeadRuns } from '../cleanup/sweep-dead-runs.ts'

/** @throws BAD_INPUT before anything is started. */
export async function actionRun(step: ActionStep): Promise<StepEnd> {
  const { inputs, context, cancel, outDir } = step
  const { trusted } = trustOf(step)
  const runId = newRunId()
  // All of it: an input that has another name here would be left out without a word.
  const asked: Required<Omit<AskedRun, 'keepStack'>> = { ...inputs, runId }
  const request = runRequestOf(asked)
  const plannedMs = plannedRunMs(loadPlan(request), request)
  savePostState({ runId, stateDir: request.stateDir, outDir })
  const reported = await beginReporting(step, plannedMs)
  const outcome = await printed(async () => {
    // On GitHub's own machines there was nobody before us.
    if (context.runnerEnvironment === 'self-hosted') await sweepBefore(request.stateDir, cancel.signal)
    const common = { log: stdoutLogger, signal: cancel.signal, env: process.env }
    const ui = { ...common, reporters: stepReporters(outDir), versions: shortPrograms }
    return runChaos(trusted ? request : { ...request, untrusted: inputs.allowUntrusted }, ui)
  })
  return endStep(step, outcome, reported)
}

/** What dead runs of ours left on this machine would be in the way, and nobody else removes it. */
async function sweepBefore(stateFolder: string, signal: AbortSignal): Promise<void> {
  const docker = createDockerClient()
  const log = stdoutLogger
  await sweepDeadRuns({
    ...{ docker, stateDir: stateFolder, faults: FAULTS, log, signal, nowWallMs: systemClock.wallMs() },
    toolboxImage: (inner) => prepareToolboxImage({ docker, log, env: process.env, signal: inner }),
  })
}
