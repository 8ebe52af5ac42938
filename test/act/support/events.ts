/** Payloads as GitHub delivers them, as far as they are read. */

export const HEAD_SHA = 'c0ffee0000000000000000000000000000000000'
export const PULL_NUMBER = 7
const BRANCH = 'feature'

/** `head`: `owner/repo` of the branch. Another one than `repository` is a fork. */
export function pullRequestEvent(repository: string, head = repository): object {
  const [owner = ''] = head.split('/')
  return {
    action: 'synchronize',
    number: PULL_NUMBER,
    pull_request: {
      number: PULL_NUMBER,
      user: { login: owner },
      head: {
        ...{ sha: HEAD_SHA, ref: BRANCH, label: `${owner}:${BRANCH}`, user: { login: owner } },
        repo: { id: head === repository ? 1_296_269 : 99, full_name: head, fork: head !== repository },
      },
      base: { ref: 'main', repo: { id: 1_296_269, full_name: repository } },
    },
    repository: { full_name: repository },
  }
}

/** That pull request is in the merge queue: what would be main is tested. */
export function mergeGroupEvent(repository: string): object {
  const ref = `refs/heads/gh-readonly-queue/main/pr-${PULL_NUMBER}-${HEAD_SHA}`
  return {
    action: 'checks_requested',
    merge_group: { head_sha: HEAD_SHA, head_ref: ref, base_sha: 'ba5e'.padEnd(40, '0'), base_ref: 'refs/heads/main' },
    repository: { full_name: repository },
  }
}

/** The run of that pull request has ended. */
export function workflowRunEvent(repository: string, head: string, runId: number): object {
  const [owner = ''] = head.split('/')
  return {
    action: 'completed',
    workflow_run: {
      ...{ id: runId, run_attempt: 1, name: 'chaos', event: 'pull_request', status: 'completed', conclusion: 'success' },
      ...{ head_sha: HEAD_SHA, head_branch: BRANCH, head_repository: { full_name: head, owner: { login: owner } } },
      ...{ actor: { login: owner }, pull_requests: [] },
      html_url: `https://github.com/${repository}/actions/runs/${runId}`,
    },
    repository: { full_name: repository },
  }
}

/** What `World.addPull` takes for the same pull request. */
export function pullOf(head: string): { number: number; headSha: string; headRef: string; headRepository: string } {
  return { number: PULL_NUMBER, headSha: HEAD_SHA, headRef: BRANCH, headRepository: head }
}
