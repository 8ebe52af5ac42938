/** The bundled `load` and `merge` on a server that is no stack of ours. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/core/result/run.ts'
import { docker, startCli } from './cli.ts'
import { leftoversOf } from './leftovers.ts'

const SCRIPT = `
import http from 'k6/http'
import { sleep } from 'k6'
export const options = {
  vus: 6, duration: '6s',
  thresholds: { http_req_duration: ['p(95)<400'], http_req_failed: ['rate<0.01'] },
}
export default function () {
  http.get(\`\${__ENV.BASE_URL}/\`, { headers: { authorization: __ENV.SHOP_TOKEN } })
  sleep(0.02)
}`
const TOKEN = 'a-token-that-nobody-may-see'
/** For the bundle, k6's version and its look at the script, and the slowest of the generators. */
const READY_MS = 20_000

let folder = ''
let server: Server
let address = ''
let latencyMs = 5
let asked = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaos-load-'))
  await mkdir(join(folder, 'scripts'))
  await writeFile(join(folder, 'scripts', 'shop.js'), SCRIPT)
  server = createServer((request, response) => {
    asked += 1
    setTimeout(() => response.writeHead(request.headers.authorization === TOKEN ? 200 : 401).end(), latencyMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env['SHOP_TOKEN'] = TOKEN
})
beforeEach(() => {
  latencyMs = 5
  asked = 0
})
afterAll(async () => {
  delete process.env['SHOP_TOKEN']
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

function load(out: string, ...argv: string[]): ReturnType<typeof startCli> {
  const scripts = ['--scripts', join(folder, 'scripts'), '--variable', 'SHOP_TOKEN']
  return startCli(['load', '--url', address, ...scripts, '--profile', 'full', '--out', join(folder, out), ...argv])
}

async function resultIn(out: string): Promise<RunResult> {
  return JSON.parse(await readFile(join(folder, out, 'result.json'), 'utf8')) as RunResult
}

/** Two generators that begin together, each with half of the users. */
async function twoGenerators(): Promise<void> {
  const startAt = new Date(Date.now() + READY_MS).toISOString()
  const part = (index: number): ReturnType<typeof startCli> =>
    load(`part-${index}`, '--segment', `${index}/2`, '--start-at', startAt)
  await using first = await part(1)
  await using second = await part(2)
  for (const ended of [await first.ended(), await second.ended()]) {
    expect(ended.exitCode, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/^segment [12] of 2: measured, and judged by merge: \d+ requests, 0\.00 % errors, .*\n$/)
  }
}

describe('load on an address', () => {
  it('is judged, names the address, and shows no secret', async () => {
    await using cli = await load('whole')
    const { exitCode, stdout, stderr } = await cli.ended()
    const result = await resultIn('whole')
    expect([exitCode, result.verdict, result.run.address], stderr).toEqual([0, 'passed', address])
    expect(result.load[0]).toMatchObject({ id: 'shop', requests: asked - 1, users: 6, errors: {} })
    expect(stdout).toContain(`judged: the system at ${address}`)
    for (const file of ['result.json', 'summary.md', 'run.log', 'load/shop/k6.log'])
      expect(await readFile(join(folder, 'whole', file), 'utf8')).not.toContain(TOKEN)
    expect(await leftoversOf(result.run.id)).toBe('')
  })

  it('fails for a limit that is missed', async () => {
    latencyMs = 450
    await using cli = await load('slow')
    const { exitCode, stdout } = await cli.ended()
    expect(exitCode).toBe(1)
    expect(stdout).toContain('http_req_duration: p(95)<400')
  })

  it('says at once that nothing answers, what is not set, and what is no address', async () => {
    await using dead = await startCli(['load', '--url', 'http://127.0.0.1:1', '--out', join(folder, 'dead')])
    expect((await dead.ended()).exitCode).toBe(2)
    expect((await resultIn('dead')).reasons[0]).toContain('http://127.0.0.1:1 gives no answer: ')
    await using unset = await startCli(['load', '--url', address, '--variable', 'NOT_SET_ANYWHERE'])
    expect(await unset.ended()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not set') as string })
    await using wrong = await startCli(['load', '--url', 'localhost'])
    expect(await wrong.ended()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is no address') as string })
  })
})

describe('several generators', () => {
  it('are merged and judged as one, and refused when one is missing', async () => {
    await twoGenerators()
    const sources = [1, 2].map((index) => join(folder, `part-${index}`))
    await using cli = await startCli(['merge', ...sources, '--out', join(folder, 'merged')])
    const { exitCode, stdout, stderr } = await cli.ended()
    const result = await resultIn('merged')
    expect([exitCode, result.verdict, result.reasons], stderr).toEqual([0, 'passed', []])
    expect(stdout).toContain('measured by 2 generators')
    // Each looked once whether anybody answers.
    expect(result.load[0]).toMatchObject({ requests: asked - 2, users: 6, k6: { exitCode: 0 } })

    await using half = await startCli(['merge', sources[0] ?? '', '--out', join(folder, 'half')])
    expect(await half.ended()).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('segment 2 of 2 is missing') as string,
    })
  })

  it('fail together for a limit that both miss, though each only measured', async () => {
    latencyMs = 450
    await twoGenerators()
    await using cli = await startCli([
      'merge',
      join(folder, 'part-1'),
      join(folder, 'part-2'),
      '--out',
      join(folder, 'merged-slow'),
    ])
    expect((await cli.ended()).exitCode).toBe(1)
    expect((await resultIn('merged-slow')).load[0]?.reasons[0]).toContain('http_req_duration: p(95)<400')
  })

  it('are told of a start that has passed, and of a load that was none', async () => {
    await using late = await load('late', '--segment', '1/2', '--start-at', '2026-01-01T00:00:00Z')
    expect(await late.ended()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('passed') as string })
    await using alone = await load('alone', '--start-at', '2026-01-01T00:00:00Z')
    expect(await alone.ended()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('needs --segment') as string })
  })
})

interface Manifest {
  items: [
    { metadata: { name: string }; binaryData: Record<string, string> },
    { spec: { parallelism: number; runner: { image: string; env: { name: string; value?: string }[] } } },
  ]
}

/** As the operator starts a runner's container, with Kubernetes' own work done by hand. */
async function runner(manifest: Manifest, index: number, folder: string, archives: string): Promise<void> {
  const [{ metadata }, { spec }] = manifest.items
  const pod = `${metadata.name}-${index}-x7k2p`
  const count = spec.parallelism
  const env = spec.runner.env
    .filter(({ value }) => value !== undefined)
    .flatMap(({ name, value = '' }) => ['--env', `${name}=${value.replaceAll('$(POD_NAME)', pod)}`])
  const points = Array.from({ length: count + 1 }, (_, at) => (at === 0 ? '0' : at === count ? '1' : `${at}/${count}`))
  await docker(
    ...[
      'run',
      '--rm',
      '--network',
      'host',
      '--user',
      '0:0',
      '--volume',
      `${archives}:/test:ro`,
      '--volume',
      `${folder}:/results`,
    ],
    ...[...env, '--env', `SHOP_TOKEN=${TOKEN}`, spec.runner.image, 'run', '--quiet'],
    `--execution-segment=${points[index - 1] ?? ''}:${points[index] ?? ''}`,
    ...[`--execution-segment-sequence=${points.join(',')}`, '/test/archive.tar', '--tag', `instance_id=${index}`],
  )
}

describe('a TestRun', () => {
  it('holds the script without its secrets, and what its runners wrote is merged and judged', async () => {
    const out = join(folder, 'k8s')
    const flags = ['--name', 'shop', '--runners', '2', '--claim', 'results', '--secret', 'shop-token', '--out', out]
    const scripts = ['--scripts', join(folder, 'scripts'), '--variable', 'SHOP_TOKEN', '--profile', 'full']
    await using cli = await startCli(['testrun', '--url', address, ...scripts, ...flags])
    const written = await cli.ended()
    expect(written.exitCode, written.stderr).toBe(0)
    expect([asked, written.stdout]).toEqual([0, `${join(out, 'testrun.json')}\n`])
    const text = await readFile(join(out, 'testrun.json'), 'utf8')
    const manifest = JSON.parse(text) as Manifest
    const archive = Buffer.from(manifest.items[0].binaryData['archive.tar'] ?? '', 'base64')
    for (const each of [text, archive.toString('latin1'), await readFile(join(out, 'plan.json'), 'utf8')])
      expect(each).not.toContain(TOKEN)

    const runners = join(out, 'runners')
    await mkdir(runners)
    await writeFile(join(folder, 'archive.tar'), archive)
    await Promise.all([1, 2].map((index) => runner(manifest, index, runners, folder)))
    await using merge = await startCli(['merge', out, '--out', join(folder, 'k8s-merged')])
    const merged = await merge.ended()
    const result = await resultIn('k8s-merged')
    expect([merged.exitCode, result.verdict, result.reasons], merged.stderr).toEqual([0, 'passed', []])
    expect(result.load[0]).toMatchObject({ requests: asked, users: 6, k6: { runsIn: 'k6-operator' } })
    expect(result.load[0]?.notes.join()).toContain('nobody looked at the machines of the runners')

    await rm(join(runners, 'shop-2-x7k2p.json'))
    await using cut = await startCli(['merge', out, '--out', join(folder, 'k8s-cut')])
    expect((await cut.ended()).exitCode).toBe(2)
    expect((await resultIn('k8s-cut')).load[0]?.reasons[0]).toContain('left no summary')
    await rm(join(runners, 'shop-2-x7k2p.csv'))
    await using missing = await startCli(['merge', out, '--out', join(folder, 'k8s-missing')])
    expect((await missing.ended()).stderr).toContain('segment 2 of 2 is missing')
  })
})
