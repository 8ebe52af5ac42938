/**
 * Ratios to what a person would do instead, taken in one run on one machine: absolute times say more about the machine.
 * Needs Docker, the default stack's images and the bundles in dist/. Usage: npm run bench [-- --rounds 5]
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/core/clock.ts'
import { median } from '../src/core/statistics.ts'
import { loadDescriptor } from '../src/config/stack-file.ts'
import { prepareImages } from '../src/entry/images.ts'
import { newRunId } from '../src/entry/run.ts'
import { createDockerClient } from '../src/runtime/docker-client.ts'
import { createSpawnExec } from '../src/runtime/spawn-exec.ts'
import { bringUp } from '../src/runtime/stack.ts'
import { createToxiproxy } from '../src/runtime/toxiproxy.ts'
import type { RunResult } from '../src/core/model.ts'
import type { Toxic, ToxiproxyPort } from '../src/core/ports.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const quiet = { log: (): void => undefined }

interface Row {
  readonly what: string
  readonly oursMs: number
  readonly plainMs: number
  readonly plain: string
  readonly budget: string
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = systemClock.nowMs()
  await work()
  return systemClock.nowMs() - startedMs
}

async function medianOf(rounds: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) times.push(await timed(work))
  return median(times)
}

async function bundleStart(rounds: number): Promise<Row> {
  const node = process.execPath
  const oursMs = await medianOf(rounds, () => run(node, [join(ROOT, 'dist/cli/index.js'), '--version']))
  const plainMs = await medianOf(rounds, () => run(node, ['-e', '0']))
  return { what: 'bundle start', oursMs, plainMs, plain: 'node -e 0', budget: '≤ 150 ms over node' }
}

/** Both bring the same images up from nothing to healthy, and both are timed without taking down. */
async function bringUpAndToxic(rounds: number): Promise<Row[]> {
  const descriptor = loadDescriptor(join(ROOT, 'stack/stack.json'))
  const docker = createDockerClient()
  const { signal } = new AbortController()
  await prepareImages({ docker, log: quiet, env: process.env, signal })
  const ours: number[] = []
  const plain: number[] = []
  const toxicOurs: number[] = []
  const toxicPlain: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const stateDir = await mkdtemp(join(tmpdir(), 'chaos-bench-'))
    const startedMs = systemClock.nowMs()
    const stack = await bringUp({
      ...{ descriptor, docker, runId: newRunId(), stateDir, exec: createSpawnExec(), env: process.env, defects: [] },
      ...{ toxiproxyAt: createToxiproxy, log: quiet, signal },
    })
    ours.push(systemClock.nowMs() - startedMs)
    try {
      const proxy = stack.toxiproxy()
      if (proxy === null) throw new Error('the default stack has no toxiproxy')
      const container = (await stack.containers.list('toxiproxy', signal))[0]?.id ?? ''
      await compareToxics(proxy, container, toxicOurs, toxicPlain)
    } finally {
      await stack.down(signal)
      await rm(stateDir, { recursive: true, force: true })
    }
    plain.push(await composeUp(Object.fromEntries(stack.images.map((image) => [image.service, image.image]))))
  }
  return [
    {
      what: 'bring-up, warm images',
      oursMs: median(ours),
      plainMs: median(plain),
      plain: 'docker compose up --wait',
      budget: 'up and down ≤ 30 s',
    },
    {
      what: 'decision → toxic active',
      oursMs: median(toxicOurs),
      plainMs: median(toxicPlain),
      plain: 'toxiproxy-cli by docker exec',
      budget: '20 ms',
    },
  ]
}

/** The same toxic added through our client and through the program inside toxiproxy's container. */
async function compareToxics(proxy: ToxiproxyPort, container: string, ours: number[], plain: number[]): Promise<void> {
  const { signal } = new AbortController()
  for (let round = 0; round < 5; round += 1) {
    const name = `bench_${String(round)}`
    const toxic: Toxic = { name, type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 1, jitter: 0 } }
    ours.push(await timed(() => proxy.addToxic('hive-proxy', toxic, signal)))
    await proxy.removeToxic('hive-proxy', name, signal)
    const add = ['toxic', 'add', '--type', 'latency', '--toxicName', name, '--attribute', 'latency=1', 'hive-proxy']
    plain.push(await timed(() => run('docker', ['exec', container, '/toxiproxy-cli', ...add])))
    await proxy.removeToxic('hive-proxy', name, signal)
  }
}

async function composeUp(images: Readonly<Record<string, string>>): Promise<number> {
  const project = `bench-${newRunId()}`
  const env = {
    ...process.env,
    LLORCH_API_TOKEN: 'benchmark-token',
    QUEEN_IMAGE: images['queen-rbee'],
    HIVE_IMAGE: images['rbee-hive'],
    WORKER_IMAGE: images['mock-worker'],
  }
  const compose = ['compose', '--project-name', project, '--file', join(ROOT, 'stack/docker-compose.chaos.yml')]
  try {
    return await timed(() => run('docker', [...compose, 'up', '--detach', '--wait'], { env }))
  } finally {
    await run('docker', [...compose, 'down', '--volumes', '--timeout', '1'], { env })
  }
}

/** Share of a run that is neither fault window nor the system's own recovery. */
async function overhead(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'chaos-bench-'))
  try {
    await run(process.execPath, [
      join(ROOT, 'dist/cli/index.js'),
      'run',
      '--suites',
      'chaos',
      '--profile',
      'quick',
      '--out',
      outDir,
    ])
    const result = (await import(join(outDir, 'result.json'), { with: { type: 'json' } })) as { default: RunResult }
    const { scenarios, run: facts } = result.default
    const inside = scenarios.reduce(
      (sum, s) =>
        sum + s.phases.filter((p) => p.name === 'during' || p.name === 'recovery').reduce((own, p) => own + p.durationMs, 0),
      0,
    )
    const outsideMs = facts.durationMs - inside
    return `quick run ${(facts.durationMs / 1_000).toFixed(1)} s, outside fault windows and recovery ${(outsideMs / 1_000).toFixed(1)} s (${((100 * outsideMs) / facts.durationMs).toFixed(0)} %)`
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50) throw new Error('--rounds takes a whole number from 1 to 50')
const rows = [await bundleStart(rounds), ...(await bringUpAndToxic(Math.min(rounds, 3)))]
process.stdout.write('| what | ours, median | instead | its median | ratio | budget |\n|---|---|---|---|---|---|\n')
for (const row of rows) {
  const cells = [
    row.what,
    `${row.oursMs.toFixed(1)} ms`,
    row.plain,
    `${row.plainMs.toFixed(1)} ms`,
    (row.oursMs / row.plainMs).toFixed(2),
    row.budget,
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}
process.stdout.write(`\n${await overhead()}\n`)
