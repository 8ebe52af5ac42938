/** Modes `nightly-issue` and `nightly-watchdog`: one issue while the nightly is red, or does not finish any more. */
import { systemClock } from '../../core/time/clock.ts'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseResult } from '../../files/result/parse.ts'
import { MOST_RESULT_BYTES } from '../../files/result/size.ts'
import { ChaosError } from '../../core/errors.ts'
import { decideReport } from '../../core/verdict.ts'
import type { ActionInputs } from '../../github/step/inputs.ts'
import { redNight, type NightlyWish, type RedNight } from '../../github/nightly/decision.ts'
import { putNightlyIssue } from '../../github/nightly/issue.ts'
import { lastFinishedRun, overdueWish } from '../../github/nightly/watchdog.ts'
import type { Github } from '../../github/client/octokit.ts'
import { setVerdict } from '../../github/step/outputs.ts'
import { consoleText } from '../../report/escape.ts'
import { attempt, type ActionStep, type StepEnd } from './step.ts'

const STEP_LIMIT_MS = 180_000
const LABEL = 'chaos-nightly'

/** @throws BAD_INPUT for a result that is none. An issue that cannot be written is a warning and fails the step: nobody else would notice. */
export async function actionNightly(step: ActionStep): Promise<StepEnd> {
  const { inputs, context } = step
  const key = workflowFile(inputs.nightly)
  const red = await redOf(inputs)
  const { runId, runAttempt, runUrl } = context
  setVerdict(decideReport([inputs.nightly.verdict ?? []].flat(), 0))
  return put(step, () => Promise.resolve({ key, run: { runId, runAttempt }, runUrl, red }))
}

export async function actionWatchdog(step: ActionStep): Promise<StepEnd> {
  const { inputs, context } = step
  const { workflow, maxAgeHours: limitHours } = inputs.nightly
  if (workflow === null)
    throw new ChaosError('BAD_INPUT', "mode nightly-watchdog needs nightly-workflow, the file name of the nightly's workflow")
  setVerdict('')
  const branch = process.env['GITHUB_REF_NAME'] ?? 'main'
  return put(step, async (github) => {
    const last = await lastFinishedRun(github, { owner: context.owner, repo: context.repo, workflow, branch })
    return overdueWish(last, { key: workflow, nowMs: systemClock.wallMs(), limitHours, watchdogUrl: context.runUrl })
  })
}

async function put(step: ActionStep, wishOf: (github: Github) => Promise<NightlyWish | null>): Promise<StepEnd> {
  const { owner, repo } = step.context
  const work = async (github: Github): Promise<string> => {
    const wish = await wishOf(github)
    if (wish === null) return 'a nightly has finished in time'
    const { action, url, why } = await putNightlyIssue(github, { owner, repo, label: LABEL }, wish)
    return `issue ${action}${url === null ? '' : `: ${url}`}${why === '' ? '' : ` (${why})`}`
  }
  const said = await attempt(step, 'keep the issue of the nightly', 'issues: write', work, STEP_LIMIT_MS)
  if (said !== null) process.stdout.write(`${consoleText(said)}\n`)
  return { exitCode: said === null ? 1 : 0, mustExit: false }
}

/** null: the night is green. */
async function redOf({ nightly }: ActionInputs): Promise<RedNight | null> {
  const { verdict, result: file } = nightly
  if (verdict === 'passed') return null
  if (file === null) return withoutResult(verdict)
  const { size } = await stat(file).catch(() => ({ size: Number.NaN }))
  if (!(size <= MOST_RESULT_BYTES)) return withoutResult(verdict)
  return redNight(parseResult(await readFile(file, 'utf8'), file)) ?? withoutResult(verdict)
}

function withoutResult(verdict: string | null): RedNight {
  const what = verdict ?? 'no verdict'
  return {
    title: `Nightly chaos run: ${what}`,
    text: `The night ended with ${what}, and left no result that could be read.`,
    failures: [`run ${what}`],
  }
}

function workflowFile({ workflow }: ActionInputs['nightly']): string {
  const ref = process.env['GITHUB_WORKFLOW_REF'] ?? ''
  const name = workflow ?? basename(ref.split('@')[0] ?? '')
  if (name !== '') return name
  throw new ChaosError(
    'BAD_INPUT',
    'the runner does not tell the file of this workflow (GITHUB_WORKFLOW_REF): give nightly-workflow',
  )
}
