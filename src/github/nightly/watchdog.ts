/** Notices that no nightly has finished for too long: a job that never starts cannot say so itself. */
import { msBetween, parseWall, type Wall } from '../../core/time/moment.ts'
import { z } from 'zod'
import { parseAnswer } from '../client/answers.ts'
import type { RunOrder } from '../comment/marker.ts'
import type { NightlyWish } from './decision.ts'
import type { Github } from '../client/octokit.ts'

export interface FinishedRun extends RunOrder {
  readonly conclusion: string
  readonly finishedAt: string
  readonly url: string
}

export interface WatchedWorkflow {
  readonly owner: string
  readonly repo: string
  /** The file's name, `nightly.yml`, or the workflow's id. */
  readonly workflow: string
  readonly branch: string
}

/** Green or red: what was cancelled, timed out or never started has shown nothing. */
const FINISHED = ['success', 'failure']
const HOUR_MS = 3_600_000

const RUNS = z.object({
  workflow_runs: z.array(
    z.object({
      id: z.int().positive(),
      run_attempt: z.int().positive().default(1),
      conclusion: z.string().nullable(),
      updated_at: z.iso.datetime(),
      html_url: z.string(),
    }),
  ),
})

/** The newest run of the workflow that came to an end of its own, among its last hundred; null when there is none. */
export async function lastFinishedRun(github: Github, { workflow, ...rest }: WatchedWorkflow): Promise<FinishedRun | null> {
  const query = { ...rest, workflow_id: workflow, status: 'completed' as const, per_page: 100 }
  const { data } = await github.rest.actions.listWorkflowRuns(query)
  const { workflow_runs: runs } = parseAnswer('workflow runs', RUNS, data)
  const finished = runs.filter(({ conclusion }) => FINISHED.includes(conclusion ?? ''))
  const newest = finished.reduce<(typeof finished)[number] | null>((a, b) => (a === null || b.id > a.id ? b : a), null)
  if (newest === null) return null
  const { id: runId, run_attempt: runAttempt, conclusion, updated_at: finishedAt, html_url: url } = newest
  return { runId, runAttempt, conclusion: conclusion ?? '', finishedAt, url }
}

/** What the issue has to say when the last nightly is older than the limit; null when it is not. */
export function overdueWish(
  last: FinishedRun | null,
  options: { readonly key: string; readonly nowMs: Wall; readonly limitHours: number; readonly watchdogUrl: string },
): NightlyWish | null {
  const { key, nowMs, limitHours, watchdogUrl } = options
  const finished = last === null ? null : parseWall(last.finishedAt)
  if (finished !== null && msBetween(finished, nowMs) <= limitHours * HOUR_MS) return null
  const since = last === null ? 'none has ever finished' : `the last one, ${last.url}, finished at ${last.finishedAt}`
  return {
    key,
    run: last ?? { runId: 0, runAttempt: 0 },
    runUrl: watchdogUrl,
    red: {
      title: 'Nightly chaos run: none has finished',
      text: `No nightly has finished in the last ${limitHours} hours: ${since}. Is its runner there?`,
      failures: ['no nightly finished'],
    },
  }
}
