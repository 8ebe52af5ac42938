/** The real k6, in a container and as a program of this machine: what it is given, what it sees, and how it ends. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import type { K6End, K6Port, K6Request } from '../../src/ports/k6.ts'
import { createDockerClient } from '../../src/stack/docker/client.ts'
import { createK6 } from '../../src/stack/k6/k6.ts'
import { containerLauncher } from '../../src/stack/k6/container.ts'
import { hostLauncher } from '../../src/stack/k6/host.ts'
import type { K6Launcher } from '../../src/stack/k6/process.ts'
import { createSpawnExec } from '../../src/stack/programs/spawn-exec.ts'

const IMAGE = 'grafana/k6:2.2.0'
const OLDER_IMAGE = 'grafana/k6:1.8.1'
const run = promisify(execFile)
const docker = createDockerClient()
const exec = createSpawnExec()
const runId = `k6-${process.pid}`

let root: string
let scripts: string
let server: ReturnType<typeof createServer>
let entryUrl: string
let program: string
let count = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'k6-'))
  scripts = join(root, 'scripts')
  await mkdir(scripts)
  server = createServer((request, response) => {
    response.statusCode = request.url === '/busy' ? 503 : 200
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  entryUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  program = join(root, 'k6')
  const { stdout } = await run('docker', ['create', IMAGE])
  await run('docker', ['cp', `${stdout.trim()}:/usr/bin/k6`, program])
  await run('docker', ['rm', stdout.trim()])
  await chmod(program, 0o755)
}, 120_000)

afterAll(async () => {
  server.close()
  await rm(root, { recursive: true, force: true })
})

const signal = (limitMs = 60_000): AbortSignal => AbortSignal.timeout(limitMs)
const launchers: Record<string, () => K6Launcher> = {
  // The machine's own network, as the server of this test is there.
  container: () => containerLauncher({ docker, image: IMAGE, runId, network: 'host', entryUrl }),
  host: () => hostLauncher({ exec, file: program, entryUrl }),
  'major 1': () => containerLauncher({ docker, image: OLDER_IMAGE, runId, network: 'host', entryUrl }),
}

async function script(name: string, text: string): Promise<string> {
  const file = join(scripts, name)
  await writeFile(file, text)
  return file
}

interface Recorded {
  readonly csv: string
  readonly end: K6End
  readonly folder: string
}

async function record(k6: K6Port, file: string, changes: Partial<K6Request> = {}, options: JsonObject = {}): Promise<Recorded> {
  count += 1
  const name = `chaos-${runId}-${count}`
  const folder = join(root, name)
  await mkdir(folder)
  const request: K6Request = {
    ...{ name, file, environment: { BASE_URL: entryUrl }, options, functions: ['default'], folder },
    ...{ segment: null, limitMs: 60_000, ...changes },
  }
  const running = await k6.start(request, signal())
  const chunks: Uint8Array[] = []
  for await (const chunk of running.samples) chunks.push(chunk)
  return { csv: Buffer.concat(chunks).toString(), end: await running.ended, folder }
}

function rows(csv: string, metric: string): string[] {
  return csv.split('\n').filter((line) => line.startsWith(`${metric},`))
}

const PLAIN = `
import http from 'k6/http'
export const options = { vus: 2, duration: '1h', thresholds: { http_reqs: ['count>0'] } }
export default function () { http.get(__ENV.BASE_URL + '/') }
`

describe.each(Object.keys(launchers))('k6 (%s)', (kind) => {
  const k6 = (): K6Port => createK6((launchers[kind] as () => K6Launcher)(), exec, root)

  it('tells its version', async () => {
    const older = { major: 1, text: '1.8.1' }
    expect(await k6().version(signal())).toEqual(kind === 'major 1' ? older : { major: 2, text: '2.2.0' })
  })

  it('tells the options of a script, and what is wrong with one', async () => {
    const file = await script('plain.js', PLAIN)
    expect(await k6().inspect({ file, environment: {} }, signal())).toMatchObject({ vus: 2, duration: '1h0m0s' })
    const broken = await script('broken.js', 'export default function () {')
    await expect(k6().inspect({ file: broken, environment: {} }, signal())).rejects.toThrow(
      /broken\.js: k6 cannot load.*Unexpected/s,
    )
    const missing = join(scripts, 'nowhere.js')
    await expect(k6().inspect({ file: missing, environment: {} }, signal())).rejects.toThrow(/nowhere\.js/)
  })

  it('runs a script with other options, and every sample of it comes through the pipe', async () => {
    const file = await script('plain.js', PLAIN)
    const { csv, end, folder } = await record(k6(), file, {}, { iterations: 50, vus: 5 })
    expect([end.exitCode, end.stopped]).toEqual([0, false])
    expect(rows(csv, 'http_reqs')).toHaveLength(50)
    expect(rows(csv, 'iterations')).toHaveLength(50)
    expect(csv.split('\n')[0]).toMatch(/^metric_name,timestamp,metric_value,/)
    // 16 digits: microseconds.
    expect(rows(csv, 'http_reqs')[0]?.split(',')[1]).toMatch(/^\d{16}$/)
    expect(end.summary).toMatchObject({ metrics: { http_reqs: { count: 50, thresholds: { 'count>0': false } } } })
    expect(Object.keys((end.summary as { metrics: { http_req_duration: object } }).metrics.http_req_duration)).toContain('p(99)')
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).uid).toBe(process.getuid?.())
  })

  it('gives an all-throwing script no request, whatever its exit code says', async () => {
    const file = await script('throws.js', `export default function () { throw new Error('no') }`)
    const { csv, end } = await record(k6(), file, {}, { iterations: 3, vus: 1 })
    expect(end.exitCode).toBe(0)
    expect(rows(csv, 'http_reqs')).toEqual([])
    expect(end.log).toContain('Error: no')
  })

  it('ends with its own code for a breached threshold', async () => {
    const file = await script(
      'busy.js',
      PLAIN.replace(`'/'`, `'/busy'`).replace('http_reqs', 'http_req_failed').replace('count>0', 'rate<0.01'),
    )
    const { end } = await record(k6(), file, {}, { iterations: 5, vus: 1 })
    expect(end.exitCode).toBe(99)
    // Inverted: true is a breach.
    expect(end.summary).toMatchObject({ metrics: { http_req_failed: { thresholds: { 'rate<0.01': true } } } })
  })

  it('is stopped by SIGINT at its limit, and its summary and all samples are there', async () => {
    const file = await script('plain.js', PLAIN)
    const { csv, end } = await record(k6(), file, { limitMs: 2_500 })
    expect([end.exitCode, end.stopped]).toEqual([105, true])
    const { count: requests } = (end.summary as { metrics: { http_reqs: { count: number } } }).metrics.http_reqs
    expect(requests).toBeGreaterThan(10)
    expect(rows(csv, 'http_reqs')).toHaveLength(requests)
  })

  it('sees the environment that it is given, and nothing else of ours', async () => {
    process.env['CHAOS_TEST_TOKEN'] = 'precious'
    try {
      const text = `export default function () { console.log('env ' + JSON.stringify(__ENV)) }`
      const { end } = await record(
        k6(),
        await script('env.js', text),
        { environment: { GIVEN: 'yes' } },
        { iterations: 1, vus: 1 },
      )
      expect(end.log).toContain('GIVEN')
      expect(end.log).not.toContain('precious')
      expect(end.log).not.toContain('GITHUB_')
    } finally {
      delete process.env['CHAOS_TEST_TOKEN']
    }
  })

  it('shares users out by segments', async () => {
    const text = `export default function () { }`
    const file = await script('empty.js', text)
    const counts = await Promise.all(
      [1, 2, 3].map(async (index) => {
        const scenarios = { all: { executor: 'shared-iterations', vus: 10, iterations: 100 } }
        const { csv } = await record(k6(), file, { segment: { index, count: 3 } }, { scenarios })
        return rows(csv, 'iterations').length
      }),
    )
    expect(counts.reduce((sum, each) => sum + each, 0)).toBe(100)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(10)
  })

  it('leaves no container', async () => {
    const { stdout } = await run('docker', ['ps', '--all', '--quiet', '--filter', `label=chaos-action.run=${runId}`])
    expect(stdout).toBe('')
  })
})

it('without the image, or the program, is told as such', async () => {
  const noImage = createK6(
    containerLauncher({ docker, image: 'chaos-test/none:1', runId, network: 'none', entryUrl }),
    exec,
    root,
  )
  await expect(noImage.version(signal())).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  const noProgram = createK6(hostLauncher({ exec, file: join(root, 'none'), entryUrl }), exec, root)
  await expect(noProgram.version(signal())).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
})
