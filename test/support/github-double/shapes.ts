/** Objects as GitHub's REST API shows them: no less than its OpenAPI demands. */
import {
  REPOSITORY_ID,
  type CheckRun,
  type Comment,
  type Identity,
  type Issue,
  type Label,
  type WorkflowRun,
  type World,
} from './world.ts'

type Shape = Readonly<Record<string, unknown>>

/** `api` and `web`: where the double pretends to be, without a slash at the end. */
export interface Sites {
  readonly api: string
  readonly web: string
}

export function userShape({ login, id, type }: Identity, { api, web }: Sites): Shape {
  const url = `${api}/users/${encodeURIComponent(login)}`
  return {
    ...{
      login,
      id,
      node_id: nodeId('U', id),
      avatar_url: `${web}/avatars/${id}`,
      gravatar_id: '',
      url,
      html_url: `${web}/${login}`,
    },
    ...{ followers_url: `${url}/followers`, following_url: `${url}/following{/other_user}`, gists_url: `${url}/gists{/gist_id}` },
    ...{ starred_url: `${url}/starred{/owner}{/repo}`, subscriptions_url: `${url}/subscriptions` },
    ...{ organizations_url: `${url}/orgs`, repos_url: `${url}/repos`, events_url: `${url}/events{/privacy}` },
    ...{ received_events_url: `${url}/received_events`, type, site_admin: false },
  }
}

export function commentShape(comment: Comment, world: World, sites: Sites): Shape {
  const base = `${sites.api}/repos/${world.owner}/${world.repo}/issues`
  const page = world.issues.some(({ number, pull }) => number === comment.issue && pull !== null) ? 'pull' : 'issues'
  return {
    ...{ id: comment.id, node_id: nodeId('IC', comment.id), url: `${base}/comments/${comment.id}`, body: comment.body },
    html_url: `${sites.web}/${world.owner}/${world.repo}/${page}/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${base}/${comment.issue}`,
    user: userShape(comment.author, sites),
    ...{ created_at: comment.createdAt, updated_at: comment.updatedAt, author_association: 'NONE' },
    ...{ performed_via_github_app: null, reactions: reactions(`${base}/comments/${comment.id}/reactions`) },
  }
}

export function issueShape(issue: Issue, world: World, sites: Sites): Shape {
  const repository = `${sites.api}/repos/${world.owner}/${world.repo}`
  const url = `${repository}/issues/${issue.number}`
  const page = `${sites.web}/${world.owner}/${world.repo}`
  const pull = `${page}/pull/${issue.number}`
  return {
    ...{ id: issue.id, node_id: nodeId('I', issue.id), url, repository_url: repository, labels_url: `${url}/labels{/name}` },
    ...{ comments_url: `${url}/comments`, events_url: `${url}/events`, timeline_url: `${url}/timeline` },
    html_url: issue.pull === null ? `${page}/issues/${issue.number}` : pull,
    ...{ number: issue.number, state: issue.state, state_reason: issue.stateReason, title: issue.title, body: issue.body },
    ...{ user: userShape(issue.author, sites), labels: issue.labels.map((name) => labelOf(name, world, sites)) },
    ...{ assignee: null, assignees: [], milestone: null, locked: false, active_lock_reason: null },
    ...{ comments: world.commentsOf(issue.number).length, closed_at: issue.closedAt, created_at: issue.createdAt },
    ...{ updated_at: issue.updatedAt, closed_by: null, author_association: 'NONE', performed_via_github_app: null },
    reactions: reactions(`${url}/reactions`),
    ...(issue.pull === null
      ? {}
      : {
          draft: false,
          pull_request: {
            ...{ url: `${repository}/pulls/${issue.number}`, html_url: pull, diff_url: `${pull}.diff` },
            ...{ patch_url: `${pull}.patch`, merged_at: null },
          },
        }),
  }
}

