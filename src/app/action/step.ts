/** What the modes of the action have in common: how a result leaves the step. */
import { join, resolve } from 'node:path'
import { ChaosError } from '../../core/errors.ts'
import type { Logger, Reporter } from '../../ports/reporter.ts'
import { annotate, annotateWarning, annotationsOf } from '../../github/check/annotations.ts'
import { artifactPaths } from '../../github/artifacts/files.ts'
import { artifactNames } from '../../github/artifacts/names.ts'
import type { Cancel } from '../../github/event/cancel.ts'
import type { EventContext } from '../../github/event/context.ts'
import type { ActionInputs } from '../../github/step/inputs.ts'
import { setArtifactOutputs, setResultOutputs } from '../../github/step/outputs.ts'
import { RunReporting, type OpenReporting } from '../../github/run-reporting.ts'
import { saveOpenReporting, saveReported } from '../../github/step/state.ts'
import { withCommandsStopped } from '../../github/step/foreign-output.ts'
import { summaryReporter } from '../../github/step/summary.ts'
import { judgeTrust } from '../../github/event/trust.ts'
import { uploadArtifacts, type UploadOutcome } from '../../github/artifacts/upload.ts'
import { createGithub, type Github } from '../../github/client/octokit.ts'
import type { Permission } from '../../github/client/permission-help.ts'
import { tryReporting } from '../../github/client/try-reporting.ts'
import { consoleFormat } from '../../report/formats/console/format.ts'
import { consoleProgress } from '../../report/live/console-progress.ts'
import { consoleText } from '../../report/escape.ts'
import { render } from '../../report/render.ts'
import { fileReporter } from '../file-reporter.ts'
import type { RunOutcome } from '../run/outcome.ts'

export interface ActionStep {
  readonly inputs: ActionInputs
  readonly context: EventContext
  readonly cancel: Cancel
  readonly outDir: string
}

export interface StepEnd {
  readonly exitCode: number
  /** Something that cannot be stopped would keep the process alive. */
  readonly mustExit: boolean
}

/** Whether the code that this step would run is to be watched. @throws BAD_INPUT when it must not be run here at all. */
export function trustOf({ inputs, context }: Pick<ActionStep, 'inputs' | 'context'>): { readonly trusted: boolean } {
  const { eventName: event, dependabot, runnerEnvironment, pullRequest, triggeringRun, owner, repo } = context
  const ofRun = triggeringRun === null ? null : triggeringRun.headRepository?.toLowerCase() !== `${owner}/${repo}`.toLowerCase()
  const fromFork = pullRequest?.fromFork ?? ofRun
  const trust = judgeTrust({ event, fromFork, dependabot, runnerEnvironment, allow: inputs.allowUntrusted })
  if (trust.refuse !== null) throw new ChaosError('BAD_INPUT', trust.refuse)
  return trust
}

export function tempDir(): string {
  return process.env['RUNNER_TEMP'] ?? resolve('.')
}

/** Everything that a run writes beside its outputs. The console is for whoever opens the log. */
export function stepReporters(outDir: string): Reporter[] {
  const summary = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  return [
    consoleProgress({ stream: process.stdout, isTerminal: false }),
    fileReporter(outDir),
    ...(summary === '' ? [] : [summaryReporter(summary)]),
  ]
}

/** Only while the runner takes no commands: it may print foreign text. */
export const stdoutLogger: Logger = {
  log(level, text) {
    if (level === 'warn' || level === 'error') process.stdout.write(`${level}: ${consoleText(text, 2_000)}\n`)
  },
}

/** For reporting, when the runner takes commands again: every line is one, or cannot be one. */
const commandLogger: Logger = {
  log(level, text) {
    if (level === 'warn' || level === 'error') annotateWarning(consoleText(text, 2_000))
    else if (level === 'info') process.stdout.write(`${consoleText(text, 2_000)}\n`)
  },
}

/** The work of a step whose result is then printed. All of it may print foreign text: the runner takes no commands meanwhile. */
export function printed(work: () => Promise<RunOutcome>): Promise<RunOutcome> {
  return withCommandsStopped(async () => {
    const outcome = await work()
    process.stdout.write(render(consoleFormat, outcome.result))
    return outcome
  })
}

/** Tells the pull request that it runs, and post what is to be put right should main not come to its end. */
export async function beginReporting({ inputs, context, cancel }: ActionStep, plannedMs: number | null): Promise<Reported> {
  const reporting = new RunReporting({ context, inputs: inputs.report, warn: annotateWarning, log: commandLogger })
  // Beforehand, too: a main that is killed while it writes has perhaps written.
  saveOpenReporting(reporting.intended)
  const open = await reporting.begin(plannedMs, cancel.signal)
  saveOpenReporting(open)
  return { reporting, open }
}

export interface Reported {
  readonly reporting: RunReporting
  readonly open: OpenReporting
}

/**
 * Outputs, annotations, artifact, comment and check run, in this order, each whatever became of the others. Of a cancelled
 * job only the first two: the rest of its ten seconds belongs to nobody, and post puts the comment right.
 */
export async function endStep(step: ActionStep, outcome: RunOutcome, { reporting, open }: Reported): Promise<StepEnd> {
  const { inputs, cancel, outDir } = step
  const { result } = outcome
  const red = inputs.failOn.includes(result.verdict)
  setResultOutputs(result, outDir)
  annotate(annotationsOf(result, !inputs.failOn.includes('inconclusive')))
  const cancelled = cancel.exitCode()
  if (cancelled !== null) return { exitCode: cancelled, mustExit: false }
  const upload = await uploadResults(step, artifactPaths(result, inputs.report.logs), true)
  const links = { artifactUrl: upload.results?.url ?? null, reportUrl: upload.report?.url ?? null }
  await reporting.finish(open, result, links, inputs.failOn)
  saveReported()
  if (!red && outcome.exitCode !== 0)
    annotateWarning(`The verdict is ${result.verdict}, and the job goes on, as fail-on does not name it.`)
  return { exitCode: red ? outcome.exitCode : 0, mustExit: upload.isAbandoned }
}

/** What could not be done is a warning, and null. */
export function attempt<T>(
  { context, inputs, cancel }: ActionStep,
  what: string,
  permission: Permission,
  work: (github: Github, signal: AbortSignal) => Promise<T>,
  limitMs = 300_000,
): Promise<T | null> {
  return tryReporting({ what, permission, limitMs, signal: cancel.signal }, annotateWarning, async (signal) => {
    const github = await createGithub({ token: inputs.report.token, apiUrl: context.apiUrl, signal, log: commandLogger })
    return work(github, signal)
  })
}

export async function uploadResults(
  { inputs, context, outDir, cancel }: ActionStep,
  paths: readonly string[],
  hasReport: boolean,
): Promise<UploadOutcome> {
  const { artifactName, commentKey, artifactRetentionDays: retentionDays } = inputs.report
  const names = artifactNames({ base: artifactName, matrix: commentKey, attempt: context.runAttempt })
  const request = { outDir, paths, hasReport, names, retentionDays, tempDir: join(tempDir(), 'chaos-action-artifacts') }
  const upload = await uploadArtifacts(request, cancel.signal.aborted ? new AbortController().signal : cancel.signal)
  for (const warning of upload.warnings) annotateWarning(warning)
  setArtifactOutputs(upload)
  return upload
}
