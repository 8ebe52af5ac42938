import { afterAll, expect, test } from 'vitest'
import { runAct, UNDER_TEST, type Act, type ActOptions } from './support/act.ts'
import { startDoubles, type Doubles } from './support/doubles.ts'
import { HEAD_SHA, PULL_NUMBER, pullOf, pullRequestEvent, workflowRunEvent } from './support/events.ts'
import { actionRepository, callingRepository } from './support/repository.ts'
import { SHOP_ID, SHOP_STACK } from '../support/shop.ts'
import { ACTIONS_BOT } from '../support/github-double/world.ts'

const REPOSITORY = 'rbee/chaos-action'
const FORK = 'stranger/chaos-action'
const RUN_ID = 815
const action = actionRepository()
const repository = callingRepository(
  {
    'caller.yml': `name: chaos
on: [pull_request]
jobs:
  chaos:
    permissions:
      contents: read
      pull-requests: write
    uses: ./.github/workflows/chaos-pr.yml
    with:
      profile: smoke
      suites: chaos
      stack: ${SHOP_STACK}
      only: ${SHOP_ID}
      action-repository: ${UNDER_TEST.repository}
      action-ref: ${UNDER_TEST.ref}
`,
    'reporter.yml': `name: chaos-reporter
on:
  workflow_run:
    workflows: [chaos]
    types: [completed]
jobs:
  report:
    permissions:
      contents: read
      actions: read
      pull-requests: write
    uses: ./.github/workflows/chaos-report.yml
    with:
      action-repository: ${UNDER_TEST.repository}
      action-ref: ${UNDER_TEST.ref}
`,
  },
  { ours: true },
)

afterAll(() => {
  action[Symbol.dispose]()
  repository[Symbol.dispose]()
})

const READ_ONLY = { ...ACTIONS_BOT, grants: { issues: 'read', pull_requests: 'read', checks: 'read', contents: 'read' } } as const

async function doublesWithForksPull(): Promise<Doubles> {
  const doubles = await startDoubles({ owner: 'rbee', repo: 'chaos-action', tokens: { token: READ_ONLY } })
  doubles.github.world.addPull(pullOf(FORK))
  return doubles
}

function act(doubles: Doubles, options: Pick<ActOptions, 'event' | 'payload' | 'workflow' | 'runId' | 'environment'>): Act {
  return runAct({ ...options, repository: repository.path, action: action.path, doubles })
}

test('a fork’s pull request has a summary and an artifact, and its comment is written by the reporter afterwards', async () => {
  await using doubles = await doublesWithForksPull()
  const { world } = doubles.github
  const payload = pullRequestEvent(REPOSITORY, FORK)
  await using run = act(doubles, { event: 'pull_request', payload, workflow: 'caller.yml', runId: RUN_ID, environment: {} })
  const ended = await run.ended
  expect(ended.code, ended.text).toBe(0)
  expect(ended.summary).toContain('passed')
  expect(world.comments).toEqual([])
  const names = doubles.results.store.ofRun(String(RUN_ID)).map(({ name }) => name)
  expect(names).toContainEqual(expect.stringMatching(/^chaos-results-.+-1$/))

  // The reporter runs in the name of the base repository, with a token that may write.
  world.identities.set('token', ACTIONS_BOT)
  await using report = act(doubles, {
    event: 'workflow_run',
    payload: workflowRunEvent(REPOSITORY, FORK, RUN_ID),
    workflow: 'reporter.yml',
    runId: RUN_ID + 1,
    environment: {},
  })
  const reported = await report.ended
  expect(reported.code, reported.text).toBe(0)
  expect(reported.jobs).toEqual({ report: 'success' })
  const [comment, ...more] = world.commentsOf(PULL_NUMBER)
  expect(more).toEqual([])
  expect(comment?.body).toMatch(/state=done -->\n.*passed/)
  expect(comment?.body).toContain(HEAD_SHA.slice(0, 7))
})

test('the reporter leaves a pull request of the repository itself alone', async () => {
  await using doubles = await doublesWithForksPull()
  const payload = workflowRunEvent(REPOSITORY, REPOSITORY, RUN_ID)
  await using run = act(doubles, { event: 'workflow_run', payload, workflow: 'reporter.yml', runId: RUN_ID + 1, environment: {} })
  const ended = await run.ended
  expect(ended.code, ended.text).toBe(0)
  expect(ended.jobs).toEqual({})
  expect(doubles.github.requests).toEqual([])
})

test('on a self-hosted runner a fork’s code is not run at all', async () => {
  await using doubles = await doublesWithForksPull()
  await using run = act(doubles, {
    event: 'pull_request',
    payload: pullRequestEvent(REPOSITORY, FORK),
    workflow: 'caller.yml',
    runId: RUN_ID,
    environment: { RUNNER_ENVIRONMENT: 'self-hosted' },
  })
  const ended = await run.ended
  expect(ended.code, ended.text).toBe(1)
  expect(ended.text).toContain('allow-untrusted')
  expect(ended.outputs['suite.chaos.verdict']).toBe('error')
})
