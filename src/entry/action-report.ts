/** Mode `report`: what another run found, which may have been a fork's, told by a run that may write. */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseResult } from '../config/result-schema.ts'
import { ChaosError } from '../core/errors.ts'
import type { RunResult } from '../core/model.ts'
import { annotateWarning } from '../github/annotations.ts'
import { doneBody } from '../github/comment-body.ts'
import { commentKey } from '../github/comment-marker.ts'
import { downloadResults, type LegResult } from '../github/download-result.ts'
import type { EventContext, TriggeringRun } from '../github/event-context.ts'
import { createGithub, type Github } from '../github/octokit-client.ts'
import { setVerdict } from '../github/outputs.ts'
import type { Permission } from '../github/permission-help.ts'
import { pullRequestOfRun } from '../github/pull-request-of-run.ts'
import { putStickyComment } from '../github/sticky-comment.ts'
import { tryReporting } from '../github/try-reporting.ts'
import { renderMarkdown } from '../report/markdown.ts'
import { consoleText } from '../report/escape.ts'
import { commandLogger, tempDir, type ActionStep, type StepEnd } from './action-step.ts'

const STEP_LIMIT_MS = 300_000
/** All legs share what one step's summary may hold. */
const SUMMARY_BYTES = 1_000_000

interface Told {
  readonly leg: LegResult & { readonly result: RunResult }
}

/** @throws BAD_INPUT outside of a workflow_run workflow. What cannot be read or posted is a warning. */
export async function actionReport(step: ActionStep): Promise<StepEnd> {
  const { context } = step
  const run = context.triggeringRun
  if (run === null)
    throw new ChaosError('BAD_INPUT', `mode report is for workflows of the event workflow_run, and this is ${context.eventName}`)
  const found = await attempt(step, `read the results of run ${String(run.id)}`, 'actions: read', (github, signal) =>
    downloadResults(
      github,
      { owner: context.owner, repo: context.repo, runId: run.id, base: step.inputs.report.artifactName },
      { parse: parseResult, tempDir: join(tempDir(), 'chaos-action-report'), signal },
    ),
  )
  const legs = found?.legs ?? []
  for (const name of found?.leftOut ?? []) annotateWarning(consoleText(`the artifact ${name} was not read: there are too many`))
  for (const leg of legs)
    if ('error' in leg) annotateWarning(consoleText(`the artifact ${leg.artifact} was refused: ${leg.error.message}`, 1_500))
  const told = legs.flatMap((leg): Told[] => ('result' in leg ? [{ leg }] : []))
  await writeSummary(told)
  setVerdict(told.length === 0 ? 'error' : worst(told.map(({ leg }) => leg.result.verdict)))
  await comment(step, run, told)
  return { exitCode: 0, mustExit: false }
}

async function comment(step: ActionStep, run: TriggeringRun, told: readonly Told[]): Promise<void> {
  const { context, inputs } = step
  if (told.length === 0 || inputs.report.comment === 'never') return
  const found = await attempt(step, 'find the pull request of the run', 'pull-requests: write', (github) =>
    pullRequestOfRun(github, context, run),
  )
  if (found === null) return
  if (found.pullRequest === null) {
    process.stdout.write(`${consoleText(`no comment: ${found.reason}`)}\n`)
    return
  }
  const { number } = found.pullRequest
  for (const { leg } of told) {
    const { facts, red } = commentOf(context, run, leg, inputs.failOn)
    const wish = { marker: facts.marker, body: doneBody(facts, leg.result), mode: inputs.report.comment, red }
    await attempt(step, `write the comment on pull request ${String(number)}`, 'pull-requests: write', (github) =>
      putStickyComment(github, { owner: context.owner, repo: context.repo, number }, wish),
    )
  }
}

/** The job of that run is not known; its artifact stands for it. */
function commentOf(
  { serverUrl, owner, repo }: EventContext,
  run: TriggeringRun,
  leg: Told['leg'],
  failOn: ActionStep['inputs']['failOn'],
): { facts: Parameters<typeof doneBody>[0]; red: boolean } {
  const key = commentKey(run.workflow, 'report', leg.slug)
  const runUrl = `${serverUrl}/${owner}/${repo}/actions/runs/${String(run.id)}`
  return {
    red: failOn.includes(leg.result.verdict),
    facts: {
      marker: { key, commit: run.headSha, runId: run.id, runAttempt: run.attempt, state: 'done' },
      title: `${run.workflow}${leg.slug === '' ? '' : ` (${leg.slug})`}`,
      runUrl,
    },
  }
}

async function writeSummary(told: readonly Told[]): Promise<void> {
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (file === '' || told.length === 0) return
  const maxBytes = Math.floor(SUMMARY_BYTES / told.length)
  for (const { leg } of told) await appendFile(file, renderMarkdown(leg.result, { maxBytes }))
}

function worst(verdicts: readonly RunResult['verdict'][]): RunResult['verdict'] {
  return (['failed', 'error', 'inconclusive'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'passed'
}

function attempt<T>(
  { context, inputs, cancel }: ActionStep,
  what: string,
  permission: Permission,
  work: (github: Github, signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  return tryReporting({ what, permission, limitMs: STEP_LIMIT_MS, signal: cancel.signal }, annotateWarning, async (signal) => {
    const github = await createGithub({ token: inputs.report.token, apiUrl: context.apiUrl, signal, log: commandLogger })
    return work(github, signal)
  })
}
