/** The action's post step: removes what main left, after success, failure, cancel and SIGKILL alike. Never fails the job. */
import { systemClock } from '../../core/time/clock.ts'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../ports/reporter.ts'
import { waitUntil } from '../../core/time/wait.ts'
import { findHolder } from '../../engine/undo/lease.ts'
import { knownRuns, runFolder } from '../../engine/undo/ledger.ts'
import { FAULTS } from '../../faults/registry.ts'
import { annotateWarning } from '../../github/check/annotations.ts'
import { readEventContext } from '../../github/event/context.ts'
import { readInputs } from '../../github/step/inputs.ts'
import { RunReporting } from '../../github/run-reporting.ts'
import { loadOpenReporting, loadPostState, type PostState } from '../../github/step/state.ts'
import { consoleText } from '../../report/escape.ts'
import { composeDown } from '../../stack/compose/down.ts'
import { createDockerClient, type DockerClient } from '../../stack/docker/client.ts'
import { createSpawnExec } from '../../stack/programs/spawn-exec.ts'
import { runsInDocker } from '../../stack/sweep.ts'
import { prepareToolboxImage } from '../images.ts'
import { collectLeftoverLogs } from '../cleanup/collect-leftover-logs.ts'
import { cleanupLines, cleanupRuns, type CleanupReport, type CleanupStep } from '../cleanup/undo.ts'

/** Main's end, the undo, logs and compose take 120 s if each of them hangs; the rest is the removal's. */
const CLEANUP_LIMIT_MS = 150_000
/** The runner starts post when main is gone; a main that was killed a moment ago may still be dying. */
const MAIN_GONE_LIMIT_MS = 15_000

async function post(): Promise<void> {
  const state = await attempt('reading the state of main', () => Promise.resolve(loadPostState()), null)
  if (state === null) console.log('nothing to clean up: main did not come to its run')
  else await cleanUp(state)
  await attempt('putting the comment right', closeReporting, undefined)
}

/** Main was cancelled or killed before it could say what came of the run that it had announced. */
async function closeReporting(): Promise<void> {
  const open = loadOpenReporting()
  if (open === null) return
  const [inputs, context] = [readInputs(), readEventContext(process.env)]
  const deps = { context, inputs: inputs.report, warn: annotateWarning, log: warningLogger() }
  await new RunReporting(deps).abandon(open, 'cancelled', 'The run was cancelled before it had a verdict.')
}

async function cleanUp(state: PostState): Promise<void> {
  const signal = AbortSignal.timeout(CLEANUP_LIMIT_MS)
  const docker = createDockerClient()
  const onDisk = await attempt('reading the undo records', () => knownRuns(state.stateDir), [])
  const inDocker = await attempt('asking Docker for what carries the run’s label', () => runsInDocker(docker, signal), [
    state.runId,
  ])
  if (![...onDisk, ...inDocker].includes(state.runId)) {
    console.log(`nothing to clean up: run ${state.runId} removed everything itself`)
    return
  }
  await attempt('waiting for main to end', () => mainGone(state, signal), undefined)
  const log = warningLogger()
  // Without it faults end with their containers, by the removal.
  const image = (): Promise<string> => prepareToolboxImage({ docker, log, env: process.env, signal })
  const toolboxImage = await attempt('preparing the toolbox image', image, '')
  const report = await attempt<CleanupReport>(
    `cleaning up run ${state.runId}`,
    () => {
      const { stateDir, outDir } = state
      const beforeRemoval = postSteps(docker, outDir, log)
      const options = { docker, stateDir, faults: FAULTS, toolboxImage, log, signal, beforeRemoval }
      return cleanupRuns(options, state.runId)
    },
    { runs: [] },
  )
  for (const run of report.runs) {
    const [line, ...problems] = cleanupLines(run)
    if (run.leftAlone === null) console.log(`run ${line}`)
    else
      annotateWarning(
        `run ${run.runId} was left alone (${run.leftAlone}); \`chaos-action cleanup --run ${run.runId}\` removes it`,
      )
    for (const problem of problems) annotateWarning(consoleText(problem, 1_000))
  }
}

/** Between the undoing of faults and the removal by label, each with a try of its own. */
function postSteps(docker: DockerClient, outDir: string, log: Logger): CleanupStep[] {
  const { env } = process
  return [
    {
      name: 'collecting the logs of containers that are left',
      async run(runId, signal) {
        const files = await collectLeftoverLogs({ docker, outDir, env }, runId, signal)
        if (files.length > 0) log.log('info', `logs of ${files.length} services were saved`)
      },
    },
    {
      name: 'taking the stack down',
      run: (runId, signal) => composeDown({ docker, exec: createSpawnExec(), env, log }, runId, signal),
    },
  ]
}

async function mainGone(state: PostState, signal: AbortSignal): Promise<void> {
  await waitUntil(
    'the end of the main step',
    () => findHolder(runFolder(state.stateDir, state.runId), systemClock.wallMs()),
    (holder) => holder !== 'alive',
    { everyMs: 200, attemptMs: 2_000, limitMs: MAIN_GONE_LIMIT_MS, signal, clock: systemClock },
  )
}

/** A step that fails is a warning, and the next one runs all the same. */
async function attempt<T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work()
  } catch (error) {
    annotateWarning(`${what} failed: ${consoleText(describeError(error), 2_000)}`)
    return otherwise
  }
}

function warningLogger(): Logger {
  return {
    log(level, text) {
      if (level === 'warn' || level === 'error') annotateWarning(consoleText(text, 2_000))
    },
  }
}

await attempt('the post step', post, undefined)
