import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { eventually, objectsOf } from '../e2e/support/docker.ts'
import { SHOP_ID, SHOP_STACK } from '../support/shop.ts'
import { unzipped } from '../support/zip.ts'
import { runAct, UNDER_TEST, type Act } from './support/act.ts'
import { startDoubles, type Doubles } from './support/doubles.ts'
import { HEAD_SHA, mergeGroupEvent, PULL_NUMBER, pullOf, pullRequestEvent } from './support/events.ts'
import { actionRepository, callingRepository, type Repository } from './support/repository.ts'

const REPOSITORY = 'rbee/chaos-action'
const RUN_ID = 4711
const action = actionRepository()

afterAll(() => {
  action[Symbol.dispose]()
})

/** As chaos-pr's own documentation has it, on this repository's own file. */
function caller(inputs: Readonly<Record<string, string>>): Repository {
  const lines = Object.entries({
    profile: 'smoke',
    suites: 'chaos',
    ...inputs,
    'action-repository': UNDER_TEST.repository,
    'action-ref': UNDER_TEST.ref,
  }).map(([name, value]) => `      ${name}: ${value}\n`)
  const text = `name: chaos
on:
  pull_request:
  merge_group:
jobs:
  chaos:
    permissions:
      contents: read
      pull-requests: write
    uses: ./.github/workflows/chaos-pr.yml
    with:
${lines.join('')}`
  return callingRepository({ 'caller.yml': text }, { ours: true })
}

async function doublesWithPull(): Promise<Doubles> {
  const doubles = await startDoubles({ owner: 'rbee', repo: 'chaos-action' })
  doubles.github.world.addPull(pullOf(REPOSITORY))
  return doubles
}

function onPullRequest(repository: Repository, doubles: Doubles): Act {
  return on('pull_request', pullRequestEvent(REPOSITORY), repository, doubles)
}

function on(event: 'merge_group' | 'pull_request', payload: object, repository: Repository, doubles: Doubles): Act {
  return runAct({
    event,
    payload,
    workflow: 'caller.yml',
    repository: repository.path,
    action: action.path,
    doubles,
    runId: RUN_ID,
  })
}

/** The result in the artifact with everything. */
function uploadedResult(doubles: Doubles): { verdict: string; scenarios: { id: string; verdict: string }[] } {
  const artifact = doubles.results.store.ofRun(String(RUN_ID)).find(({ name }) => name.startsWith('chaos-results-'))
  const file = unzipped(artifact?.blob.content ?? Buffer.alloc(0)).get('result.json')
  return JSON.parse(file?.toString('utf8') ?? 'null') as ReturnType<typeof uploadedResult>
}

test('a green pull request: one comment that was there from the start, a summary, an artifact, and a green gate', async () => {
  await using doubles = await doublesWithPull()
  using repository = caller({ only: 'RE-001' })
  await using act = onPullRequest(repository, doubles)
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(0)
  expect(ended.jobs).toEqual({ suite: 'success', verdict: 'success', 'chaos-ok': 'success' })
  expect(ended.outputs).toMatchObject({ 'suite.chaos.verdict': 'passed', 'verdict.sum.verdict': 'passed' })
  expect(ended.summary).toContain('passed')
  const { world } = doubles.github
  const [comment, ...more] = world.commentsOf(PULL_NUMBER)
  expect(more).toEqual([])
  expect(comment).toMatchObject({ author: { login: 'github-actions[bot]' } })
  expect(comment?.body).toMatch(/state=done -->\n.*passed/)
  expect(comment?.body).toContain(HEAD_SHA.slice(0, 7))
  expect(comment?.edits).toBeGreaterThan(0)
  expect(world.checks).toEqual([])
  expect(uploadedResult(doubles)).toMatchObject({ verdict: 'passed', scenarios: [{ id: 'RE-001', verdict: 'passed' }] })
  expect(await objectsOf(ended.outputs['suite.chaos.run-id'] ?? '')).toEqual([])
})

test('in the merge queue the same gate is green, with a summary and an artifact, and no pull request is spoken to', async () => {
  await using doubles = await doublesWithPull()
  using repository = caller({ stack: SHOP_STACK, only: SHOP_ID })
  await using act = on('merge_group', mergeGroupEvent(REPOSITORY), repository, doubles)
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(0)
  expect(ended.jobs).toEqual({ suite: 'success', verdict: 'success', 'chaos-ok': 'success' })
  expect(ended.summary).toContain('passed')
  expect(uploadedResult(doubles)).toMatchObject({ verdict: 'passed', scenarios: [{ id: SHOP_ID, verdict: 'passed' }] })
  expect(doubles.github.world.comments).toEqual([])
})

test('a defect: the job fails, and the comment says what failed, why, and how to repeat it', async () => {
  await using doubles = await doublesWithPull()
  using repository = caller({ only: 'NF-001', defects: 'no-backoff' })
  await using act = onPullRequest(repository, doubles)
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(1)
  expect(ended.jobs).toMatchObject({ suite: 'failure', verdict: 'failure' })
  // act ends the whole run when a called workflow is red; GitHub would run the gate, and it would be red.
  expect(ended.jobs['chaos-ok']).toBeUndefined()
  expect(ended.outputs).toMatchObject({ 'suite.chaos.verdict': 'failed', 'verdict.sum.verdict': 'failed' })
  const [comment, ...more] = doubles.github.world.commentsOf(PULL_NUMBER)
  expect(more).toEqual([])
  expect(comment?.body).toMatch(/state=done -->\n.*failed/)
  expect(comment?.body).toContain('NF-001')
  expect(comment?.body).toContain('**missed**')
  expect(comment?.body).toContain('--only NF-001')
  expect(uploadedResult(doubles)).toMatchObject({ verdict: 'failed', scenarios: [{ id: 'NF-001', verdict: 'failed' }] })
  expect(await objectsOf(ended.outputs['suite.chaos.run-id'] ?? '')).toEqual([])
})

test('a cancelled run leaves nothing, and its comment says that nothing was shown', async () => {
  await using doubles = await doublesWithPull()
  using repository = caller({ stack: SHOP_STACK, only: SHOP_ID })
  await using act = onPullRequest(repository, doubles)
  const runId = await runWithOpenFault(act)
  expect(await objectsOf(runId)).not.toEqual([])
  act.interrupt()
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(1)
  expect(ended.jobs).toMatchObject({ suite: 'failure' })
  expect(ended.outputs['verdict.sum.verdict']).not.toBe('passed')
  expect(await objectsOf(runId)).toEqual([])
  expect(existsSync(join(act.stateDir, 'runs', runId))).toBe(false)
  const [comment, ...more] = doubles.github.world.commentsOf(PULL_NUMBER)
  expect(more).toEqual([])
  expect(comment?.body).toMatch(/state=superseded -->\n.*superseded/)
})

/** The id of the run, as soon as its ledger names a fault; it is written just before the fault is. @throws when act ends before. */
async function runWithOpenFault({ ended, stateDir }: Act): Promise<string> {
  let early: string | null = null
  void ended.then(({ text }) => {
    early = text
  })
  const read = (): Promise<string> => Promise.resolve(early ?? openFault(join(stateDir, 'runs')))
  const seen = await eventually('an open fault in the ledger', read, (id) => id !== '')
  expect(early, seen).toBeNull()
  return seen
}

function openFault(folder: string): string {
  const runs = existsSync(folder) ? readdirSync(folder) : []
  return (
    runs.find((id) => {
      const ledger = join(folder, id, 'ledger.jsonl')
      return existsSync(ledger) && readFileSync(ledger, 'utf8').includes('"op":"open"')
    }) ?? ''
  )
}
