/** What the double of GitHub knows: one repository, who may do what in it, and all that was written to it. */

export type Scope = 'issues' | 'pull_requests' | 'checks' | 'actions' | 'contents'
export type Grants = Readonly<Partial<Record<Scope, 'read' | 'write'>>>

export interface Identity {
  readonly login: string
  readonly id: number
  readonly type: 'Bot' | 'User'
  readonly grants: Grants
}

export interface Comment {
  readonly id: number
  readonly issue: number
  readonly author: Identity
  body: string
  readonly createdAt: string
  updatedAt: string
  /** How often it was edited. */
  edits: number
}

export interface Issue {
  readonly id: number
  readonly number: number
  readonly author: Identity
  title: string
  body: string
  state: 'open' | 'closed'
  stateReason: string | null
  labels: string[]
  readonly pull: Pull | null
  readonly createdAt: string
  updatedAt: string
  closedAt: string | null
}

export interface Pull {
  readonly headSha: string
  readonly headRef: string
  /** `owner/repo`. */
  readonly headRepository: string
  readonly baseRef: string
}

export interface CheckRun {
  readonly id: number
  readonly headSha: string
  name: string
  status: string
  conclusion: string | null
  detailsUrl: string | null
  externalId: string | null
  title: string | null
  summary: string | null
  text: string | null
  readonly annotations: Readonly<Record<string, unknown>>[]
  readonly startedAt: string
  completedAt: string | null
}

export interface WorkflowRun {
  readonly id: number
  /** The file's name. */
  readonly workflow: string
  readonly attempt: number
  readonly status: string
  readonly conclusion: string | null
  readonly branch: string
  readonly event: string
  readonly headSha: string
  readonly createdAt: string
  readonly updatedAt: string
}

export interface Label {
  readonly id: number
  readonly name: string
  readonly color: string
  readonly description: string | null
}

export const ALL_GRANTS: Grants = { issues: 'write', pull_requests: 'write', checks: 'write', actions: 'write', contents: 'read' }
export const ACTIONS_BOT: Identity = { login: 'github-actions[bot]', id: 41_898_282, type: 'Bot', grants: ALL_GRANTS }
export const SOMEBODY: Identity = { login: 'octocat', id: 583_231, type: 'User', grants: ALL_GRANTS }

/** Above 32 bits, as GitHub's are. */
const FIRST_ID = 5_000_000_001
export const REPOSITORY_ID = 1_296_269

export class World {
  readonly owner: string
  readonly repo: string
  readonly identities = new Map<string, Identity>()
  readonly comments: Comment[] = []
  readonly issues: Issue[] = []
  readonly checks: CheckRun[] = []
  readonly runs: WorkflowRun[] = []
  readonly labels: Label[] = []
  private lastId = FIRST_ID - 1

  constructor(owner: string, repo: string) {
    this.owner = owner
    this.repo = repo
  }

  nextId(): number {
    this.lastId += 1
    return this.lastId
  }

  addIssue(change: Partial<Omit<Issue, 'id'>> = {}): Issue {
    const issue: Issue = {
      ...{ id: this.nextId(), number: 1 + Math.max(0, ...this.issues.map(({ number }) => number)) },
      ...{ author: SOMEBODY, title: 'An issue', body: '', state: 'open', stateReason: null, labels: [], pull: null },
      ...{ createdAt: now(), updatedAt: now(), closedAt: null },
      ...change,
    }
    this.issues.push(issue)
    return issue
  }

  addPull(pull: Partial<Pull> & { readonly number?: number; readonly state?: Issue['state'] } = {}): Issue {
    const { number, state = 'open', ...change } = pull
    const head = { headSha: 'a'.repeat(40), headRef: 'feature', headRepository: `${this.owner}/${this.repo}`, baseRef: 'main' }
    return this.addIssue({
      ...(number === undefined ? {} : { number }),
      ...{ title: 'A pull request', state, pull: { ...head, ...change } },
    })
  }

  addComment(issue: number, body: string, author: Identity = SOMEBODY): Comment {
    const comment = { id: this.nextId(), issue, author, body, createdAt: now(), updatedAt: now(), edits: 0 }
    this.comments.push(comment)
    return comment
  }

  commentsOf(issue: number): Comment[] {
    return this.comments.filter((one) => one.issue === issue).sort((a, b) => a.id - b.id)
  }

  removeComment(id: number): boolean {
    const index = this.comments.findIndex((one) => one.id === id)
    if (index >= 0) this.comments.splice(index, 1)
    return index >= 0
  }

  addRun(change: Partial<WorkflowRun> = {}): WorkflowRun {
    const run = {
      ...{ id: this.nextId(), workflow: 'nightly.yml', attempt: 1, status: 'completed', conclusion: 'success', branch: 'main' },
      ...{ event: 'schedule', headSha: 'b'.repeat(40), createdAt: now(), updatedAt: now(), ...change },
    }
    this.runs.push(run)
    return run
  }

  addLabel(name: string, color = 'ededed', description: string | null = null): Label {
    const label = { id: this.nextId(), name, color, description }
    this.labels.push(label)
    return label
  }
}

/** GitHub's times have no fractions. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`
}
