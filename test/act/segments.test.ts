/** One load by two generators, each a job, judged as one by a third. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { unzipped } from '../support/zip.ts'
import { runAct, UNDER_TEST, type Act } from './support/act.ts'
import { startDoubles, type Doubles } from './support/doubles.ts'
import { actionRepository, callingRepository, type Repository } from './support/repository.ts'

const RUN_ID = 77
/** The runner's own escapes, and the shell's characters: what a mask or a line of the environment could trip over. */
const TOKEN = 'half%25of "it" is $HOME'
const SCRIPT = `
import http from 'k6/http'
import { sleep } from 'k6'
export const options = { vus: 6, duration: '4s', thresholds: { http_req_failed: ['rate<0.01'] } }
export default function () {
  http.get(\`\${__ENV.BASE_URL}/\`, { headers: { authorization: __ENV.SHOP_TOKEN } })
  sleep(0.02)
}`

const action = actionRepository()
let server: Server
let address = ''
let asked = 0
let refused = 0

beforeAll(async () => {
  server = createServer((request, response) => {
    asked += 1
    const known = request.headers.authorization === TOKEN
    if (!known) refused += 1
    response.writeHead(known ? 200 : 401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  ;[asked, refused] = [0, 0]
})
afterAll(async () => {
  action[Symbol.dispose]()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function calling(generators: number): Repository {
  const text = `name: load
on: [workflow_dispatch]
jobs:
  load:
    permissions:
      contents: read
    uses: ./.github/workflows/chaos-segments.yml
    with:
      url: ${address}
      scripts: load
      only: shop
      generators: ${generators}
      start-in-minutes: 1
      action-repository: ${UNDER_TEST.repository}
      action-ref: ${UNDER_TEST.ref}
    secrets:
      load-variables: \${{ secrets.LOAD_VARIABLES }}
`
  return callingRepository({ 'load.yml': text, '../../load/shop.js': SCRIPT }, { ours: true })
}

function dispatch(repository: Repository, doubles: Doubles): Act {
  return runAct({
    event: 'workflow_dispatch',
    payload: { inputs: {} },
    workflow: 'load.yml',
    repository: repository.path,
    action: action.path,
    doubles,
    runId: RUN_ID,
    secrets: { LOAD_VARIABLES: `SHOP_TOKEN=${TOKEN}\nSHOP_DEBUG=1` },
  })
}

test('two generators begin together, and what they measured is judged as one load', async () => {
  await using doubles = await startDoubles({ owner: 'rbee', repo: 'chaos-action' })
  using repository = calling(2)
  await using act = dispatch(repository, doubles)
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(0)
  expect(ended.jobs).toEqual({ plan: 'success', segment: 'success', merge: 'success' })
  expect(ended.outputs).toMatchObject({ 'merge.merge.verdict': 'passed' })
  expect(ended.summary).toContain('measured by 2 generators')
  expect(ended.masks).toContain(TOKEN)
  // Masked, it would take with it every output that has a 1 in it.
  expect(ended.masks).not.toContain('1')
  expect(ended.text).not.toContain(TOKEN)
  const artifacts = doubles.results.store.ofRun(String(RUN_ID))
  expect(artifacts.filter(({ name }) => name.startsWith('load-segment-'))).toHaveLength(2)
  const merged = artifacts.find(({ name }) => name.startsWith('chaos-results-'))
  const result: unknown = JSON.parse(
    unzipped(merged?.blob.content ?? Buffer.alloc(0))
      .get('result.json')
      ?.toString() ?? 'null',
  )
  // Each looked once whether anybody answers, without the token.
  expect(refused).toBe(2)
  expect(result).toMatchObject({ verdict: 'passed', load: [{ id: 'shop', users: 6, requests: asked - 2, errors: {} }] })
})

test('a number of generators that is none ends in a message, before anything is asked', async () => {
  await using doubles = await startDoubles({ owner: 'rbee', repo: 'chaos-action' })
  using repository = calling(0)
  await using act = dispatch(repository, doubles)
  const ended = await act.ended
  expect(ended.code, ended.text).toBe(1)
  expect(ended.jobs).toMatchObject({ plan: 'failure' })
  expect(asked).toBe(0)
  // act loses what a step says that takes no longer than this one, where the machine is busy: so the step alone is asked.
  const env = { PATH: process.env['PATH'], GENERATORS: '0', MINUTES: '5', GITHUB_OUTPUT: '/dev/null' }
  const { status, stdout } = spawnSync('bash', ['-eo', 'pipefail', '-c', planScript()], { env, encoding: 'utf8' })
  expect([status, stdout]).toEqual([1, expect.stringContaining('generators is a whole number from 1 to 50')])
})

/** What the workflow runs to plan the segments. */
function planScript(): string {
  const workflow = readFileSync(new URL('../../.github/workflows/chaos-segments.yml', import.meta.url), 'utf8')
  const step = workflow.split(/^ {6}- /m).find((text) => text.startsWith('name: One segment for each generator'))
  const script = /^ {8}run: \|\n((?: {10}.*\n)+)/m.exec(step ?? '')?.[1]
  if (script === undefined) throw new Error('the workflow has no step that plans the segments')
  return script
}
