/** The bundles against doubles of GitHub: the comment and the artifact of a pull request, what a fork gets, and who posts for it. */
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startDoubles, type Doubles } from '../act/support/doubles.ts'
import { HEAD_SHA, PULL_NUMBER, pullOf, pullRequestEvent, workflowRunEvent } from '../act/support/events.ts'
import { SHOP_ID, SHOP_STACK } from '../support/shop.ts'
import { unzipped } from '../support/zip.ts'
import { actionCheckout } from './support/checkout.ts'
import { eventually, objectsOf, removeObjects } from './support/docker.ts'
import { FAKE_RUN_ID, fakeRunner, shopRunner, type FakeRunner, type RunnerFacts } from './support/fake-runner.ts'

const REPOSITORY = 'octo/shop'
const FORK = 'stranger/shop'
const INPUTS = { profile: 'smoke', stack: SHOP_STACK, only: SHOP_ID, seed: '7', token: 'token' }

async function doublesWithPull(head = REPOSITORY): Promise<Doubles> {
  const doubles = await startDoubles({ owner: 'octo', repo: 'shop' })
  doubles.github.world.addPull(pullOf(head))
  return doubles
}

function facts(doubles: Doubles, eventName: string, event: object): RunnerFacts {
  const environment = { GITHUB_API_URL: doubles.apiUrl, ...doubles.results.environment(FAKE_RUN_ID) }
  return { eventName, event, environment }
}

/** The bodies of our comments, newest text of each. */
function comments({ github }: Doubles): string[] {
  return github.world.commentsOf(PULL_NUMBER).map(({ body }) => body)
}

async function runId(runner: FakeRunner): Promise<string> {
  const state = await eventually(
    'the state of main',
    () => Promise.resolve(runner.state()),
    (saved) => saved['run-id'] !== undefined,
  )
  return state['run-id'] ?? ''
}

test('a pull request has one comment, "running" first, then the verdict; the artifact has all of it, the report opens by itself', async () => {
  await using doubles = await doublesWithPull()
  using checkout = actionCheckout()
  const runner = shopRunner(checkout.path, facts(doubles, 'pull_request', pullRequestEvent(REPOSITORY)))
  const program = runner.main({ ...INPUTS, check: 'true' })
  const id = await runId(runner)
  try {
    const [running] = await eventually(
      'the first comment',
      () => Promise.resolve(comments(doubles)),
      (bodies) => bodies.length > 0,
    )
    expect(running).toContain('chaos-action is running')
    const main = await program.ended
    expect(main.code, main.stdout + main.stderr).toBe(0)
    expect(main.stdout).not.toContain('::warning')
    const [body = '', ...more] = comments(doubles)
    expect(more).toEqual([])
    expect(body).toContain('## ✅ passed — judged: node:24-trixie-slim')
    expect(body).toContain(`Judged commit \`${HEAD_SHA.slice(0, 7)}\``)
    expect(doubles.github.world.checks).toMatchObject([{ status: 'completed', conclusion: 'success' }])
    const [results, report] = doubles.results.store.ofRun(String(FAKE_RUN_ID)).toSorted((a, b) => b.name.localeCompare(a.name))
    expect([results?.name, report?.name]).toEqual(['chaos-results-1', 'chaos-report-1.html'])
    const files = unzipped(results?.blob.content ?? Buffer.alloc(0))
    expect([...files.keys()]).toEqual(expect.arrayContaining(['result.json', 'summary.md', 'junit.xml', 'run.log']))
    expect([...files.keys()].filter((name) => name.startsWith('logs/'))).toEqual([])
    expect(report?.blob.content?.toString('utf8')).toMatch(/^<!doctype html>/i)
    const outputs = runner.outputs()
    expect(outputs['artifact-url']).toMatch(/\/octo\/shop\/actions\/runs\/4711\/artifacts\/\d+$/)
    expect(body).toContain(outputs['report-url'])
    const post = await runner.post(INPUTS).ended
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0 })
    expect(comments(doubles)).toEqual([body])
  } finally {
    await removeObjects(id)
  }
})

test('a run that is killed leaves a comment that says so, and nothing else', async () => {
  await using doubles = await doublesWithPull()
  using checkout = actionCheckout()
  const runner = shopRunner(checkout.path, facts(doubles, 'pull_request', pullRequestEvent(REPOSITORY)))
  const main = runner.main({ ...INPUTS, check: 'true' })
  const id = await runId(runner)
  try {
    await eventually(
      'containers of the run',
      () => objectsOf(id),
      (objects) => objects.length > 0,
    )
    main.child.kill('SIGKILL')
    await main.ended
    const post = await runner.post({ ...INPUTS, check: 'true' }).ended
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0 })
    expect(comments(doubles)).toEqual([expect.stringContaining('**superseded**')])
    expect(doubles.github.world.checks).toMatchObject([{ status: 'completed', conclusion: 'cancelled' }])
    expect(await objectsOf(id)).toEqual([])
  } finally {
    main.child.kill('SIGKILL')
    await removeObjects(id)
  }
})

