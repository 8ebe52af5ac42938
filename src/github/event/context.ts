/** What GitHub says about the run: the event, whose commit is judged, and on which pull request. */
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { ChaosError, describeError } from '../../core/errors.ts'

export interface PullRequest {
  readonly number: number
  readonly headSha: string
  /** `owner:branch`. */
  readonly headLabel: string
  /** True also when the head's repository is gone: nobody can say any more that it was ours. */
  readonly fromFork: boolean
}

/** The run that ended before a `workflow_run` event, whose artifacts are data from somebody else. */
export type TriggeringRun = NonNullable<EventContext['triggeringRun']>
export type EventContext = Readonly<ReturnType<typeof readEventContext>>

type Env = Readonly<Record<string, string | undefined>>
/** The text of a file. @throws when it cannot be read or has over `mostBytes`. */
export type FileReader = (path: string, mostBytes: number) => string

/** GitHub delivers no event over 25 MB. */
const MOST_EVENT_BYTES = 26 * 1024 * 1024
const DEPENDABOT = 'dependabot[bot]'

const id = z.int().positive()
const sha = z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/)
const login = z.object({ login: z.string() }).nullish()

const PULL_REQUEST_EVENT = z.object({
  pull_request: z.object({
    number: id,
    user: login,
    head: z.object({
      sha,
      ref: z.string(),
      label: z.string().nullish(),
      user: login,
      repo: z.object({ id, full_name: z.string() }).nullish(),
    }),
    base: z.object({ repo: z.object({ id, full_name: z.string() }) }),
  }),
})

const WORKFLOW_RUN_EVENT = z.object({
  workflow_run: z.object({
    id,
    run_attempt: id.default(1),
    event: z.string(),
    name: z.string().nullish(),
    conclusion: z.string().nullish(),
    head_sha: sha,
    head_branch: z.string().nullish(),
    head_repository: z.object({ full_name: z.string(), owner: z.object({ login: z.string() }) }).nullish(),
    html_url: z.string(),
    actor: login,
  }),
})

const MERGE_GROUP_EVENT = z.object({ merge_group: z.object({ head_sha: sha, base_ref: z.string() }) })

/**
 * Everything that reporting and the check of untrusted code need to know.
 * @throws BAD_INPUT when a variable is missing or an event that decides whose code this is cannot be read. Nothing is
 * guessed: an unreadable pull request could be a fork's.
 */
export function readEventContext(env: Env, read: FileReader = readBounded) {
  const eventName = variable(env, 'GITHUB_EVENT_NAME')
  const [owner = '', repo = '', ...rest] = variable(env, 'GITHUB_REPOSITORY').split('/')
  if (owner === '' || repo === '' || rest.length > 0) throw damaged('GITHUB_REPOSITORY', env, 'owner/repo')
  const serverUrl = trimmed(env['GITHUB_SERVER_URL'], 'https://github.com')
  const runId = number(env, 'GITHUB_RUN_ID')
  const runAttempt = env['GITHUB_RUN_ATTEMPT'] === undefined ? 1 : number(env, 'GITHUB_RUN_ATTEMPT')
  const event = readEvent(eventName, env, read)
  return {
    eventName,
    ...{ owner, repo },
    /** Whose code the verdict is about: the pull request's head and not the merge that was made of it. */
    commit: event.commit ?? variable(env, 'GITHUB_SHA'),
    pullRequest: event.pullRequest ?? null,
    mergeGroup: event.mergeGroup ?? null,
    triggeringRun: event.triggeringRun ?? null,
    /** By actor or author. */
    dependabot: [env['GITHUB_ACTOR'], event.author].includes(DEPENDABOT),
    workflow: variable(env, 'GITHUB_WORKFLOW'),
    job: variable(env, 'GITHUB_JOB'),
    ...{ runId, runAttempt },
    runUrl: `${serverUrl}/${owner}/${repo}/actions/runs/${runId}/attempts/${runAttempt}`,
    apiUrl: trimmed(env['GITHUB_API_URL'], 'https://api.github.com'),
    serverUrl,
    /** `unknown` is to be treated as `self-hosted`. */
    runnerEnvironment: runnerEnvironment(env['RUNNER_ENVIRONMENT']),
  }
}

/**
 * Why this run's token can only read, so that nothing is even tried; null when it may write, if its job lets it.
 * GitHub gives such a token to a fork's and to Dependabot's `pull_request`, whatever the workflow asks for.
 */
