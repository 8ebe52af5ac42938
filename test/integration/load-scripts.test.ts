/** k6 scripts as people write them, each after a public report: what the real k6 makes of them, and what we do. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadResult } from '../../src/core/result/load.ts'
import { openShop, type Shop } from '../../src/requests/grpc/server.fixture.ts'
import { openEchoServer, type EchoServer } from '../support/websocket-server.ts'
import { loadRig, OLDER_K6_IMAGE, K6_IMAGE, type Change, type LoadRig } from './load-rig.ts'

let rig: LoadRig
let server: EchoServer
let shop: Shop
let count = 0

beforeAll(async () => {
  rig = await loadRig()
  shop = await openShop()
  server = await openEchoServer((request, response) => {
    const status = Number(new URL(request.url ?? '', 'http://x').searchParams.get('status') ?? 200)
    request.resume()
    setTimeout(() => response.writeHead(status, { 'content-type': 'application/json' }).end('{"ok":true}'), 5)
  })
}, 60_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await shop[Symbol.asyncDispose]()
  await rig.close()
})

const HEAD = `
import http from 'k6/http'
import ws from 'k6/ws'
import grpc from 'k6/net/grpc'
import { check, sleep } from 'k6'
import { Counter, Trend } from 'k6/metrics'
`

interface Judged extends LoadResult {
  /** What was kept of a name. */
  text(service: string): string
}

/** Several at a time: they wait for most of theirs. */
async function judged(
  body: string,
  change: Change & { readonly files?: Readonly<Record<string, string>> } = {},
): Promise<Judged> {
  const id = `S-${(count += 1)}`
  const file = await rig.script(`${id}/load/script.js`, '')
  for (const [path, text] of Object.entries({ ...change.files, 'script.js': `${HEAD}${body}` })) {
    await mkdir(dirname(join(dirname(file), path)), { recursive: true })
    await writeFile(join(dirname(file), path), text)
  }
  const result = await rig.run(file, { entryUrl: server.baseUrl, ...change, pattern: { id, ...change.pattern } })
  const textOf = (service: string): string =>
    String(rig.kept.get(result.logs.find((log) => log.service === service)?.file ?? '') ?? '')
  return { ...result, text: textOf }
}

const seen = ({ verdict, reasons }: LoadResult): unknown => [verdict, reasons]
const GET = 'http.get(`${__ENV.BASE_URL}/s`); sleep(0.1)'

