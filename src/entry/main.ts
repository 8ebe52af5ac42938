/** The action's main step: inputs, run, outputs, summary, exit code. */
import { join, resolve } from 'node:path'
import type { Logger } from '../core/ports.ts'
import { annotate, annotateError, annotateWarning, annotationsOf } from '../github/annotations.ts'
import { watchCancel } from '../github/cancel.ts'
import { withCommandsStopped } from '../github/foreign-output.ts'
import { readInputs, type ActionInputs } from '../github/inputs.ts'
import { setResultOutputs, setSafeOutputs } from '../github/outputs.ts'
import { savePostState } from '../github/state.ts'
import { summaryReporter } from '../github/summary.ts'
import { consoleProgress } from '../report/console-progress.ts'
import { renderConsole } from '../report/console.ts'
import { consoleText } from '../report/escape.ts'
import { fileReporter } from './file-reporter.ts'
import { actionRoot, stateDir } from './paths.ts'
import { newRunId, runChaos, type RunOutcome } from './run.ts'

const USAGE_EXIT_CODE = 2

async function main(): Promise<void> {
  setSafeOutputs()
  const inputs = readInputs()
  const post = { runId: newRunId(), stateDir: stateDir(process.env) }
  savePostState(post)
  const cancel = watchCancel(inputs.timeoutMinutes * 60_000)
  try {
    const outDir = resolve(inputs.out)
    const outcome = await withCommandsStopped(() => runQuietly(inputs, outDir, post, cancel.signal))
    setResultOutputs(outcome.result, outDir)
    annotate(annotationsOf(outcome.result, inputs.allowInconclusive))
    process.exitCode = cancel.exitCode() ?? exitCode(outcome, inputs)
  } finally {
    cancel.stop()
  }
}

/** Everything that may print foreign text: it runs while the runner takes no commands. */
async function runQuietly(
  inputs: ActionInputs,
  outDir: string,
  post: { readonly runId: string; readonly stateDir: string },
  signal: AbortSignal,
): Promise<RunOutcome> {
  const summary = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  const reporters = [
    consoleProgress({ stream: process.stdout, isTerminal: false }),
    fileReporter(outDir),
    ...(summary === '' ? [] : [summaryReporter(summary)]),
  ]
  const request = {
    suites: inputs.suites,
    profile: inputs.profile,
    only: inputs.only,
    stackFile: resolve(inputs.stack ?? join(actionRoot(), 'stack', 'stack.json')),
    scenarioGlobs: inputs.scenarios,
    outDir,
    seed: inputs.seed,
    keepStack: false,
    strict: inputs.strict,
    noInject: inputs.noInject,
    defects: inputs.defects,
    load: {
      thresholds: inputs.thresholds,
      model: inputs.loadModel,
      k6Path: inputs.k6Path === null ? null : resolve(inputs.k6Path),
    },
    ...post,
  }
  const outcome = await runChaos(request, { reporters, log: stdoutLogger, signal, env: process.env })
  process.stdout.write(renderConsole(outcome.result))
  return outcome
}

/** Verdicts fail the job by their exit code; an allowed `inconclusive` is a warning that nobody can miss. */
function exitCode(outcome: RunOutcome, inputs: ActionInputs): number {
  if (outcome.result.verdict !== 'inconclusive' || !inputs.allowInconclusive) return outcome.exitCode
  annotateWarning('The verdict is inconclusive: nothing was shown. The job goes on because allow-inconclusive is true.')
  return 0
}

const stdoutLogger: Logger = {
  log(level, text) {
    if (level === 'warn' || level === 'error') process.stdout.write(`${level}: ${consoleText(text, 2_000)}\n`)
  },
}

try {
  await main()
} catch (error) {
  annotateError(error)
  process.exitCode = USAGE_EXIT_CODE
}
