import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readEventContext, readOnlyReason, type EventContext } from './context.ts'

const HEAD = 'a'.repeat(40)
const MERGE = 'c'.repeat(40)

const ENV = {
  ...{ GITHUB_EVENT_NAME: 'push', GITHUB_REPOSITORY: 'octo/shop', GITHUB_SHA: MERGE, GITHUB_ACTOR: 'octocat' },
  ...{ GITHUB_WORKFLOW: 'chaos', GITHUB_JOB: 'run', GITHUB_RUN_ID: '9876543210', GITHUB_RUN_ATTEMPT: '2' },
  ...{ GITHUB_SERVER_URL: 'https://github.example', GITHUB_API_URL: 'https://github.example/api/v3/' },
  ...{ GITHUB_EVENT_PATH: '/event.json', RUNNER_ENVIRONMENT: 'github-hosted' },
}

const PULL = {
  number: 7,
  user: { login: 'octocat' },
  head: { sha: HEAD, ref: 'feature', label: 'octo:feature', user: { login: 'octo' }, repo: { id: 1, full_name: 'octo/shop' } },
  base: { repo: { id: 1, full_name: 'octo/shop' } },
}
const FORK = { ...PULL, head: { ...PULL.head, label: 'stranger:feature', repo: { id: 2, full_name: 'stranger/shop' } } }

const RUN = {
  ...{
    id: 55,
    run_attempt: 3,
    event: 'pull_request',
    name: 'chaos',
    conclusion: 'failure',
    head_sha: HEAD,
    head_branch: 'feature',
  },
  head_repository: { full_name: 'stranger/shop', owner: { login: 'stranger' } },
  ...{ html_url: 'https://github.example/octo/shop/actions/runs/55', actor: { login: 'stranger' }, pull_requests: [] },
}

function contextOf(event: string, payload: unknown, change: Readonly<Record<string, string | undefined>> = {}): EventContext {
  return readEventContext({ ...ENV, GITHUB_EVENT_NAME: event, ...change }, () => JSON.stringify(payload))
}

test('a push: the commit itself, and the file of the event is not even opened', () => {
  const context = readEventContext(ENV, () => {
    throw new Error('opened')
  })
  expect(context).toEqual({
    ...{ eventName: 'push', owner: 'octo', repo: 'shop', commit: MERGE },
    ...{ pullRequest: null, mergeGroup: null, triggeringRun: null, dependabot: false },
    ...{ workflow: 'chaos', job: 'run', runId: 9_876_543_210, runAttempt: 2 },
    runUrl: 'https://github.example/octo/shop/actions/runs/9876543210/attempts/2',
    ...{ apiUrl: 'https://github.example/api/v3', serverUrl: 'https://github.example', runnerEnvironment: 'github-hosted' },
  })
})

test('a pull request: its head is judged, not the merge that GITHUB_SHA names', () => {
  const context = contextOf('pull_request', { pull_request: PULL })
  expect(context.commit).toBe(HEAD)
  expect(context.pullRequest).toEqual({ number: 7, headSha: HEAD, headLabel: 'octo:feature', fromFork: false })
})

test.each<[name: string, head: unknown, expected: { headLabel: string; fromFork: boolean }]>([
  ['of a fork', FORK.head, { headLabel: 'stranger:feature', fromFork: true }],
  ['whose repository is gone', { ...FORK.head, repo: null }, { headLabel: 'stranger:feature', fromFork: true }],
  ['without a label', { ...PULL.head, label: undefined }, { headLabel: 'octo:feature', fromFork: false }],
  [
    'of a fork with the same name',
    { ...PULL.head, repo: { id: 9, full_name: 'octo/shop' } },
    { headLabel: 'octo:feature', fromFork: true },
  ],
])('a pull request %s', (_name, head, expected) => {
  expect(contextOf('pull_request', { pull_request: { ...PULL, head } }).pullRequest).toMatchObject(expected)
})

test('workflow_run: the commit of the run that ended, and who it belongs to', () => {
  const context = contextOf('workflow_run', { workflow_run: RUN })
  expect(context).toMatchObject({ commit: HEAD, pullRequest: null, runId: 9_876_543_210 })
  expect(context.triggeringRun).toEqual({
    ...{ id: 55, attempt: 3, event: 'pull_request', workflow: 'chaos', conclusion: 'failure', headSha: HEAD },
    ...{ headLabel: 'stranger:feature', headRepository: 'stranger/shop', url: RUN.html_url },
  })
  const gone = contextOf('workflow_run', { workflow_run: { ...RUN, head_repository: null } })
  expect(gone.triggeringRun).toMatchObject({ headLabel: null, headRepository: null })
})

