/** Load patterns by the real k6: what is judged, and above all what must never be green. */
import { execFile } from 'node:child_process'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openSeriesFile } from '../../src/load/series/file.ts'
import { openSeries, shortened } from '../../src/load/series/samples.fixture.ts'
import { containerK6, K6_IMAGE, loadRig, OLDER_K6_IMAGE, type LoadRig } from './load-rig.ts'

const run = promisify(execFile)
let rig: LoadRig

beforeAll(async () => {
  rig = await loadRig()
}, 60_000)
beforeEach(() => {
  rig.server.handler = (_request, response) => response.end('{"tokens":1}')
  rig.completed.length = 0
  rig.events.length = 0
})
afterAll(() => rig.close())

/** Five users for three seconds, each asking twenty times a second. */
const plain = (body: string, options = "vus: 5, duration: '3s'"): string => `
import http from 'k6/http'
import { sleep, check } from 'k6'
import exec from 'k6/execution'
import { Counter, Rate } from 'k6/metrics'
const errors = new Rate('errors')
const tasks = new Counter('tasks')
export const options = { ${options} }
export default function () {
  ${body}
  sleep(0.05)
}`
const GET = 'const response = http.get(`${__ENV.BASE_URL}/`);'

describe('a script of anybody', () => {
  it.each([
    [K6_IMAGE, '2.2.0'],
    [OLDER_K6_IMAGE, '1.8.1'],
  ])('passes on its own limits and ours, with a series that says the same (%s)', async (image, version) => {
    const limits = "vus: 5, duration: '3s', thresholds: { http_req_duration: ['p(95)<400'], checks: ['rate>0.99'] }"
    const result = await rig.run(
      await rig.script('good.js', plain(`${GET} check(response, { ok: (r) => r.status === 200 })`, limits)),
      { image },
    )
    expect([result.verdict, result.reasons]).toEqual(['passed', []])
    expect(result).toMatchObject({
      users: 5,
      errorRate: 0,
      model: 'closed',
      k6: { version, runsIn: 'container', exitCode: 0 },
    })
    expect(result.thresholds.filter(({ scope }) => scope === 'run').map(({ text, met }) => [text, met])).toEqual([
      ['checks: rate>0.99', true],
      ['http_req_duration: p(95)<400', true],
      ['http_reqs count > 0', true],
    ])
    const packed = rig.kept.get(result.series?.file ?? '')
    expect(packed).toBeInstanceOf(Uint8Array)
    const file = await openSeriesFile(() => Readable.from([packed]), 'series')
    expect([file.facts.patternId, file.facts.k6Version, file.head.late]).toEqual(['T-1', version, 0])
    const series = openSeries(await shortened(file))
    expect(series.ask({ metric: 'http_reqs' })?.sum).toBe(result.requests)
    expect(series.metrics).toContainEqual({ name: 'checks', type: 'rate' })
    const live = rig.events.filter((event) => event.type === 'load-live')
    expect(live.at(-1)).toMatchObject({ id: 'T-1', errors: 0 })
    // In its last second some have ended.
    expect(Math.max(...live.map(({ users }) => users ?? 0))).toBe(5)
    expect(rig.kept.get(result.logs[0]?.file ?? '')).toContain('http_reqs')
  })

  it("is failed by a limit of the user's, over whole run and hold", async () => {
    rig.server.handler = (_request, response) => setTimeout(() => response.end('{}'), 120)
    const result = await rig.run(await rig.script('slow.js', plain(GET)), {
      options: { thresholds: ['http_req_duration p95 < 100 ms', 'http_reqs rate > 5/s'] },
    })
    expect(result.verdict).toBe('failed')
    expect(result.reasons[0]).toMatch(/^http_req_duration p95 < 100 ms from 0 s to \d+(?:\.\d+)? s: \d{3,} ms of \d+ samples/)
    expect(result.thresholds.find(({ metric, scope }) => metric === 'http_reqs' && scope === 'run')?.met).toBe(true)
  })

  it('asks at a rate, however long the answers take, in the open model', async () => {
    rig.server.handler = (_request, response) => setTimeout(() => response.end('{}'), 300)
    const script = await rig.script('open.js', plain('http.get(`${__ENV.BASE_URL}/`);'.replace('sleep', '')))
    const closed = await rig.run(script)
    const open = await rig.run(script, { options: { model: 'open' }, pattern: { thinkSeconds: 0.05 } })
    expect([closed.model, open.model]).toEqual(['closed', 'open'])
    // 5 users at 0.35 s a turn make 14 a second; at the 0.15 s of a good answer they are to make 33.
    expect(open.requests).toBeGreaterThan(closed.requests * 1.7)
  })
})

