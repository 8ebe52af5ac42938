/** Mode `run`: a stack is brought up, broken, loaded and judged. */
import { systemClock } from '../../core/time/clock.ts'
import { join, resolve } from 'node:path'
import { FAULTS } from '../../faults/registry.ts'
import { withCommandsStopped } from '../../github/step/foreign-output.ts'
import { shortPrograms } from '../../github/step/short-programs.ts'
import { savePostState } from '../../github/step/state.ts'
import { consoleFormat } from '../../report/formats/console/format.ts'
import { render } from '../../report/render.ts'
import { createDockerClient } from '../../stack/docker/client.ts'
import { beginReporting, endStep, stdoutLogger, stepReporters, trustOf, type ActionStep, type StepEnd } from './step.ts'
import { prepareToolboxImage } from '../images.ts'
import { actionRoot, stateDir } from '../paths.ts'
import { loadPlan } from '../run/plan.ts'
import { plannedRunMs } from '../run/planned.ts'
import { newRunId, runChaos, type RunOutcome } from '../run/run.ts'
import type { RunRequest } from '../run/request.ts'
import { sweepDeadRuns } from '../cleanup/sweep-dead-runs.ts'

/** @throws BAD_INPUT before anything is started. */
export async function actionRun(step: ActionStep): Promise<StepEnd> {
  const { inputs, context, cancel, outDir } = step
  const { trusted } = trustOf(step)
  const request = requestOf(step)
  const plannedMs = plannedRunMs(loadPlan(request), request)
  savePostState({ runId: request.runId ?? '', stateDir: request.stateDir, outDir })
  const reported = await beginReporting(step, plannedMs)
  // Everything that may print foreign text runs while the runner takes no commands.
  const outcome = await withCommandsStopped(async (): Promise<RunOutcome> => {
    // On GitHub's own machines there was nobody before us.
    if (context.runnerEnvironment === 'self-hosted') await sweepBefore(request.stateDir, cancel.signal)
    const common = { log: stdoutLogger, signal: cancel.signal, env: process.env }
    const ui = { ...common, reporters: stepReporters(outDir), versions: shortPrograms }
    const ended = await runChaos(trusted ? request : { ...request, untrusted: inputs.allowUntrusted }, ui)
    process.stdout.write(render(consoleFormat, ended.result))
    return ended
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

function requestOf({ inputs, outDir }: ActionStep): RunRequest {
  return {
    suites: inputs.suites,
    profile: inputs.profile,
    only: inputs.only,
    stackFile: resolve(inputs.stack ?? join(actionRoot(), 'stack', 'stack.json')),
    scenarioGlobs: inputs.scenarios,
    outDir,
    seed: inputs.seed,
    stacks: inputs.stacks,
    keepStack: false,
    strict: inputs.strict,
    noInject: inputs.noInject,
    defects: inputs.defects,
    load: {
      thresholds: inputs.thresholds,
      model: inputs.loadModel,
      k6Path: inputs.k6Path === null ? null : resolve(inputs.k6Path),
    },
    underLoad: inputs.underLoad,
    runId: newRunId(),
    stateDir: stateDir(process.env),
    untrusted: null,
  }
}