describe.concurrent('a script that k6 passes passes', () => {
  it.each([K6_IMAGE, OLDER_K6_IMAGE])('with a setup() that takes longer than the load (%s)', async (image) => {
    const result = await judged(
      `export const options = { vus: 1, duration: '3s', thresholds: { http_req_failed: ['rate<0.01'], http_req_duration: ['avg<100'] } }
      export function setup() { http.post(\`\${__ENV.BASE_URL}/seed?status=500\`, '{}'); sleep(4); return {} }
      export default function () { ${GET} }
      export function teardown() { sleep(2); http.del(\`\${__ENV.BASE_URL}/seed\`) }`,
      { image },
    )
    expect(seen(result)).toEqual(['passed', []])
    expect(result.thresholds.filter(({ scope, met }) => scope === 'hold' && met === true).length).toBeGreaterThan(2)
    expect(result.notes).toContain(
      'requests of setup() and teardown(), which are part of no hold, and of no limit but their own: 2',
    )
    // Of the load alone: ten a second are possible.
    expect(result.rps).toBeGreaterThan(5)
  })

  it.each([K6_IMAGE, OLDER_K6_IMAGE])('with a limit of its setup() alone, which k6 judges (%s)', async (image) => {
    const limited = (limitMs: number, setup = 'http.get(`${__ENV.BASE_URL}/seed`)'): Promise<LoadResult> =>
      judged(
        `export const options = { vus: 1, duration: '2s', thresholds: { 'http_req_duration{group:::setup}': ['avg<${limitMs}'] } }
        export function setup() { ${setup}; return {} }
        export default function () { ${GET} }`,
        { image },
      )
    expect(seen(await limited(20_000))).toEqual(['passed', []])
    // Of nothing k6 says that it was kept.
    expect((await limited(20_000, 'sleep(0.1)')).verdict).toBe('inconclusive')
    const crossed = await limited(1)
    expect(crossed.verdict).toBe('failed')
    expect(crossed.reasons).toEqual([
      expect.stringMatching(/^http_req_duration\{group:::setup\}: avg<1 in setup\(\), as k6 says: \d+ ms$/),
    ])
  })

  it('over WebSocket alone', async () => {
    const result = await judged(
      `export const options = { vus: 2, duration: '3s', thresholds: { checks: ['rate>0.99'], ws_connecting: ['p(80)<500'] } }
      export default function () {
        const result = ws.connect(\`\${__ENV.BASE_URL.replace('http', 'ws')}/chat\`, {}, (socket) => {
          socket.on('open', () => socket.send('hello'))
          socket.on('message', () => socket.close())
          socket.setTimeout(() => socket.close(), 1000)
        })
        check(result, { 'status is 101': (r) => r && r.status === 101 })
        sleep(0.02)
      }`,
    )
    expect(seen(result)).toEqual(['passed', []])
    // Enough for that limit to be decided, on a busy machine as well.
    expect(result.requests).toBeGreaterThan(13)
    expect(result.outcomes).toMatchObject({ served: result.requests, failed: 0 })
  })

  it('over gRPC alone', async () => {
    const result = await judged(GRPC('Check'), { pattern: { environment: { SHOP: shop.baseUrl.replace('http://', '') } } })
    expect(seen(result)).toEqual(['passed', []])
    expect(result.requests).toBeGreaterThan(9)
    expect(result.p95Ms).toBeGreaterThan(0)
  })

  it('with modules and data above its own folder', async () => {
    const result = await judged(
      `import { path } from '../lib/base.js'
      const words = open('../data/words.txt')
      const name = 'more'
      const more = open('../data/' + name + '.txt')
      export const options = { vus: 1, duration: '2s' }
      export default function () { check(words + more, { 'are there': (text) => text === 'onetwo' }); http.get(__ENV.BASE_URL + path); sleep(0.1) }`,
      {
        files: {
          '../lib/base.js': `export { path } from './deep/path.js'`,
          '../lib/deep/path.js': `export const path = '/lib'`,
          '../data/words.txt': 'one',
          '../data/more.txt': 'two',
        },
      },
    )
    expect(seen(result)).toEqual(['passed', []])
  })

  it('that wants few of k6’s tags', async () => {
    const result = await judged(
      `export const options = { vus: 1, duration: '3s', systemTags: ['method', 'name'],
        thresholds: { http_req_failed: ['rate<0.01'], 'http_req_duration{method:GET}': ['avg<500'], 'http_req_duration{kind:a b}': ['avg<500'] } }
      export default function () { http.get(\`\${__ENV.BASE_URL}/t\`, { tags: { kind: 'a b' } }); sleep(0.1) }`,
    )
    expect(seen(result)).toEqual(['passed', []])
    expect([result.outcomes, result.errors]).toEqual([{ served: result.requests, rejected: 0, failed: 0 }, {}])
  })

  it('and what it writes of its own is kept', async () => {
    const result = await judged(
      `export const options = { vus: 1, duration: '2s' }
      export default function () { ${GET} }
      export function handleSummary(data) {
        return { 'summary.html': '<html>' + ('script_exceptions' in data.metrics) + '</html>', stdout: 'done' }
      }`,
    )
    expect(seen(result)).toEqual(['passed', []])
    expect([result.text('summary.html'), result.text('k6')]).toEqual(['<html>false</html>', expect.stringContaining('done')])
  })

  it('with limits in all of k6’s grammar', async () => {
    const result = await judged(
      `const orders = new Counter('orders_placed'); const wrong = new Counter('wrong_answers'); const drift = new Trend('clock_drift')
      export const options = { vus: 2, duration: '3s', thresholds: {
        'http_req_duration{name:/posts/\${id}}': ['avg<500'], orders_placed: ['rate>3'], wrong_answers: ['count<1'], clock_drift: ['min>-5', 'max<5'] } }
      export default function () {
        http.get(\`\${__ENV.BASE_URL}/posts/\${__ITER}\`, { tags: { name: '/posts/\${id}' } })
        orders.add(1); if (__ITER < 0) wrong.add(1); drift.add(__ITER % 2 ? -1.5 : 1.5); sleep(0.1)
      }`,
    )
    expect(seen(result)).toEqual(['passed', []])
  })
})

