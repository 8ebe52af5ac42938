import { expect, onTestFinished, test } from 'vitest'
import { faults, type Fault } from './faults.ts'
import { startGithubDouble, type GithubDouble } from './github-double.ts'
import { SOMEBODY } from './world.ts'

const COMMENTS = '/repos/octo/shop/issues/1/comments'

/** One whose violations are what the test is about. */
async function strayDouble(): Promise<GithubDouble> {
  const double = await startGithubDouble({ tokens: { reader: { ...SOMEBODY, grants: {} } } })
  onTestFinished(async () => {
    await double.close().catch(() => undefined)
  })
  double.world.addPull()
  return double
}

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly body?: unknown
  readonly token?: string
  readonly contentType?: string
}

async function send(
  double: GithubDouble,
  { method = 'POST', path = COMMENTS, ...rest }: Sent,
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`${double.url}${path}`, {
    method,
    headers: {
      ...{ authorization: `token ${rest.token ?? 'token'}`, 'user-agent': 'test' },
      ...(rest.body === undefined ? {} : { 'content-type': rest.contentType ?? 'application/json; charset=utf-8' }),
    },
    ...(rest.body === undefined ? {} : { body: JSON.stringify(rest.body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
}

test.each<[name: string, sent: Sent, problem: string]>([
  ['a body that lacks what is required', { body: {} }, "/body: must have required property 'body'"],
  ['a value of another type', { body: { body: 7 } }, '/body/body: must be string'],
  ['a key that GitHub does not know', { body: { body: 'x', boddy: 'y' } }, '/body/boddy: there is no such key'],
  ['no body at all', {}, '/body: is missing'],
  ['a body that is no JSON by its type', { body: { body: 'x' }, contentType: 'text/plain' }, '/headers/content-type: text/plain'],
  [
    'a path that holds no number',
    { path: '/repos/octo/shop/issues/one/comments', body: { body: 'x' } },
    '/path/issue_number: must be integer',
  ],
  [
    'a query that GitHub does not know',
    { method: 'GET', path: `${COMMENTS}?perpage=9` },
    '/query/perpage: there is no such parameter',
  ],
  [
    'a value that is none of the enumeration',
    { method: 'GET', path: '/repos/octo/shop/issues?state=red' },
    '/query/state: must be equal to one of',
  ],
  [
    'a body where none belongs',
    { method: 'DELETE', path: '/repos/octo/shop/issues/comments/5', body: {} },
    '/body: there must be none',
  ],
  [
    'more annotations than one request may have',
    {
      path: '/repos/octo/shop/check-runs',
      body: {
        name: 'c',
        head_sha: 'a',
        output: {
          title: '',
          summary: '',
          annotations: Array.from({ length: 51 }, () => ({
            path: 'a',
            start_line: 1,
            end_line: 1,
            annotation_level: 'failure',
            message: 'm',
          })),
        },
      },
    },
    '/body/output/annotations: must NOT have more than 50 items',
  ],
  [
    'a key deep inside that GitHub does not know',
    {
      path: '/repos/octo/shop/check-runs',
      body: {
        name: 'c',
        head_sha: 'a',
        output: {
          title: '',
          summary: '',
          annotations: [{ path: 'a', start_line: 1, end_line: 1, annotation_level: 'failure', message: 'm', startLine: 2 }],
        },
      },
    },
    '/body/output/annotations/0/startLine: there is no such key',
  ],
  [
    'an operation that it does not have',
    { method: 'GET', path: '/repos/octo/shop/branches' },
    'the double has no such operation',
  ],
  [
    'another question in GraphQL',
    { path: '/graphql', body: { query: 'query { rateLimit { cost } }' } },
    '/body/query: the double answers',
  ],
])('refuses %s, and says where', async (_name, sent, problem) => {
  const double = await strayDouble()
  const { status } = await send(double, sent)
  expect(status).toBe(400)
  expect(double.violations.join('\n')).toContain(problem)
  expect(double.world.comments).toEqual([])
  await expect(double.close()).rejects.toThrow("not as GitHub's OpenAPI says")
})

test.each<[name: string, fault: Fault, problem: string]>([
  [
    'that lacks what is required',
    { kind: 'reply', reply: { status: 201, body: { id: 1 } } },
    "/body: must have required property 'node_id'",
  ],
  ['with a status that is not documented', { kind: 'reply', reply: { status: 202, body: {} } }, '/status: 202 is not documented'],
  [
    'with an error that has another form',
    { kind: 'reply', reply: { status: 403, body: { message: 403 } } },
    '/body/message: must be string',
  ],
  ['without its body', { kind: 'reply', reply: { status: 201 } }, '/body: is missing'],
])('notices a reply of its own %s', async (_name, fault, problem) => {
  const double = await strayDouble()
  double.fail('issues/create-comment', fault)
  await send(double, { body: { body: 'hello' } })
  expect(double.violations.join('\n')).toContain(problem)
})

test('every reply of its own is as GitHub documents it, and so are those of its faults', async () => {
  const double = await startGithubDouble()
  try {
    const { world } = double
    world.addPull({ headRepository: 'somebody/shop' })
    world.addRun()
    const check = { name: 'chaos', head_sha: 'a'.repeat(40), status: 'in_progress', output: { title: 't', summary: 's' } }
    const statuses: number[] = []
    const sent: Sent[] = [
      { body: { body: 'a comment' } },
      { method: 'GET' },
      { path: '/repos/octo/shop/labels', body: { name: 'nightly', color: 'ff0000', description: 'd' } },
      { path: '/repos/octo/shop/labels', body: { name: 'nightly' } },
      { method: 'GET', path: '/repos/octo/shop/labels/nightly' },
      { path: '/repos/octo/shop/issues', body: { title: 'red', body: 'text', labels: ['nightly', 'new'] } },
      { method: 'PATCH', path: '/repos/octo/shop/issues/2', body: { state: 'closed', state_reason: 'not_planned' } },
      { method: 'GET', path: '/repos/octo/shop/issues?state=all&labels=nightly' },
      { method: 'GET', path: '/repos/octo/shop/pulls?head=somebody:feature&state=open' },
      { path: '/repos/octo/shop/check-runs', body: check },
      { method: 'GET', path: '/repos/octo/shop/actions/workflows/nightly.yml/runs?status=completed' },
      { method: 'GET', path: '/repos/octo/shop/actions/workflows/other.yml/runs' },
      { method: 'GET', path: '/repos/octo/shop/issues/99/comments' },
      { body: { body: 'x'.repeat(65_537) } },
      { body: { body: 'x' }, token: 'stolen' },
      { path: '/graphql', body: { query: 'query { viewer { login } }' } },
    ]
    for (const one of sent) statuses.push((await send(double, one)).status)
    for (const [id, check_] of [
      [world.comments[0]?.id, false],
      [world.checks[0]?.id, true],
    ] as const) {
      const path = `/repos/octo/shop/${check_ ? 'check-runs' : 'issues/comments'}/${String(id)}`
      const body = check_ ? { status: 'completed', conclusion: 'success' } : { body: 'edited' }
      statuses.push((await send(double, { method: 'PATCH', path, body })).status)
    }
    statuses.push(
      (await send(double, { method: 'DELETE', path: `/repos/octo/shop/issues/comments/${String(world.comments[0]?.id)}` }))
        .status,
    )
    expect(statuses).toEqual([201, 200, 201, 422, 200, 201, 200, 200, 200, 201, 200, 404, 404, 422, 401, 200, 200, 200, 204])
    const failures = [
      faults.notAccessible(),
      faults.notFound(),
      faults.gone(),
      faults.unprocessable('m'),
      faults.tooManyRequests(1),
      faults.secondaryLimit(1),
      faults.rateLimit(1),
      faults.serverError(),
    ]
    for (const fault of failures) {
      double.fail('issues/create-comment', fault)
      expect((await send(double, { body: { body: 'x' } })).status).toBeGreaterThanOrEqual(400)
    }
    expect(double.violations).toEqual([])
  } finally {
    await double.close()
  }
})

test('who lacks the right is told which, and changes nothing', async () => {
  const double = await strayDouble()
  const { status, body, headers } = await send(double, { body: { body: 'x' }, token: 'reader' })
  expect([status, body]).toMatchObject([403, { message: 'Resource not accessible by integration' }])
  expect(headers.get('x-accepted-github-permissions')).toBe('issues=write; pull_requests=write')
  expect(double.world.comments).toEqual([])
})

test('pages as GitHub does: 30 without being asked, at most 100, and links by the repository’s id', async () => {
  const double = await strayDouble()
  for (let number = 0; number < 150; number += 1) double.world.addComment(1, `comment ${number}`)
  const first = await send(double, { method: 'GET' })
  expect(first.body).toHaveLength(30)
  const hundred = await send(double, { method: 'GET', path: `${COMMENTS}?per_page=1000&page=1` })
  expect(hundred.body).toHaveLength(100)
  const next = /<([^>]+)>; rel="next"/.exec(hundred.headers.get('link') ?? '')?.[1] ?? ''
  expect(next).toContain('/repositories/1296269/issues/1/comments?per_page=1000&page=2')
  const second = await send(double, { method: 'GET', path: next.slice(double.url.length) })
  expect(second.body).toHaveLength(50)
  expect(second.headers.get('link')).not.toContain('rel="next"')
  expect(double.violations).toEqual([])
})