export function readOnlyReason(context: EventContext): string | null {
  if (!/^pull_request(?:_review|_review_comment)?$/.test(context.eventName)) return null
  if (context.pullRequest?.fromFork === true) return 'the pull request comes from a fork'
  return context.dependabot ? 'the pull request comes from Dependabot' : null
}

type EventFacts = ReturnType<typeof pullRequestFacts> & ReturnType<typeof workflowRunFacts> & ReturnType<typeof mergeGroupFacts>

/** Of any other event nothing is needed, so its file is not even opened. */
function readEvent(name: string, env: Env, read: FileReader): Partial<EventFacts> {
  if (name.startsWith('pull_request')) return pullRequestFacts(parse(PULL_REQUEST_EVENT, name, env, read))
  if (name === 'workflow_run') return workflowRunFacts(parse(WORKFLOW_RUN_EVENT, name, env, read))
  return name === 'merge_group' ? mergeGroupFacts(parse(MERGE_GROUP_EVENT, name, env, read)) : {}
}

function mergeGroupFacts({ merge_group: { head_sha: headSha, base_ref: baseRef } }: z.infer<typeof MERGE_GROUP_EVENT>) {
  return { commit: headSha, mergeGroup: { headSha, baseRef } }
}

function pullRequestFacts({ pull_request: pull }: z.infer<typeof PULL_REQUEST_EVENT>) {
  const { head, base } = pull
  const owner = head.user?.login ?? head.repo?.full_name.split('/')[0] ?? ''
  const pullRequest: PullRequest = {
    number: pull.number,
    headSha: head.sha,
    headLabel: head.label ?? `${owner}:${head.ref}`,
    fromFork: head.repo?.id !== base.repo.id,
  }
  return { commit: head.sha, pullRequest, author: pull.user?.login }
}

function workflowRunFacts({ workflow_run: run }: z.infer<typeof WORKFLOW_RUN_EVENT>) {
  const owner = run.head_repository?.owner.login
  const branch = run.head_branch ?? null
  const triggeringRun = {
    id: run.id,
    attempt: run.run_attempt,
    event: run.event,
    workflow: run.name ?? '',
    conclusion: run.conclusion ?? null,
    headSha: run.head_sha,
    /** `owner:branch`; null when the head's repository is gone. */
    headLabel: owner === undefined || branch === null ? null : `${owner}:${branch}`,
    /** `owner/repo`; null when it is gone. */
    headRepository: run.head_repository?.full_name ?? null,
    url: run.html_url,
  }
  return { commit: run.head_sha, triggeringRun, author: run.actor?.login }
}

function parse<T>(schema: z.ZodType<T>, event: string, env: Env, read: FileReader): T {
  const path = variable(env, 'GITHUB_EVENT_PATH')
  let payload: unknown
  try {
    payload = JSON.parse(read(path, MOST_EVENT_BYTES))
  } catch (error) {
    throw new ChaosError('BAD_INPUT', `the file of the ${event} event cannot be read: ${describeError(error, 300)}`)
  }
  const parsed = schema.safeParse(payload)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.join('.') ?? ''
  throw new ChaosError(
    'BAD_INPUT',
    `the file of the ${event} event is not as GitHub documents it: ${where}: ${issue?.message ?? ''}`,
  )
}

function readBounded(path: string, mostBytes: number): string {
  const { size } = statSync(path)
  if (size > mostBytes) throw new ChaosError('BAD_INPUT', `it has ${size} bytes, at most ${mostBytes} are read`)
  return readFileSync(path, 'utf8')
}

function variable(env: Env, name: string): string {
  const value = env[name] ?? ''
  if (value === '') throw new ChaosError('BAD_INPUT', `${name} is not set: this is not a step of a GitHub workflow`)
  return value
}

function number(env: Env, name: string): number {
  const value = variable(env, name)
  if (!/^[1-9]\d{0,14}$/.test(value)) throw damaged(name, env, 'a whole number')
  return Number(value)
}

function damaged(name: string, env: Env, expected: string): ChaosError {
  return new ChaosError('BAD_INPUT', `${name} is "${(env[name] ?? '').slice(0, 200)}", expected ${expected}`)
}

function trimmed(url: string | undefined, otherwise: string): string {
  return (url === undefined || url === '' ? otherwise : url).replace(/\/+$/, '')
}

function runnerEnvironment(value: string | undefined): 'github-hosted' | 'self-hosted' | 'unknown' {
  return value === 'github-hosted' || value === 'self-hosted' ? value : 'unknown'
}
