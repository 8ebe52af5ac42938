/** What the double can do, by the operation ids of GitHub's OpenAPI. */
import { checkShape, commentShape, issueShape, labelShape, pullShape, runShape, type Sites } from './shapes.ts'
import { now, type CheckRun, type Comment, type Identity, type Issue, type Scope, type World } from './world.ts'

export interface Call {
  readonly world: World
  readonly identity: Identity
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Valid by its schema. */
  readonly body: Readonly<Record<string, unknown>>
  readonly sites: Sites
}

export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** The whole list: the server cuts the page out of it, and writes the Link header. */
  readonly list?: { readonly entries: readonly unknown[]; readonly wrap: (entries: readonly unknown[]) => unknown }
}

export interface DoubleOperation {
  /** One of these scopes is enough to write. Reading is free, as the repository is public. */
  readonly scopes: readonly Scope[]
  readonly handle: (call: Call) => Reply
}

const DOCUMENTATION = 'https://docs.github.com/rest'
const MOST_CHARACTERS = 65_536
const NOT_FOUND = refusal(404, 'Not Found')

export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: { message, documentation_url: DOCUMENTATION, status: String(status) } }
}

export function invalid(resource: string, field: string, code: string, message: string): Reply {
  const errors = [{ resource, field, code, message }]
  return { status: 422, body: { message: 'Validation Failed', errors, documentation_url: DOCUMENTATION, status: '422' } }
}

export const OPERATIONS: Readonly<Record<string, DoubleOperation>> = {
  'issues/list-comments': {
    scopes: [],
    handle: withIssue(({ world, sites }, issue) =>
      all(world.commentsOf(issue.number).map((one) => commentShape(one, world, sites))),
    ),
  },
  'issues/create-comment': {
    scopes: ['issues', 'pull_requests'],
    handle: withIssue(({ world, sites, body, identity }, issue) => {
      if (tooLong(body['body'])) return bodyTooLong('IssueComment')
      return { status: 201, body: commentShape(world.addComment(issue.number, text(body['body']), identity), world, sites) }
    }),
  },
  'issues/update-comment': {
    scopes: ['issues', 'pull_requests'],
    handle: withComment(({ world, sites, body }, comment) => {
      if (tooLong(body['body'])) return bodyTooLong('IssueComment')
      Object.assign(comment, { body: text(body['body']), updatedAt: now(), edits: comment.edits + 1 })
      return { status: 200, body: commentShape(comment, world, sites) }
    }),
  },
  'issues/delete-comment': {
    scopes: ['issues', 'pull_requests'],
    handle: withComment(({ world }, comment) => {
      world.removeComment(comment.id)
      return { status: 204 }
    }),
  },
  'issues/list-for-repo': { scopes: [], handle: listIssues },
  'issues/create': {
    scopes: ['issues'],
    handle: ({ world, sites, body, identity }) => {
      if (tooLong(body['body'])) return bodyTooLong('Issue')
      const labels = strings(body['labels'])
      for (const name of labels) if (!world.labels.some((one) => one.name === name)) world.addLabel(name)
      const issue = world.addIssue({ title: text(body['title']), body: text(body['body']), labels, author: identity })
      return { status: 201, body: issueShape(issue, world, sites) }
    },
  },
  'issues/update': {
    scopes: ['issues'],
    handle: withIssue((call, issue) => {
      if (tooLong(call.body['body'])) return bodyTooLong('Issue')
      updateIssue(issue, call.body)
      return { status: 200, body: issueShape(issue, call.world, call.sites) }
    }),
  },
  'issues/get-label': {
    scopes: [],
    handle: ({ world, sites, parameters }) => {
      const label = world.labels.find((one) => one.name === parameters['name'])
      return label === undefined ? NOT_FOUND : { status: 200, body: labelShape(label, world, sites) }
    },
  },
  'issues/create-label': {
    scopes: ['issues', 'pull_requests'],
    handle: ({ world, sites, body }) => {
      const name = text(body['name'])
      if (world.labels.some((one) => one.name === name)) return invalid('Label', 'name', 'already_exists', 'already exists')
      const label = world.addLabel(name, text(body['color']), text(body['description']))
      return { status: 201, body: labelShape(label, world, sites) }
    },
  },
  'pulls/list': { scopes: [], handle: listPulls },
  'checks/create': {
    scopes: ['checks'],
    handle: ({ world, sites, body }) => {
      const check: CheckRun = {
        ...{ id: world.nextId(), headSha: text(body['head_sha']), name: text(body['name']), status: 'queued', conclusion: null },
        ...{ detailsUrl: null, externalId: null, title: null, summary: null, text: null, annotations: [] },
        ...{ startedAt: now(), completedAt: null },
      }
      world.checks.push(check)
      updateCheck(check, body)
      return { status: 201, body: checkShape(check, world, sites) }
    },
  },
  'checks/update': {
    scopes: ['checks'],
    handle: ({ world, sites, body, parameters }) => {
      const check = world.checks.find(({ id }) => String(id) === parameters['check_run_id'])
      if (check === undefined) return NOT_FOUND
      updateCheck(check, body)
      return { status: 200, body: checkShape(check, world, sites) }
    },
  },
  'actions/list-workflow-runs': {
    scopes: [],
    handle: ({ world, sites, parameters, query }) => {
      const ofWorkflow = world.runs.filter(({ workflow }) => workflow === parameters['workflow_id'])
      const status = query.get('status')
      const branch = query.get('branch')
      const runs = ofWorkflow
        .filter(
          (run) =>
            (status === null || [run.status, run.conclusion].includes(status)) && (branch === null || run.branch === branch),
        )
        .sort((a, b) => b.id - a.id)
      const wrap = (entries: readonly unknown[]): unknown => ({ total_count: runs.length, workflow_runs: entries })
      return ofWorkflow.length === 0
        ? NOT_FOUND
        : { status: 200, list: { entries: runs.map((run) => runShape(run, world, sites)), wrap } }
    },
  },
}