/** Asks for the health of the shop, or for what it does not sell, ten times a second. */
const GRPC = (method: 'Check' | 'Pay'): string => `
const client = new grpc.Client()
export const options = { vus: 1, duration: '3s' }
export default function () {
  if (__ITER === 0) client.connect(__ENV.SHOP, { plaintext: true, reflect: true })
  client.invoke('${method === 'Check' ? 'grpc.health.v1.Health/Check' : 'shop.Till/Pay'}', ${method === 'Check' ? '{}' : `{ item: 'coffee', count: 1 }`})
  sleep(0.1)
}`

describe.concurrent('never green', () => {
  it('what it checks and does not find', async () => {
    const result = await judged(
      `export const options = { vus: 2, duration: '2s' }
      export default function () { check(http.get(\`\${__ENV.BASE_URL}/cart\`), { 'cart has items': (r) => r.json('items') !== undefined }); sleep(0.1) }`,
    )
    expect([result.verdict, result.reasons[0]]).toEqual([
      'failed',
      expect.stringMatching(/^checks rate >= 99 % from 0 s to \d s: 0\.00 %/),
    ])
  })

  it('an iteration that throws when its request was answered, at once or later', async () => {
    const result = await judged(
      `export const options = { scenarios: { one: { executor: 'per-vu-iterations', vus: 1, iterations: 5, exec: 'buy' }, two: { executor: 'per-vu-iterations', vus: 1, iterations: 5 } } }
      export function buy() { ${GET}; if (__ITER === 1) JSON.parse('no') }
      export default async function () { ${GET}; await Promise.resolve(); if (__ITER > 2) throw new Error('later') }`,
    )
    expect(seen(result)).toEqual(['failed', ['the script threw in 3 of 10 iterations: k6.log says what']])
    expect(result.text('k6')).toContain('later')
  })

  it('calls of gRPC that are refused', async () => {
    const result = await judged(GRPC('Pay'), { pattern: { environment: { SHOP: shop.baseUrl.replace('http://', '') } } })
    expect([result.verdict, result.reasons[0]]).toEqual([
      'failed',
      expect.stringMatching(/^ws_and_grpc rate < 1 % .*: 100\.00 %/),
    ])
    expect(Object.keys(result.errors)).toEqual(['gRPC 8'])
  })

  it('sessions of WebSocket that nobody answers', async () => {
    const result = await judged(
      `export const options = { vus: 1, duration: '2s' }
      export default function () {
        try { ws.connect('ws://127.0.0.1:1/', {}, () => undefined) } catch { sleep(0.1) }
        sleep(0.1)
      }`,
    )
    expect([result.verdict, result.reasons[0]]).toEqual([
      'failed',
      expect.stringMatching(/^ws_and_grpc rate < 1 % .*: 100\.00 %/),
    ])
  })

  it('a limit that ends the load', async () => {
    const result = await judged(
      `export const options = { vus: 2, duration: '30s', thresholds: { http_req_failed: [{ threshold: 'rate<0.1', abortOnFail: true, delayAbortEval: '1s' }] } }
      export default function () { http.get(\`\${__ENV.BASE_URL}/x?status=500\`); sleep(0.1) }`,
    )
    expect([result.verdict, result.reasons]).toEqual([
      'failed',
      expect.arrayContaining([
        expect.stringMatching(
          /^http_req_failed: rate<0\.1 was crossed, and the script ends its load then \(abortOnFail\): \d+ s of 30 s/,
        ),
      ]),
    ])
    expect(result.k6?.exitCode).toBe(99)
  })

  it('a teardown() that throws', async () => {
    const result = await judged(
      `export const options = { vus: 1, duration: '2s' }
      export default function () { ${GET} }
      export function teardown() { throw new Error('cannot clean up') }`,
    )
    expect([result.verdict, result.reasons[0]]).toEqual([
      'error',
      expect.stringMatching(/^k6 ended with 107: the script threw in teardown\(\); it said: .*cannot clean up/s),
    ])
  })

  it('a module that nobody can fetch, which is named', async () => {
    const result = await judged(
      `import { path } from 'https://127.0.0.1:1/lib.js'
      export default function () { http.get(__ENV.BASE_URL + path) }`,
    )
    expect(result.verdict).toBe('error')
    expect(result.reasons.join()).toMatch(
      /k6 cannot load this script.*It imports https:\/\/127\.0\.0\.1:1\/lib\.js, which k6 fetches itself/s,
    )
  })
})
