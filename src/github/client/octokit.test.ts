import { expect, test } from 'vitest'
import { faults, type Fault } from '../../../test/support/github-double/faults.ts'
import { githubDouble } from '../../../test/support/github-double/for-tests.ts'
import type { GithubDouble } from '../../../test/support/github-double/github-double.ts'
import { viewerLogin } from './answers.ts'
import { clientFor, PLACE } from '../github.fixture.ts'
import { GITHUB_LIMITS, type Github } from './octokit.ts'

const double = githubDouble()
const LIST = 'issues/list-comments'
const CREATE = 'issues/create-comment'

async function client(...options: Parameters<typeof clientFor> extends [unknown, ...infer Rest] ? Rest : never): Promise<Github> {
  double().world.addPull({ number: 1 })
  return clientFor(double(), ...options)
}

function list(github: Github): Promise<{ readonly data: unknown }> {
  return github.rest.issues.listComments({ ...PLACE, issue_number: 1 })
}

function attempts(of: GithubDouble, operation = LIST): number {
  return of.seen(operation).length
}

test.each<[name: string, fault: Fault, limits?: { attemptMs: number }]>([
  ['500', faults.serverError(500)],
  ['502, as a page', faults.serverError(502)],
  ['a reset connection', faults.reset()],
  ['429 with retry-after', faults.tooManyRequests(2)],
  ['a secondary limit', faults.secondaryLimit(2)],
  ['a secondary limit that names no time', faults.secondaryLimit(null)],
  ['a used-up rate limit that ends soon', faults.rateLimit(1)],
  ['no answer', faults.hang(), { attemptMs: 3_000 }],
  ['half an answer', faults.hangInBody(), { attemptMs: 3_000 }],
])('%s, then success', async (_name, fault, limits = { attemptMs: 10_000 }) => {
  const github = await client({ limits })
  double().world.addComment(1, 'hello')
  double().fail(LIST, fault)
  expect((await list(github)).data).toMatchObject([{ body: 'hello' }])
  expect(attempts(double())).toBe(2)
})

test.each<[name: string, fault: Fault, status: number]>([
  ['500', faults.serverError(500), 500],
  ['a reset connection', faults.reset(), 500],
  ['429', faults.tooManyRequests(1), 429],
  ['a secondary limit', faults.secondaryLimit(1), 403],
])('%s for good: four attempts and no more', async (_name, fault, status) => {
  const github = await client()
  double().fail(LIST, fault, { times: Infinity })
  await expect(list(github)).rejects.toMatchObject({ status })
  expect(attempts(double())).toBe(4)
})

test('no answer for good: four attempts, each with its own deadline', async () => {
  const github = await client({ limits: { attemptMs: 30 } })
  double().fail(LIST, faults.hang(), { times: Infinity })
  await expect(list(github)).rejects.toMatchObject({ cause: { name: 'TimeoutError' } })
  expect(attempts(double())).toBe(4)
})

test('failures of different kinds share the four attempts', async () => {
  const github = await client()
  for (const fault of [faults.secondaryLimit(1), faults.serverError(502), faults.tooManyRequests(1), faults.serverError(500)])
    double().fail(LIST, fault)
  await expect(list(github)).rejects.toMatchObject({ status: 500 })
  expect(attempts(double())).toBe(4)
})

test.each<[name: string, fault: Fault]>([
  ['403', faults.notAccessible()],
  ['404', faults.notFound()],
  ['410', faults.gone()],
  ['422', faults.unprocessable('no')],
])('%s is not tried again', async (_name, fault) => {
  const github = await client()
  double().fail(LIST, fault)
  await expect(list(github)).rejects.toMatchObject({ name: 'HttpError' })
  expect(attempts(double())).toBe(1)
})

test('a pause longer than the limit is not waited for, and is told', async () => {
  const told: string[] = []
  const github = await client({ log: { log: (level, text) => told.push(`${level} ${text}`) } })
  double().fail(LIST, faults.rateLimit(3_000))
  double().fail(CREATE, faults.secondaryLimit(GITHUB_LIMITS.longestPauseMs / 1_000 + 1))
  await expect(list(github)).rejects.toMatchObject({ status: 403 })
  await expect(github.rest.issues.createComment({ ...PLACE, issue_number: 1, body: 'x' })).rejects.toMatchObject({ status: 403 })
  expect([attempts(double()), attempts(double(), CREATE)]).toEqual([1, 1])
  expect(told.filter((one) => one.endsWith('not waited for'))).toHaveLength(2)
})

test('an abort ends the attempt that is under way, and no other follows', async () => {
  const controller = new AbortController()
  const github = await client({ signal: controller.signal })
  double().fail(LIST, faults.hang(), { times: Infinity })
  double().before(LIST, () => {
    setImmediate(() => {
      controller.abort(new Error('cancelled by the test'))
    })
    return Promise.resolve()
  })
  await expect(list(github)).rejects.toMatchObject({ code: 'ABORTED' })
  expect(attempts(double())).toBe(1)
})

test('an abort ends the pause that GitHub asked for', async () => {
  const controller = new AbortController()
  // The pause is told when it begins.
  const log = {
    log: () => {
      setImmediate(() => {
        controller.abort()
      })
    },
  }
  // 40 s, longer than the test may take.
  const github = await client({ signal: controller.signal, limits: { secondMs: 1_000 }, log })
  double().fail(LIST, faults.secondaryLimit(40), { times: Infinity })
  await expect(list(github)).rejects.toMatchObject({ status: 403 })
  expect(attempts(double())).toBe(1)
})

test('an answer over the limit is refused', async () => {
  const github = await client({ limits: { answerBytes: 1_000, retries: 0 } })
  double().world.addComment(1, 'x'.repeat(2_000))
  await expect(list(github)).rejects.toThrow('has over 1000 bytes')
})

test('the token is sent, and an Enterprise Server is asked where it answers', async () => {
  const github = await client({ apiUrl: `${double().enterpriseUrl}/` })
  expect(await viewerLogin(github)).toBe('github-actions[bot]')
  await list(github)
  expect(double().requests.map(({ operation, login }) => [operation, login])).toEqual([
    ['graphql', 'github-actions[bot]'],
    [LIST, 'github-actions[bot]'],
  ])
})

test('a write whose answer was lost is sent again: who writes must look for what is there twice', async () => {
  const github = await client()
  double().fail(CREATE, faults.reset(), { applied: true })
  await github.rest.issues.createComment({ ...PLACE, issue_number: 1, body: 'x' })
  expect(double().world.commentsOf(1)).toHaveLength(2)
})