export function labelShape(label: Label, world: World, { api }: Sites): Shape {
  const url = `${api}/repos/${world.owner}/${world.repo}/labels/${encodeURIComponent(label.name)}`
  const { id, name, color, description } = label
  return { id, node_id: nodeId('LA', id), url, name, color, description, default: false }
}

function labelOf(name: string, world: World, sites: Sites): Shape {
  const label = world.labels.find((one) => one.name === name)
  if (label === undefined) throw new Error(`the double has lost the label ${name}`)
  return labelShape(label, world, sites)
}

export function pullShape(issue: Issue, world: World, sites: Sites): Shape {
  const { pull } = issue
  if (pull === null) throw new Error(`#${issue.number} is no pull request`)
  const base = `${world.owner}/${world.repo}`
  const url = `${sites.api}/repos/${base}/pulls/${issue.number}`
  const issueUrl = `${sites.api}/repos/${base}/issues/${issue.number}`
  const page = `${sites.web}/${base}/pull/${issue.number}`
  const statuses = `${sites.api}/repos/${base}/statuses/${pull.headSha}`
  const href = (target: string): Shape => ({ href: target })
  return {
    ...{
      url,
      id: issue.id,
      node_id: nodeId('PR', issue.id),
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
    },
    ...{ issue_url: issueUrl, commits_url: `${url}/commits`, review_comments_url: `${url}/comments` },
    ...{ review_comment_url: `${sites.api}/repos/${base}/pulls/comments{/number}`, comments_url: `${issueUrl}/comments` },
    ...{ statuses_url: statuses, number: issue.number, state: issue.state, locked: false, title: issue.title },
    ...{ user: userShape(issue.author, sites), body: issue.body, labels: [], milestone: null, active_lock_reason: null },
    ...{ created_at: issue.createdAt, updated_at: issue.updatedAt, closed_at: issue.closedAt, merged_at: null },
    ...{ merge_commit_sha: null, assignee: null, assignees: [], requested_reviewers: [], requested_teams: [] },
    head: branchShape(pull.headRepository, pull.headRef, pull.headSha, world, sites),
    base: branchShape(base, pull.baseRef, 'c'.repeat(40), world, sites),
    _links: {
      ...{ self: href(url), html: href(page), issue: href(issueUrl), comments: href(`${issueUrl}/comments`) },
      ...{ review_comments: href(`${url}/comments`), review_comment: href(`${url}/comments{/number}`) },
      ...{ commits: href(`${url}/commits`), statuses: href(statuses) },
    },
    ...{ author_association: 'NONE', auto_merge: null, draft: false },
  }
}

function branchShape(fullName: string, ref: string, sha: string, world: World, sites: Sites): Shape {
  const [owner = ''] = fullName.split('/')
  const user = userShape({ login: owner, id: numberOf(owner), type: 'User', grants: {} }, sites)
  return { label: `${owner}:${ref}`, ref, sha, user, repo: repositoryShape(fullName, world, sites) }
}

export function checkShape(check: CheckRun, world: World, { api, web }: Sites): Shape {
  const url = `${api}/repos/${world.owner}/${world.repo}/check-runs/${check.id}`
  return {
    ...{ id: check.id, node_id: nodeId('CR', check.id), head_sha: check.headSha, external_id: check.externalId, url },
    ...{ html_url: `${web}/${world.owner}/${world.repo}/runs/${check.id}`, details_url: check.detailsUrl },
    ...{ status: check.status, conclusion: check.conclusion, started_at: check.startedAt, completed_at: check.completedAt },
    output: {
      ...{ title: check.title, summary: check.summary, text: check.text },
      ...{ annotations_count: check.annotations.length, annotations_url: `${url}/annotations` },
    },
    ...{ name: check.name, check_suite: { id: 5 }, app: null, pull_requests: [] },
  }
}