describe('never green', () => {
  it('a script that throws in every iteration', async () => {
    const result = await rig.run(
      await rig.script(
        'throws.js',
        plain('throw new Error("no")', "vus: 2, duration: '2s', thresholds: { http_req_failed: ['rate<0.01'] }"),
      ),
    )
    expect([result.verdict, result.reasons[0], result.k6?.exitCode]).toEqual(['error', 'not a single request was sent', 0])
  })

  it('a script that asks nothing', async () => {
    const result = await rig.run(await rig.script('idle.js', plain('')))
    expect([result.verdict, result.reasons[0]]).toEqual(['error', 'not a single request was sent'])
  })

  it('a dead server', async () => {
    const limits = "vus: 2, duration: '2s', thresholds: { http_req_duration: ['p(95)<500'] }"
    const result = await rig.run(await rig.script('dead.js', plain(GET, limits)), { entryUrl: 'http://127.0.0.1:1' })
    expect(result.verdict).toBe('failed')
    expect(result.reasons[0]).toContain('http_req_failed rate < 1 %')
    expect(result.reasons[0]).toContain('100.00 %')
    expect(Object.keys(result.errors)).toEqual(['error 1212'])
  })

  it('a script that ends itself, with its limits crossed or kept', async () => {
    const limits = "vus: 2, duration: '5s', thresholds: { http_req_duration: ['max<0.001'] }"
    const result = await rig.run(
      await rig.script(
        'abort.js',
        plain(`${GET} if (exec.instance.currentTestRunDuration > 1000) exec.test.abort('enough')`, limits),
      ),
    )
    expect(result.verdict).toBe('error')
    expect(result.reasons[0]).toMatch(/^the run was cut short: k6 ended with 108/)
  })

  it('k6 that was killed in the middle', async () => {
    const script = await rig.script('killed.js', plain(GET, "vus: 2, duration: '20s'"))
    const running = rig.run(script)
    const names = async (): Promise<string[]> => {
      const { stdout } = await run('docker', [
        'ps',
        '--filter',
        `label=chaos-action.run=${rig.runId}`,
        '--format',
        '{{.Names}} {{.Command}}',
      ])
      return stdout
        .split('\n')
        .filter((line) => line.includes('k6-t-1'))
        .map((line) => line.split(' ')[0] ?? '')
    }
    await expect.poll(names, { timeout: 20_000 }).toHaveLength(1)
    await expect
      .poll(() => rig.events.filter((event) => event.type === 'load-live').length, { timeout: 20_000 })
      .toBeGreaterThan(1)
    const [name = ''] = await names()
    await run('docker', ['kill', '--signal', 'KILL', name])
    const result = await running
    expect(result.verdict).toBe('error')
    expect(result.reasons[0]).toMatch(/k6 ended with 137: it was killed by signal 9/)
  })

  it('no k6, no script, a script that does not load', async () => {
    const good = await rig.script('good2.js', plain(GET))
    const none = await rig.run(good, { k6: containerK6('chaos-action-test/no-such-k6:1', rig.runId, 'http://127.0.0.1:1') })
    expect([none.verdict, none.reasons[0]]).toEqual([
      'error',
      expect.stringContaining('there is no image chaos-action-test/no-such-k6:1'),
    ])
    const missing = await rig.run(good.replace('good2.js', 'no-such.js'))
    expect([missing.verdict, missing.reasons[0]]).toEqual([
      'error',
      expect.stringContaining('no-such.js: k6 cannot load this script'),
    ])
    const broken = await rig.run(await rig.script('broken.js', 'export default function () {'))
    expect([broken.verdict, broken.reasons[0]]).toEqual([
      'error',
      expect.stringContaining('broken.js: k6 cannot load this script'),
    ])
    const setup = await rig.run(
      await rig.script('setup.js', `${plain(GET)}\nexport function setup() { throw new Error('no setup') }`),
    )
    expect([setup.verdict, setup.reasons[0]]).toEqual([
      'error',
      expect.stringMatching(/^k6 ended with 107: the script threw where it was loaded, or in setup\(\)/),
    ])
  })

  it('an error in the body of a 200, where the script looks', async () => {
    rig.server.handler = (_request, response) => response.end('{"error":"no model"}')
    const body = `${GET} errors.add(JSON.parse(response.body).error !== undefined)`
    const result = await rig.run(await rig.script('body.js', plain(body)))
    expect(result.verdict).toBe('failed')
    expect(result.reasons[0]).toContain('errors rate < 1 %')
  })

  it('served answers of jobs that the system never completed', async () => {
    let asked = 0
    rig.server.handler = (_request, response) => {
      asked += 1
      const id = `job-${asked}`
      if (asked % 10 !== 0) rig.completed.push(id)
      response.setHeader('x-task-id', id)
      response.end('{}')
    }
    const body = `${GET} exec.vu.metrics.metadata.task_id = response.headers['X-Task-Id']; tasks.add(1, { outcome: 'served' }); delete exec.vu.metrics.metadata.task_id`
    const script = await rig.script('claims.js', plain(body))
    const lying = await rig.run(script, { tellsCompleted: true })
    expect(lying.verdict).toBe('failed')
    expect(lying.completion).toMatchObject({ served: lying.requests, unknown: Math.floor(asked / 10) })
    expect(lying.reasons.join('\n')).toMatch(/served answers are of jobs that the system never completed: job-10, job-20/)
    expect(await rig.run(script)).toMatchObject({ verdict: 'passed', completion: null })
  })

  it('a threshold with a typo', async () => {
    const script = await rig.script('good3.js', plain(GET))
    const result = await rig.run(script, { options: { thresholds: ['http_req_duratoin p95 < 5 ms'] } })
    expect([result.verdict, result.reasons[0]]).toEqual(['error', expect.stringContaining('did you mean "http_req_duration"')])
  })

  it('a run that was called off', async () => {
    const controller = new AbortController()
    const running = rig.run(await rig.script('long.js', plain(GET, "vus: 2, duration: '30s'")), { signal: controller.signal })
    await expect
      .poll(() => rig.events.filter((event) => event.type === 'load-live').length, { timeout: 20_000 })
      .toBeGreaterThan(1)
    controller.abort(new Error('called off'))
    const result = await running
    expect([result.verdict, result.reasons[0]]).toEqual(['error', 'interrupted: called off'])
    const { stdout } = await run('docker', ['ps', '--all', '--quiet', '--filter', `label=chaos-action.run=${rig.runId}`])
    expect(stdout).toBe('')
  })
})