test('a load on an address that is killed leaves no k6 behind, and a comment that says so', async () => {
  await using doubles = await doublesWithPull()
  using checkout = actionCheckout()
  const server = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const runner = fakeRunner(checkout.path, facts(doubles, 'pull_request', pullRequestEvent(REPOSITORY)))
  mkdirSync(join(runner.workspace, 'load'))
  writeFileSync(
    join(runner.workspace, 'load', 'page.js'),
    `import http from 'k6/http'
export const options = { vus: 2, duration: '60s' }
export default function () { http.get(__ENV.BASE_URL) }`,
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const inputs = { token: 'token', 'load-url': url, 'load-scripts': 'load', suites: 'load' }
  const main = runner.main(inputs)
  const id = await runId(runner)
  try {
    await eventually(
      'k6 at work',
      () => objectsOf(id),
      (objects) => objects.some((object) => object.includes('-k6-')),
    )
    expect(comments(doubles)).toEqual([expect.stringContaining('chaos-action is running')])
    main.child.kill('SIGKILL')
    await main.ended
    const post = await runner.post(inputs).ended
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0 })
    expect(await objectsOf(id)).toEqual([])
    expect(comments(doubles)).toEqual([expect.stringContaining('**superseded**')])
  } finally {
    main.child.kill('SIGKILL')
    await removeObjects(id)
    server.closeAllConnections()
    server.close()
  }
})

test('a fork has summary and artifact; the reporter of another run posts its comment, and takes a forged result for none', async () => {
  await using doubles = await doublesWithPull(FORK)
  using checkout = actionCheckout()
  const runner = shopRunner(checkout.path, facts(doubles, 'pull_request', pullRequestEvent(REPOSITORY, FORK)))
  const main = await runner.main(INPUTS).ended
  expect(main.code, main.stdout + main.stderr).toBe(0)
  expect(comments(doubles)).toEqual([])
  expect(main.stdout).toContain('no comment and no check run: the pull request comes from a fork')
  expect(runner.summary()).toContain('passed')
  using other = actionCheckout()
  const event = workflowRunEvent(REPOSITORY, FORK, FAKE_RUN_ID)
  const environment = { GITHUB_RUN_ID: '4712' }
  const told = facts(doubles, 'workflow_run', event)
  const reporter = fakeRunner(other.path, { ...told, environment: { ...told.environment, ...environment } })
  const reported = await reporter.main({ mode: 'report', token: 'token' }).ended
  expect(reported.code, reported.stdout + reported.stderr).toBe(0)
  expect(comments(doubles)).toEqual([expect.stringContaining('## ✅ passed')])
  // A later attempt whose result is not one of ours: the green of the earlier one is no longer what this run showed.
  doubles.results.put({ runId: FAKE_RUN_ID, name: 'chaos-results-2', content: Buffer.from('no zip at all') })
  const report = async (from: ReturnType<typeof facts>): Promise<string> => {
    const again = fakeRunner(other.path, { ...from, environment: { ...from.environment, ...environment } })
    const ended = await again.main({ mode: 'report', token: 'token' }).ended
    expect(ended.code, ended.stdout + ended.stderr).toBe(0)
    return ended.stdout
  }
  expect(await report(told)).toMatch(/::warning.*the artifact chaos-results-2 was refused/)
  expect(comments(doubles)).toEqual([
    expect.stringContaining('**no verdict**: the artifact chaos-results-2 was not used: it is no zip file'),
  ])
  // A later run without any result says so as well.
  await report(facts(doubles, 'workflow_run', workflowRunEvent(REPOSITORY, FORK, FAKE_RUN_ID + 1)))
  expect(comments(doubles)).toEqual([expect.stringContaining('the run has ended, and no result of this job was read')])
})

test('on a self-hosted runner the code of a fork is not run', async () => {
  await using doubles = await doublesWithPull(FORK)
  using checkout = actionCheckout()
  const told = facts(doubles, 'pull_request', pullRequestEvent(REPOSITORY, FORK))
  const runner = fakeRunner(checkout.path, {
    ...told,
    environment: { ...told.environment, RUNNER_ENVIRONMENT: 'self-hosted' },
  })
  const main = await runner.main(INPUTS).ended
  expect(main.code).toBe(2)
  expect(main.stdout).toContain('this is a self-hosted runner, and pull_request would run the code of a fork on it')
  expect(runner.outputs()).toMatchObject({ verdict: 'error' })
  expect(runner.state()).toEqual({})
})

test('a red night opens an issue, a green one closes it', async () => {
  await using doubles = await startDoubles({ owner: 'octo', repo: 'shop' })
  using checkout = actionCheckout()
  const night = async (number: string, inputs: Readonly<Record<string, string>>): Promise<string> => {
    const told = facts(doubles, 'schedule', {})
    const runner = fakeRunner(checkout.path, { ...told, environment: { ...told.environment, GITHUB_RUN_ID: number } })
    const ended = await runner.main({ mode: 'nightly-issue', token: 'token', 'nightly-workflow': 'n.yml', ...inputs }).ended
    expect(ended.code, ended.stdout + ended.stderr).toBe(0)
    return ended.stdout
  }
  expect(await night('1', { verdict: 'error' })).toContain('issue opened')
  expect(await night('2', { verdict: 'error' })).toContain('issue updated')
  expect(await night('3', { verdict: 'passed' })).toContain('issue closed')
  expect(doubles.github.world.issues.filter(({ state }) => state === 'open')).toEqual([])
})
