import { spawnSync } from 'node:child_process'
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { objectsOf } from '../e2e/support/docker.ts'
import { SHOP_ID, SHOP_STACK } from '../support/shop.ts'
import { runAct, UNDER_TEST, type Act } from './support/act.ts'
import { startDoubles, type Doubles } from './support/doubles.ts'
import { PULL_NUMBER, pullOf, pullRequestEvent } from './support/events.ts'
import { actionRepository, callingRepository, type Repository } from './support/repository.ts'

const REPOSITORY = 'octo/shop'
const RUN_ID = 31
const action = actionRepository()

afterAll(() => {
  action[Symbol.dispose]()
})

/** `more`: further lines under `with`. */
function calling(more: string): Repository {
  const text = `name: chaos
on: [pull_request]
jobs:
  chaos:
    permissions:
      contents: read
      pull-requests: write
    uses: rbee/chaos-action/.github/workflows/chaos-suite.yml@v1
    with:
      profile: smoke
      stack: ${SHOP_STACK}
      shards: '[{"name": "disk", "only": "${SHOP_ID}"}]'
${more}`
  return callingRepository({ 'chaos.yml': text }, { ours: false })
}

function run(repository: Repository, doubles: Doubles, event: 'pull_request' | 'push'): Act {
  return runAct({
    event,
    payload: event === 'push' ? { ref: 'refs/heads/main' } : pullRequestEvent(REPOSITORY),
    workflow: 'chaos.yml',
    repository: repository.path,
    action: action.path,
    doubles,
    runId: RUN_ID,
  })
}

test('the suites, called from another repository, use the action that they are told', async () => {
  await using doubles = await startDoubles({ owner: 'octo', repo: 'shop' })
  doubles.github.world.addPull(pullOf(REPOSITORY))
  using repository = calling(`      action-repository: ${UNDER_TEST.repository}\n      action-ref: ${UNDER_TEST.ref}\n`)
  await using act = run(repository, doubles, 'pull_request')
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(0)
  expect(ended.jobs).toEqual({ suite: 'success', verdict: 'success' })
  expect(ended.outputs).toMatchObject({ 'suite.chaos.passed': '1', 'verdict.sum.verdict': 'passed' })
  expect(doubles.github.world.commentsOf(PULL_NUMBER)).toHaveLength(1)
  expect(await objectsOf(ended.outputs['suite.chaos.run-id'] ?? '')).toEqual([])
})

test('where the runner does not say which commit the workflow is from, nothing is guessed', async () => {
  await using doubles = await startDoubles({ owner: 'octo', repo: 'shop' })
  using repository = calling('')
  await using act = run(repository, doubles, 'pull_request')
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(1)
  expect(ended.jobs).toEqual({ suite: 'failure', verdict: 'failure' })
  expect(ended.outputs['verdict.sum.verdict']).toBe('error')
  expect(doubles.github.requests).toEqual([])
})

// A runner may lose the last line of a step that is over in a few ms: the step itself is asked what it says.
test.each(['suite', 'segments', 'report', 'watchdog', 'nightly'])(
  'and chaos-%s says then what to do, and takes what it is told',
  async (name) => {
    const text = await readFile(join(import.meta.dirname, `../../.github/workflows/chaos-${name}.yml`), 'utf8')
    const scripts = [...text.matchAll(/id: action\n[^]*?run: \|\n((?: {10}.*\n)+)/g)].map(([, script = '']) => script)
    expect(scripts.length).toBeGreaterThan(0)
    await using folder = await mkdtempDisposable(join(tmpdir(), 'chaos-step-'))
    for (const script of scripts) {
      const output = join(folder.path, 'output')
      await writeFile(output, '')
      const env = { PATH: process.env['PATH'], GITHUB_OUTPUT: output }
      const unsaid = { GIVEN_REPOSITORY: '', GIVEN_REF: '', OWN_REPOSITORY: '', OWN_SHA: '' }
      const silent = spawnSync('bash', ['-e', '-c', script], { env: { ...env, ...unsaid }, encoding: 'utf8' })
      expect([silent.status, silent.stdout]).toEqual([
        1,
        expect.stringContaining('Give both inputs, action-repository and action-ref'),
      ])
      const told = { ...unsaid, OWN_REPOSITORY: 'rbee/chaos-action', OWN_SHA: 'abc' }
      expect(spawnSync('bash', ['-e', '-c', script], { env: { ...env, ...told } }).status).toBe(0)
      expect(await readFile(output, 'utf8')).toBe('repository=rbee/chaos-action\nref=abc\n')
    }
  },
)

test('the action itself, as the README has it, on a push: a summary and an artifact, and nobody to comment to', async () => {
  await using doubles = await startDoubles({ owner: 'octo', repo: 'shop' })
  using repository = callingRepository(
    {
      'chaos.yml': `name: chaos
on: [push]
permissions:
  contents: read
jobs:
  chaos:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: chaos
        uses: rbee/chaos-action@v1
        with:
          profile: smoke
          suites: chaos
          only: RE-001
`,
    },
    { ours: false },
  )
  await using act = run(repository, doubles, 'push')
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(0)
  expect(ended.outputs).toMatchObject({ 'chaos.chaos.verdict': 'passed' })
  expect(ended.summary).toContain('passed')
  expect(doubles.results.store.ofRun(String(RUN_ID))).not.toEqual([])
  expect(doubles.github.world.comments).toEqual([])
})
