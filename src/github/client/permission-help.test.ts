import { expect, test } from 'vitest'
import { faults, type Fault } from '../../../test/support/github-double/faults.ts'
import { githubDouble } from '../../../test/support/github-double/for-tests.ts'
import { startGithubDouble } from '../../../test/support/github-double/github-double.ts'
import { ChaosError } from '../../core/errors.ts'
import { clientFor, PLACE } from '../github.fixture.ts'
import { explainApiFailure, type Permission } from './permission-help.ts'
import { tryReporting } from './try-reporting.ts'

const double = githubDouble()
const WHAT = 'write the comment on pull request 1'
const WRITE = 'pull-requests: write'
const GRANT = /Add `pull-requests: write` to the `permissions:` of the job/

/** The failure as octokit gives it after a real request. */
async function failureOf(fault: Fault, attemptMs = 10_000): Promise<unknown> {
  double().world.addPull({ number: 1 })
  double().fail('issues/create-comment', fault, { times: Infinity })
  const github = await clientFor(double(), { limits: { attemptMs } })
  return github.rest.issues.createComment({ ...PLACE, issue_number: 1, body: 'x' }).then(
    () => null,
    (error: unknown) => error,
  )
}

test.each<[name: string, fault: Fault, text: RegExp, grants: boolean]>([
  ['403', faults.notAccessible(), /the token may not do this \(Resource not accessible by integration/, true],
  ['404', faults.notFound(), /GitHub answered 404 \(Not Found.*it was deleted, or the token may not see it/, true],
  ['410', faults.gone(), /the feature is switched off in this repository/, false],
  [
    '422',
    faults.unprocessable('Body is too long'),
    /refused the request as invalid \(Validation Failed.*Body is too long/,
    false,
  ],
  ['429', faults.tooManyRequests(1), /limiting how fast requests may come, and still was after waiting/, false],
  ['a secondary limit', faults.secondaryLimit(1), /limiting how fast requests may come/, false],
  ['a used-up rate limit', faults.rateLimit(900), /requests for this hour are used up/, false],
  ['500', faults.serverError(500), /GitHub answered 500 each time \(Server Error/, false],
  ['502', faults.serverError(502), /GitHub answered 502 each time/, false],
  ['a reset connection', faults.reset(), /GitHub could not be reached \((?:ECONNRESET|UND_ERR_SOCKET)\)/, false],
])('%s is one line that says what, why and what to do', async (_name, fault, text, grants) => {
  const warning = explainApiFailure(WHAT, WRITE, await failureOf(fault))
  expect(warning).toMatch(/^could not write the comment on pull request 1: /)
  expect(warning).toMatch(text)
  expect(GRANT.test(warning)).toBe(grants)
  expect(warning).not.toContain('\n')
})

test('no answer in time', async () => {
  expect(explainApiFailure(WHAT, WRITE, await failureOf(faults.hang(), 20))).toBe(
    `could not ${WHAT}: GitHub did not answer in time`,
  )
})

test('a token that GitHub does not know', async () => {
  const github = await clientFor(double(), { token: 'expired' })
  const failure = await github.rest.issues.listForRepo(PLACE).catch((error: unknown) => error)
  expect(explainApiFailure('read the issues', 'issues: write', failure)).toContain(
    'GitHub does not accept the token (Bad credentials',
  )
})

test.each<Permission>(['pull-requests: write', 'checks: write', 'issues: write', 'actions: read'])(
  'names `%s` exactly',
  (permission) => {
    const error = Object.assign(new Error('Resource not accessible by integration'), { status: 403, response: { headers: {} } })
    expect(explainApiFailure('do it', permission, error)).toContain(`Add \`${permission}\` to the \`permissions:\` of the job`)
  },
)

test('nobody listening is named by its code; our own errors by their message', async () => {
  const gone = await startGithubDouble()
  await gone.close()
  const github = await clientFor(gone)
  const failure = await github.rest.issues.listForRepo(PLACE).catch((error: unknown) => error)
  expect(explainApiFailure('read the issues', 'issues: write', failure)).toContain('GitHub could not be reached (ECONNREFUSED)')
  expect(explainApiFailure('do it', WRITE, new ChaosError('INTERNAL', 'the list does not end'))).toBe(
    'could not do it: the list does not end',
  )
  expect(explainApiFailure('do it', WRITE, new ChaosError('ABORTED', 'x'))).toBe('could not do it: it was cancelled')
})

test('hostile text in an answer issues no workflow command and stays bounded', () => {
  const message = `no\n::error::pwned\r\n\u001b[31m${'x'.repeat(100_000)}`
  const error = Object.assign(new Error(message), { status: 403, response: { headers: {} } })
  const warning = explainApiFailure(WHAT, WRITE, error)
  expect(warning).not.toMatch(/\n|\r|\u001b/)
  expect(warning.length).toBeLessThanOrEqual(1_500)
  expect(warning).toMatch(GRANT)
})

test('reporting never throws: a failure is one warning and gives null, also when work ignores its signal', async () => {
  const warnings: string[] = []
  const warn = (text: string): unknown => warnings.push(text)
  const step = { what: WHAT, permission: WRITE, limitMs: 10_000, signal: new AbortController().signal } as const
  expect(await tryReporting(step, warn, () => Promise.resolve(7))).toBe(7)
  expect(warnings).toEqual([])
  expect(await tryReporting(step, warn, () => Promise.reject(new Error('broken')))).toBeNull()
  expect(await tryReporting({ ...step, limitMs: 5 }, warn, () => new Promise(() => undefined))).toBeNull()
  expect(await tryReporting({ ...step, signal: AbortSignal.abort() }, warn, () => Promise.resolve(7))).toBeNull()
  expect(warnings).toEqual([
    `could not ${WHAT}: broken`,
    `could not ${WHAT}: GitHub did not answer in time`,
    `could not ${WHAT}: it was cancelled`,
  ])
})
