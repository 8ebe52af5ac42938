/** The pull request that a `workflow_run` event is about. The event itself names none when the head is a fork's. */
import { z } from 'zod'
import { readAll } from '../client/answers.ts'
import type { PullRequest, TriggeringRun } from './context.ts'
import type { Github } from '../client/octokit.ts'

export type FoundPullRequest =
  | { readonly pullRequest: PullRequest; readonly reason: null }
  /** `reason`, for people, why nothing is posted. */
  | { readonly pullRequest: null; readonly reason: string }

const REPOSITORY = z.object({ id: z.int(), full_name: z.string() }).nullish()
const PULL = z.object({
  number: z.int().positive(),
  head: z.object({ sha: z.string(), ref: z.string(), repo: REPOSITORY }),
  base: z.object({ repo: REPOSITORY }),
})
type Pull = z.infer<typeof PULL>

/**
 * The open pull request with the run's head branch, repository and commit. All three come from the event, which GitHub
 * wrote, and none from the artifact, which a stranger may have.
 */
export async function pullRequestOfRun(
  github: Github,
  place: { readonly owner: string; readonly repo: string },
  run: TriggeringRun,
): Promise<FoundPullRequest> {
  if (!run.event.startsWith('pull_request')) return none(`the run was started by ${run.event}, not by a pull request`)
  const { headLabel, headRepository } = run
  if (headLabel === null || headRepository === null) return none('the repository of the run’s head is gone')
  const pulls = await readAll('pull requests', z.array(PULL), (page) =>
    github.rest.pulls.list({ owner: place.owner, repo: place.repo, state: 'open', head: headLabel, ...page }),
  )
  // GitHub ignores a filter that it cannot use, and then lists everything.
  const ofHead = pulls.filter(({ head }) => sameName(head.repo?.full_name, headRepository) && headLabel.endsWith(`:${head.ref}`))
  const found = ofHead.filter(({ head }) => head.sha === run.headSha)
  const [pull, ...more] = found
  if (pull === undefined)
    return none(
      ofHead.length === 0
        ? `no open pull request comes from ${headLabel}`
        : `the pull request of ${headLabel} has moved on from ${run.headSha.slice(0, 7)}`,
    )
  if (more.length > 0) return none(`pull requests ${found.map(({ number }) => `#${number}`).join(', ')} all have this head`)
  return { pullRequest: toPullRequest(pull, headLabel), reason: null }
}

function toPullRequest({ number, head, base }: Pull, headLabel: string): PullRequest {
  return { number, headSha: head.sha, headLabel, fromFork: head.repo?.id === undefined || head.repo.id !== base.repo?.id }
}

/** GitHub's names differ in case only where they are the same. */
function sameName(a: string | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase()
}

function none(reason: string): FoundPullRequest {
  return { pullRequest: null, reason }
}