test('merge_group: the commit of the group', () => {
  const payload = { merge_group: { head_sha: HEAD, base_ref: 'refs/heads/main' } }
  expect(contextOf('merge_group', payload)).toMatchObject({
    commit: HEAD,
    mergeGroup: { headSha: HEAD, baseRef: 'refs/heads/main' },
  })
})

test.each<[name: string, context: () => EventContext, dependabot: boolean, reason: string | null]>([
  ['a push', () => contextOf('push', {}), false, null],
  ['our own pull request', () => contextOf('pull_request', { pull_request: PULL }), false, null],
  ['a fork’s', () => contextOf('pull_request', { pull_request: FORK }), false, 'the pull request comes from a fork'],
  [
    'a fork’s, reviewed',
    () => contextOf('pull_request_review', { pull_request: FORK }),
    false,
    'the pull request comes from a fork',
  ],
  ['a fork’s, with the base’s rights', () => contextOf('pull_request_target', { pull_request: FORK }), false, null],
  [
    'Dependabot’s, by actor',
    () => contextOf('pull_request', { pull_request: PULL }, { GITHUB_ACTOR: 'dependabot[bot]' }),
    true,
    'the pull request comes from Dependabot',
  ],
  [
    'Dependabot’s, run again by a person',
    () => contextOf('pull_request', { pull_request: { ...PULL, user: { login: 'dependabot[bot]' } } }),
    true,
    'the pull request comes from Dependabot',
  ],
])('can the token only read? %s', (_name, context, dependabot, reason) => {
  expect([context().dependabot, readOnlyReason(context())]).toEqual([dependabot, reason])
})

test.each<[name: string, event: string, payload: unknown, problem: string]>([
  [
    'a pull request without one',
    'pull_request',
    {},
    'the file of the pull_request event is not as GitHub documents it: pull_request',
  ],
  ['a head without a commit', 'pull_request', { pull_request: { ...PULL, head: {} } }, 'pull_request.head'],
  [
    'a commit that is none',
    'pull_request',
    { pull_request: { ...PULL, head: { ...PULL.head, sha: '--output=x' } } },
    'pull_request.head.sha',
  ],
  ['a run without an id', 'workflow_run', { workflow_run: { ...RUN, id: '55' } }, 'workflow_run.id'],
  ['no object', 'merge_group', [], 'merge_group'],
])('nothing is guessed: %s', (_name, event, payload, problem) => {
  expect(() => contextOf(event, payload)).toThrow(problem)
})

test.each<[name: string, change: Record<string, string | undefined>, problem: string]>([
  ['no repository', { GITHUB_REPOSITORY: undefined }, 'GITHUB_REPOSITORY is not set: this is not a step of a GitHub workflow'],
  ['a repository without an owner', { GITHUB_REPOSITORY: '/shop' }, 'GITHUB_REPOSITORY is "/shop", expected owner/repo'],
  ['a path for a repository', { GITHUB_REPOSITORY: 'octo/shop/x' }, 'expected owner/repo'],
  ['a run id that is none', { GITHUB_RUN_ID: '12 34' }, 'GITHUB_RUN_ID is "12 34", expected a whole number'],
  ['an attempt of 0', { GITHUB_RUN_ATTEMPT: '0' }, 'GITHUB_RUN_ATTEMPT is "0"'],
])('a damaged environment: %s', (_name, change, problem) => {
  expect(() => contextOf('push', {}, change)).toThrow(problem)
})

test('what older runners leave out has a default; an unknown runner is not taken for a hosted one', () => {
  const change = { GITHUB_RUN_ATTEMPT: undefined, GITHUB_SERVER_URL: '', GITHUB_API_URL: undefined, RUNNER_ENVIRONMENT: 'mine' }
  expect(contextOf('push', {}, change)).toMatchObject({
    ...{ runAttempt: 1, serverUrl: 'https://github.com', apiUrl: 'https://api.github.com', runnerEnvironment: 'unknown' },
  })
})

test('a real file: read, and refused when it is damaged, missing or larger than any event', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-event-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'event.json')
  const read = (): EventContext => readEventContext({ ...ENV, GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: file })
  expect(read).toThrow('the file of the pull_request event cannot be read: ENOENT')
  await writeFile(file, JSON.stringify({ pull_request: PULL }))
  expect(read().pullRequest?.number).toBe(7)
  await writeFile(file, '{"pull_request": ')
  expect(read).toThrow('cannot be read')
  await truncate(file, 27 * 1024 * 1024)
  expect(read).toThrow('bytes, at most')
})