export function runShape(run: WorkflowRun, world: World, sites: Sites): Shape {
  const name = `${world.owner}/${world.repo}`
  const url = `${sites.api}/repos/${name}/actions/runs/${run.id}`
  const repository = repositoryShape(name, world, sites)
  return {
    ...{ id: run.id, name: run.workflow, node_id: nodeId('WFR', run.id), head_branch: run.branch, head_sha: run.headSha },
    ...{ path: `.github/workflows/${run.workflow}`, run_number: 1, run_attempt: run.attempt, event: run.event },
    ...{ status: run.status, conclusion: run.conclusion, workflow_id: numberOf(run.workflow), url },
    ...{ html_url: `${sites.web}/${name}/actions/runs/${run.id}`, pull_requests: [], display_title: run.workflow },
    ...{ created_at: run.createdAt, updated_at: run.updatedAt, run_started_at: run.createdAt, head_commit: null },
    ...{ repository, head_repository: repository, jobs_url: `${url}/jobs`, logs_url: `${url}/logs` },
    ...{ check_suite_url: `${sites.api}/repos/${name}/check-suites/5`, artifacts_url: `${url}/artifacts` },
    ...{ cancel_url: `${url}/cancel`, rerun_url: `${url}/rerun`, workflow_url: `${sites.api}/repos/${name}/actions/workflows/1` },
  }
}

function repositoryShape(fullName: string, world: World, sites: Sites): Shape {
  const [owner = '', name = ''] = fullName.split('/')
  const own = fullName === `${world.owner}/${world.repo}`
  const id = own ? REPOSITORY_ID : numberOf(fullName)
  const url = `${sites.api}/repos/${fullName}`
  return {
    ...{ id, node_id: nodeId('R', id), name, full_name: fullName, private: false, fork: !own, description: null, url },
    ...{
      owner: userShape({ login: owner, id: numberOf(owner), type: 'User', grants: {} }, sites),
      html_url: `${sites.web}/${fullName}`,
    },
    ...Object.fromEntries(REPOSITORY_LINKS.map((path) => [`${path}_url`, `${url}/${path}`])),
    ...{
      clone_url: `${sites.web}/${fullName}.git`,
      git_url: 'git://example',
      ssh_url: 'git@example',
      svn_url: `${sites.web}/${fullName}`,
    },
    ...{
      default_branch: 'main',
      homepage: null,
      language: null,
      license: null,
      mirror_url: null,
      archived: false,
      disabled: false,
    },
    ...{
      forks: 0,
      forks_count: 0,
      open_issues: 0,
      open_issues_count: 0,
      size: 1,
      stargazers_count: 0,
      watchers: 0,
      watchers_count: 0,
    },
    ...{ has_downloads: true, has_issues: true, has_projects: true, has_wiki: true, has_pages: false, has_discussions: false },
    ...{ created_at: '2024-01-01T00:00:00Z', updated_at: '2024-01-01T00:00:00Z', pushed_at: '2024-01-01T00:00:00Z' },
  }
}

const REPOSITORY_LINKS = [
  ...['archive', 'assignees', 'blobs', 'branches', 'collaborators', 'comments', 'commits', 'compare', 'contents', 'contributors'],
  ...['deployments', 'downloads', 'events', 'forks', 'git_commits', 'git_refs', 'git_tags', 'hooks', 'issue_comment'],
  ...['issue_events', 'issues', 'keys', 'labels', 'languages', 'merges', 'milestones', 'notifications', 'pulls', 'releases'],
  ...['stargazers', 'statuses', 'subscribers', 'subscription', 'tags', 'teams', 'trees'],
]

function reactions(url: string): Shape {
  return { url, total_count: 0, '+1': 0, '-1': 0, laugh: 0, confused: 0, heart: 0, hooray: 0, eyes: 0, rocket: 0 }
}

function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(String(id)).toString('base64url')}`
}

/** The same number for the same name. */
function numberOf(name: string): number {
  return Array.from(name).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 900_000_007, 7) + 1
}
