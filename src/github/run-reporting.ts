/** What the pull request sees of a run from its start to its end: the comment and the check run. None of it is the verdict. */
import type { RunVerdict } from '../core/model.ts'
import type { Logger } from '../ports/reporter.ts'
import type { Result } from '../report/facts.ts'
import { matrixSlug } from './artifacts/names.ts'
import { abandonCheck, completeCheck, startCheck, type CheckPlace } from './check/run.ts'
import { doneBody, runningBody, supersededBody, type CommentFacts } from './comment/body.ts'
import { commentKey, type CommentState } from './comment/marker.ts'
import { readOnlyReason, type EventContext } from './event/context.ts'
import type { ReportInputs } from './step/inputs.ts'
import { createGithub, type Github } from './client/octokit.ts'
import { putStickyComment } from './comment/sticky.ts'
import { tryReporting, type ReportingStep } from './client/try-reporting.ts'

/** The run does not wait longer for its first comment; at the end there is nothing to wait for it. */
const START_LIMIT_MS = 30_000
const END_LIMIT_MS = 120_000

/** What post must know to put an end to it when main cannot. Nothing secret. */
export interface OpenReporting {
  readonly comment: boolean
  /** null: there is no check run. */
  readonly checkId: number | null
}

export interface ReportLinks {
  readonly artifactUrl: string | null
  readonly reportUrl: string | null
}

export interface ReportingDeps {
  readonly context: EventContext
  readonly inputs: ReportInputs
  /** Shown to people; foreign text in it is escaped already. */
  readonly warn: (text: string) => void
  readonly log: Logger
}

type Bounds = Pick<ReportingStep, 'limitMs' | 'signal'>

export class RunReporting {
  private readonly deps: ReportingDeps
  private readonly matrix: string
  /** Why there is neither comment nor check run; null when there may be. */
  private readonly silent: string | null

  constructor(deps: ReportingDeps) {
    this.deps = deps
    this.matrix = matrixSlug(deps.inputs.commentKey)
    this.silent = deps.inputs.token === '' ? 'there is no token' : readOnlyReason(deps.context)
  }

  /** What `begin` will have to be followed by, as far as it is known before. */
  get intended(): OpenReporting {
    const { context, inputs } = this.deps
    const comment = this.silent === null && context.pullRequest !== null && inputs.comment !== 'never'
    return { comment, checkId: null }
  }

  /** Tells that it runs. `plannedMs`: null where nobody knows. */
  async begin(plannedMs: number | null, signal: AbortSignal): Promise<OpenReporting> {
    const { inputs, context, log } = this.deps
    if (this.silent !== null) {
      log.log('info', `no comment and no check run: ${this.silent}`)
      return { comment: false, checkId: null }
    }
    const { comment } = this.intended
    const start = { limitMs: START_LIMIT_MS, signal }
    const started = await Promise.all([
      comment ? this.comment('running', start, (facts) => runningBody(facts, plannedMs), false) : null,
      inputs.check ? this.check(start, (github) => startCheck(github, checkPlace(context, this.matrix))) : null,
    ])
    return { comment, checkId: started[1] }
  }

  /** A run that was aborted is reported too. `failOn`: verdicts that fail the job. */
  async finish(open: OpenReporting, result: Result, links: ReportLinks, failOn: readonly RunVerdict[]): Promise<void> {
    const red = failOn.includes(result.verdict)
    const { context } = this.deps
    const end = toTheEnd()
    const { checkId } = open
    const workspace = process.env['GITHUB_WORKSPACE'] ?? process.cwd()
    const options = { workspace, failOn }
    await Promise.all([
      open.comment ? this.comment('done', end, (facts) => doneBody({ ...facts, ...links }, result), red) : null,
      checkId === null
        ? null
        : this.check(end, (github) => completeCheck(github, checkPlace(context, this.matrix), checkId, result, options)),
    ])
  }

  /** For a run that has no verdict and never will have one. */
  async abandon(open: OpenReporting, conclusion: 'cancelled' | 'failure', why: string): Promise<void> {
    const { context } = this.deps
    const end = toTheEnd()
    const { checkId } = open
    await Promise.all([
      open.comment ? this.comment('superseded', end, supersededBody, true) : null,
      checkId === null
        ? null
        : this.check(end, (github) => abandonCheck(github, checkPlace(context, this.matrix), checkId, conclusion, why)),
    ])
  }

  private async comment(state: CommentState, bounds: Bounds, body: (facts: CommentFacts) => string, red: boolean): Promise<void> {
    const { context, inputs } = this.deps
    const { owner, repo, pullRequest } = context
    if (pullRequest === null) return
    const facts = commentFacts(context, { raw: inputs.commentKey, shown: this.matrix }, state)
    const wish = { marker: facts.marker, body: body(facts), mode: inputs.comment, red }
    const what = `write the comment on pull request ${pullRequest.number}`
    await this.attempt({ what, permission: 'pull-requests: write', ...bounds }, (github) =>
      putStickyComment(github, { owner, repo, number: pullRequest.number }, wish),
    )
  }

  private check<T>(bounds: Bounds, work: (github: Github) => Promise<T>): Promise<T | null> {
    return this.attempt({ what: 'write the check run', permission: 'checks: write', ...bounds }, work)
  }

  private attempt<T>(step: ReportingStep, work: (github: Github) => Promise<T>): Promise<T | null> {
    const { context, inputs, warn, log } = this.deps
    return tryReporting(step, warn, async (inner) =>
      work(await createGithub({ token: inputs.token, apiUrl: context.apiUrl, signal: inner, log })),
    )
  }
}

/** Its limit ends it, and nothing else: the run is over. */
function toTheEnd(): Bounds {
  return { limitMs: END_LIMIT_MS, signal: new AbortController().signal }
}

/** `raw` tells jobs apart that look the same when they are shown. */
function commentFacts(
  context: EventContext,
  matrix: { readonly raw: string; readonly shown: string },
  state: CommentState,
): CommentFacts {
  const { workflow, job, runId, runAttempt, commit, runUrl } = context
  const title = `${workflow} / ${job}${matrix.shown === '' ? '' : ` (${matrix.shown})`}`
  return { marker: { key: commentKey(workflow, job, matrix.raw), commit, runId, runAttempt, state }, title, runUrl }
}

function checkPlace(context: EventContext, matrix: string): CheckPlace {
  const { owner, repo, commit, runUrl, runId, runAttempt, job } = context
  return {
    ...{ owner, repo, commit, detailsUrl: runUrl, externalId: `${runId}.${runAttempt}` },
    name: `chaos / ${job}${matrix === '' ? '' : ` (${matrix})`}`,
  }
}
