/** Whose code a run would execute, and whether this machine may execute it. Pure. */
import type { AllowKind } from '../../untrusted/allow-untrusted.ts'

export interface TrustFacts {
  /** GITHUB_EVENT_NAME. */
  readonly event: string
  /** The event's pull request, or the run that it follows, comes from a fork; null: the event does not tell. */
  readonly fromFork: boolean | null
  /** Dependabot caused the event. */
  readonly dependabot: boolean
  /** RUNNER_ENVIRONMENT: `github-hosted` or `self-hosted`. Anything else is taken for the latter. */
  readonly runnerEnvironment: string
  readonly allow: ReadonlySet<AllowKind>
  /**
   * What lies in the workspace, for events that run in the name of the base branch: `base` its own commit, `other` any
   * other one. Left out: not known, so that it may be the fork's.
   */
  readonly workspace?: 'base' | 'other'
}

export interface Trust {
  /** False: what its compose stack asks of this machine must be allowed by name. */
  readonly trusted: boolean
  /** Why it is not run at all, and what to do; null when it is. */
  readonly refuse: string | null
}

/** They run the pull request's own code. */
const RUN_THE_HEAD: ReadonlySet<string> = new Set(['pull_request', 'pull_request_review', 'pull_request_review_comment'])
/** They run the base's code with its rights, unless the workflow fetches that of somebody else. */
const RUN_THE_BASE: ReadonlySet<string> = new Set(['pull_request_target', 'workflow_run', 'issue_comment'])

/**
 * A fork's code is not run on a machine that outlives the job, unless `allow-untrusted` says `fork`. Where it is run, and on
 * GitHub's own machines, it is not trusted. Dependabot's is of this repository, but what it brings in nobody has looked at:
 * it is run, and not trusted. Every other event runs what somebody with write access has put there.
 */
export function judgeTrust(facts: TrustFacts): Trust {
  if (!mayBeForks(facts)) return { trusted: !facts.dependabot, refuse: null }
  const isRefused = facts.runnerEnvironment !== 'github-hosted' && !facts.allow.has('fork')
  return { trusted: false, refuse: isRefused ? refusal(facts) : null }
}

function mayBeForks({ event, fromFork, workspace }: TrustFacts): boolean {
  if (fromFork === false) return false
  if (RUN_THE_HEAD.has(event)) return true
  return RUN_THE_BASE.has(event) && workspace !== 'base'
}

function refusal({ event, fromFork }: TrustFacts): string {
  const whose = fromFork === null ? 'what may be the code of a fork' : 'the code of a fork'
  return (
    `this is a self-hosted runner, and ${event} would run ${whose} on it, which could stay on the machine when the job is over. ` +
    'Run it on a runner of GitHub’s, or set allow-untrusted to fork if the machine is thrown away after each job.'
  )
}
