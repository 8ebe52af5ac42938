/** Mode `report`: what another run found, which may have been a fork's, told by a run that may write. */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseResult } from '../../files/result/parse.ts'
import { ChaosError } from '../../core/errors.ts'
import type { RunVerdict } from '../../core/model.ts'
import type { RunResult } from '../../core/result/run.ts'
import { decideReport } from '../../core/verdict.ts'
import { annotateWarning } from '../../github/check/annotations.ts'
import { doneBody, noVerdictBody, type CommentFacts } from '../../github/comment/body.ts'
import { commentKey, matrixOfKey, type CommentMarker } from '../../github/comment/marker.ts'
import { downloadResults, type JobResult } from '../../github/artifacts/download-result.ts'
import type { EventContext, TriggeringRun } from '../../github/event/context.ts'
import { setVerdict } from '../../github/step/outputs.ts'
import { pullRequestOfRun } from '../../github/event/pull-request-of-run.ts'
import { ownMarkers, putStickyComment } from '../../github/comment/sticky.ts'
import { consoleText } from '../../report/escape.ts'
import { markdown } from '../../report/formats/markdown/format.ts'
import { render } from '../../report/render.ts'
import { attempt, tempDir, type ActionStep, type StepEnd } from './step.ts'

/** In the keys of comments, in place of the job. */
const JOB = 'report'
/** All jobs share what one step's summary may hold. */
const SUMMARY_BYTES = 1_000_000

type Job = Pick<JobResult, 'slug'> & ({ readonly result: RunResult } | { readonly why: string })
type Judged = Job & { readonly result: RunResult }

/** @throws BAD_INPUT outside of a workflow_run workflow. What cannot be read or posted is a warning. */
export async function actionReport(step: ActionStep): Promise<StepEnd> {
  const { context } = step
  const run = context.triggeringRun
  if (run === null)
    throw new ChaosError('BAD_INPUT', `mode report is for workflows of the event workflow_run, and this is ${context.eventName}`)
  const found = await attempt(step, `read the results of run ${run.id}`, 'actions: read', (github, signal) =>
    downloadResults(
      github,
      { owner: context.owner, repo: context.repo, runId: run.id, base: step.inputs.report.artifactName },
      { parse: parseResult, tempDir: join(tempDir(), 'chaos-action-report'), signal },
    ),
  )
  const jobs = found?.jobs ?? []
  if (found !== null && jobs.length === 0)
    annotateWarning(
      `run ${run.id} has no artifact ${step.inputs.report.artifactName}-…: it did not come to its upload, or its artifact-name is not the one that is given here`,
    )
  for (const name of found?.leftOut ?? []) annotateWarning(consoleText(`the artifact ${name} was not read: there are too many`))
  for (const job of jobs)
    if ('error' in job) annotateWarning(consoleText(`the artifact ${job.artifact} was refused: ${job.error.message}`, 1_500))
  const told = jobs.map((job): Job => ('result' in job ? job : { slug: job.slug, why: job.error.message }))
  const judged = told.filter((job): job is Judged => 'result' in job)
  await writeSummary(judged)
  setVerdict(verdictOf(told, found?.leftOut.length ?? 0))
  // Where not even the list could be had, nobody knows that there is no result.
  if (found !== null) await comment(step, run, told)
  return { exitCode: 0, mustExit: false }
}

async function comment(step: ActionStep, run: TriggeringRun, told: readonly Job[]): Promise<void> {
  const { context, inputs } = step
  if (inputs.report.comment === 'never') return
  const found = await attempt(step, 'find the pull request of the run', 'pull-requests: write', (github) =>
    pullRequestOfRun(github, context, run),
  )
  if (found === null) return
  if (found.pullRequest === null) {
    process.stdout.write(`${consoleText(`no comment: ${found.reason}`)}\n`)
    return
  }
  const place = { owner: context.owner, repo: context.repo, number: found.pullRequest.number }
  const markers = await attempt(step, 'read the comments', 'pull-requests: write', (github) => ownMarkers(github, place))
  const silent = silentJobs(markers ?? [], run, told)
  for (const job of [...told, ...silent]) {
    const facts = factsOf(context, run, job.slug)
    const red = 'why' in job || inputs.failOn.includes(job.result.verdict)
    const body = 'why' in job ? noVerdictBody(facts, job.why) : doneBody(facts, job.result)
    const wish = { marker: facts.marker, body, mode: inputs.report.comment, red }
    await attempt(step, `write the comment on pull request ${place.number}`, 'pull-requests: write', (github) =>
      putStickyComment(github, place, wish),
    )
  }
}

/** Jobs that an earlier run has a comment of, and this one no artifact that was read: what stands there is not what this commit showed. */
function silentJobs(markers: readonly CommentMarker[], run: TriggeringRun, told: readonly Job[]): Job[] {
  const known = new Set(told.map(({ slug }) => slug))
  const slugs = markers.map((marker) => matrixOfKey(marker.key, run.workflow, JOB)).filter((slug) => slug !== null)
  return [...new Set(slugs)]
    .filter((slug) => !known.has(slug))
    .map((slug) => ({ slug, why: 'the run has ended, and no result of this job was read' }))
}

/** The job of that run is not known; its artifact stands for it. */
function factsOf({ serverUrl, owner, repo }: EventContext, run: TriggeringRun, slug: string): CommentFacts {
  const key = commentKey(run.workflow, JOB, slug)
  return {
    marker: { key, commit: run.headSha, runId: run.id, runAttempt: run.attempt, state: 'done' },
    title: `${run.workflow}${slug === '' ? '' : ` (${slug})`}`,
    runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${run.id}`,
  }
}

async function writeSummary(judged: readonly Judged[]): Promise<void> {
  const file = process.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (file === '' || judged.length === 0) return
  const bytes = Math.floor(SUMMARY_BYTES / judged.length)
  for (const job of judged) await appendFile(file, render(markdown, job.result, { bytes }))
}

/** Of all jobs together. `leftOut`: how many were not looked at. */
export function verdictOf(jobs: readonly Job[], leftOut: number): RunVerdict {
  const verdicts = jobs.flatMap((job) => ('result' in job ? job.result.verdict : []))
  return decideReport(verdicts, jobs.length - verdicts.length + leftOut)
}