function listIssues({ world, sites, query }: Call): Reply {
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '')
  const state = query.get('state') ?? 'open'
  const found = world.issues
    .filter((issue) => (state === 'all' || issue.state === state) && labels.every((name) => issue.labels.includes(name)))
    .sort((a, b) => b.number - a.number)
  return all(found.map((issue) => issueShape(issue, world, sites)))
}

function listPulls({ world, sites, query }: Call): Reply {
  const state = query.get('state') ?? 'open'
  const head = query.get('head')
  const found = world.issues.filter(({ pull, ...issue }) => {
    if (pull === null || (state !== 'all' && issue.state !== state)) return false
    const label = `${pull.headRepository.split('/')[0] ?? ''}:${pull.headRef}`
    // A filter without an owner is not used at all.
    return !(head?.includes(':') ?? false) || head === label
  })
  return all(found.sort((a, b) => b.number - a.number).map((issue) => pullShape(issue, world, sites)))
}

function updateIssue(issue: Issue, body: Call['body']): void {
  if (typeof body['title'] === 'string') issue.title = body['title']
  if (typeof body['body'] === 'string') issue.body = body['body']
  if (Array.isArray(body['labels'])) issue.labels = strings(body['labels'])
  if (body['state'] === 'open' || body['state'] === 'closed') {
    issue.state = body['state']
    issue.stateReason = typeof body['state_reason'] === 'string' ? body['state_reason'] : null
    issue.closedAt = body['state'] === 'closed' ? now() : null
  }
  issue.updatedAt = now()
}

/** Annotations are added to those that are there; a conclusion completes the run. */
function updateCheck(check: CheckRun, body: Call['body']): void {
  const output = record(body['output'])
  const optional = (value: unknown, otherwise: string | null): string | null => (typeof value === 'string' ? value : otherwise)
  check.conclusion = optional(body['conclusion'], check.conclusion)
  check.status = body['conclusion'] === undefined ? (optional(body['status'], check.status) ?? '') : 'completed'
  if (check.status === 'completed') check.completedAt ??= now()
  check.detailsUrl = optional(body['details_url'], check.detailsUrl)
  check.externalId = optional(body['external_id'], check.externalId)
  check.title = optional(output['title'], check.title)
  check.summary = optional(output['summary'], check.summary)
  check.text = optional(output['text'], check.text)
  check.annotations.push(...(Array.isArray(output['annotations']) ? output['annotations'].map(record) : []))
}

function withIssue(handle: (call: Call, issue: Issue) => Reply): DoubleOperation['handle'] {
  return (call) => {
    const issue = call.world.issues.find(({ number }) => String(number) === call.parameters['issue_number'])
    return issue === undefined ? NOT_FOUND : handle(call, issue)
  }
}

function withComment(handle: (call: Call, comment: Comment) => Reply): DoubleOperation['handle'] {
  return (call) => {
    const comment = call.world.comments.find(({ id }) => String(id) === call.parameters['comment_id'])
    return comment === undefined ? NOT_FOUND : handle(call, comment)
  }
}

function all(entries: readonly unknown[]): Reply {
  return { status: 200, list: { entries, wrap: (page) => page } }
}

function tooLong(body: unknown): boolean {
  return typeof body === 'string' && (body.length > MOST_CHARACTERS || Buffer.byteLength(body) > 4 * MOST_CHARACTERS)
}

function bodyTooLong(resource: string): Reply {
  return invalid(resource, 'body', 'custom', `body is too long (maximum is ${MOST_CHARACTERS} characters)`)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
