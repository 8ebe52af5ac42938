import { expect, test } from 'vitest'
import { githubDouble } from '../../../test/support/github-double/for-tests.ts'
import type { Pull } from '../../../test/support/github-double/world.ts'
import type { TriggeringRun } from './context.ts'
import { clientFor, PLACE } from '../github.fixture.ts'
import { pullRequestOfRun, type FoundPullRequest } from './pull-request-of-run.ts'

const double = githubDouble()
const HEAD = 'a'.repeat(40)
const RUN: TriggeringRun = {
  ...{ id: 55, attempt: 1, event: 'pull_request', workflow: 'chaos', conclusion: 'failure', headSha: HEAD },
  ...{ headLabel: 'stranger:feature', headRepository: 'stranger/shop', url: 'https://github.example/runs/55' },
}
const FORK: Pull = { headSha: HEAD, headRef: 'feature', headRepository: 'stranger/shop', baseRef: 'main' }

async function find(change: Partial<TriggeringRun> = {}): Promise<FoundPullRequest> {
  return pullRequestOfRun(await clientFor(double()), PLACE, { ...RUN, ...change })
}

test('a fork’s pull request is found by its head and commit, among many', async () => {
  for (let index = 0; index < 120; index += 1) double().world.addPull({ headRef: `other-${index}` })
  double().world.addPull({ ...FORK, number: 500 })
  expect(await find()).toEqual({
    pullRequest: { number: 500, headSha: HEAD, headLabel: 'stranger:feature', fromFork: true },
    reason: null,
  })
})

test('one of our own as well', async () => {
  double().world.addPull({ number: 7, headSha: HEAD })
  const { pullRequest } = await find({ headLabel: 'octo:feature', headRepository: 'octo/shop' })
  expect(pullRequest).toMatchObject({ number: 7, fromFork: false })
})

test.each<[name: string, pulls: (Partial<Pull> & { state?: 'closed' })[], change: Partial<TriggeringRun>, reason: string]>([
  ['there is none', [], {}, 'no open pull request comes from stranger:feature'],
  ['it has moved on', [{ headSha: 'b'.repeat(40) }], {}, 'the pull request of stranger:feature has moved on from aaaaaaa'],
  ['it is closed', [{ state: 'closed' }], {}, 'no open pull request comes from stranger:feature'],
  ['two have the same head', [{}, { baseRef: 'release' }], {}, 'pull requests #2, #1 all have this head'],
  ['another repository of the same owner', [{ headRepository: 'stranger/other' }], {}, 'no open pull request'],
  ['another owner’s branch of that name', [{ headRepository: 'somebody/shop' }], {}, 'no open pull request'],
  ['the head’s repository is gone', [{}], { headLabel: null, headRepository: null }, 'the repository of the run’s head is gone'],
  ['no pull request started the run', [{}], { event: 'push' }, 'the run was started by push, not by a pull request'],
])('none, with the reason: %s', async (_name, pulls, change, reason) => {
  for (const pull of pulls) double().world.addPull({ ...FORK, ...pull })
  const found = await find(change)
  expect(found.pullRequest).toBeNull()
  expect(found.reason).toContain(reason)
})

test('a branch that needs escaping is asked for as it is', async () => {
  double().world.addPull({ ...FORK, headRef: 'feature/a&state=all#1 ü' })
  const { pullRequest } = await find({ headLabel: 'stranger:feature/a&state=all#1 ü' })
  expect(pullRequest).toMatchObject({ number: 1 })
})
