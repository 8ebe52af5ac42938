/** Whose code a run would execute, and whether this machine may execute it. Pure. */
import type { AllowKind } from '../../untrusted/allow-untrusted.ts'

export interface TrustFacts {
  readonly event: string
  /** The event's pull request, or the run that it follows, comes from a fork; null: the event does not tell. */
  readonly fromFork: boolean | null
  readonly dependabot: boolean
  /** RUNNER_ENVIRONMENT: `github-hosted` or `self-hosted`. Anything else is taken for the latter. */
  readonly runnerEnvironment: string
  readonly allow: ReadonlySet<AllowKind>
}

export interface Trust {
  /** False: what its compose stack asks of this machine must be allowed by name. */
  readonly trusted: boolean
  /** Why it is not run at all, and what to do; null when it is. */
  readonly refuse: string | null
}

/** They run the pull request's own code, or the base's code with its rights, unless the workflow fetches that of somebody else. */
const MAY_RUN_A_FORK: ReadonlySet<string> = new Set([
  ...['pull_request', 'pull_request_review', 'pull_request_review_comment'],
  ...['pull_request_target', 'workflow_run', 'issue_comment'],
])

/**
 * A fork's code is not run on a machine that outlives the job, unless `allow-untrusted` says `fork`. Where it is run, and on
 * GitHub's own machines, it is not trusted. Dependabot's is of this repository, but what it brings in nobody has looked at:
 * it is run, and not trusted. Every other event runs what somebody with write access has put there.
 */
export function judgeTrust(facts: TrustFacts): Trust {
  // Nobody knows what a workflow has put into the workspace: an event of the base's may run a fork's code as well.
  if (facts.fromFork === false || !MAY_RUN_A_FORK.has(facts.event)) return { trusted: !facts.dependabot, refuse: null }
  const isRefused = facts.runnerEnvironment !== 'github-hosted' && !facts.allow.has('fork')
  return { trusted: false, refuse: isRefused ? refusal(facts) : null }
}

function refusal({ event, fromFork }: TrustFacts): string {
  const whose = fromFork === null ? 'what may be the code of a fork' : 'the code of a fork'
  return (
    `this is a self-hosted runner, and ${event} would run ${whose} on it, which could stay on the machine when the job is over. ` +
    'Run it on a runner of GitHub’s, or set allow-untrusted to fork if the machine is thrown away after each job.'
  )
}
