/**
 * Ratios to what a person would do instead, taken in one run on one machine: absolute times say more about the machine.
 * Needs Docker, the default stack's images and the bundles in dist/. Usage: npm run bench [-- --rounds 5]
 */
import { msBetween } from '../src/core/time/moment.ts'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/core/time/clock.ts'
import { median } from '../src/core/statistics.ts'
import { loadDescriptor } from '../src/files/stack/file.ts'
import { prepareImages, prepareToolboxImage } from '../src/app/images.ts'
import { newRunId } from '../src/app/run/outcome.ts'
import { createDockerClient } from '../src/stack/docker/client.ts'
import { createSpawnExec } from '../src/stack/programs/spawn-exec.ts'
import { bringUp } from '../src/stack/stack.ts'
import { createToxiproxy } from '../src/stack/links/toxiproxy.ts'
import type { RunResult } from '../src/core/result/run.ts'
import { waitUntil } from '../src/core/time/wait.ts'
import type { StackUnderTest } from '../src/stack/running-stack.ts'
import { createToolbox } from '../src/stack/helper/toolbox.ts'
import type { ToolboxPort } from '../src/ports/toolbox.ts'
import type { Toxic, ToxiproxyPort } from '../src/ports/toxiproxy.ts'
import { overheadTable } from './overhead.ts'

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
  return msBetween(startedMs, systemClock.nowMs())
}

/** The median of the times that `measure` gives. */
async function medianOf(rounds: number, measure: () => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) times.push(await measure())
  return median(times)
}

async function bundleStarts(rounds: number): Promise<Row[]> {
  const node = process.execPath
  const rest = { plainMs: await medianOf(rounds, () => timed(() => run(node, ['-e', '0']))), plain: 'node -e 0' }
  const budget = '≤ 150 ms over node'
  const cliMs = await medianOf(rounds, () => timed(() => run(node, [join(ROOT, 'dist/cli/index.js'), '--version'])))
  const mainMs = await medianOf(rounds, () => timed(refusedInput))
  return [
    { what: 'start of the command line', oursMs: cliMs, ...rest, budget },
    { what: 'start of the action, to its inputs', oursMs: mainMs, ...rest, budget },
  ]
}

/** The action ends with its inputs where one of them is wrong. @throws when it ended in any other way. */
async function refusedInput(): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', INPUT_PROFILE: 'fast' }
  const ended = await run(process.execPath, [join(ROOT, 'dist/main/index.js')], { env }).catch((error: unknown) => error)
  const { code, stdout } = ended as { code?: unknown; stdout: string }
  if (code !== 2 || !stdout.includes('the input profile is "fast"'))
    throw new Error('the action took a wrong input', { cause: ended })
}

/**
 * Both bring the same images up from nothing to healthy, and both are timed without taking down. What is done to one stack by
 * either is done to the same services, and timed to the same end.
 */
async function onStacks(rounds: number, toolboxImage: string): Promise<Row[]> {
  const descriptor = loadDescriptor(join(ROOT, 'stack/stack.json'))
  const docker = createDockerClient()
  const { signal } = new AbortController()
  await prepareImages({ docker, log: quiet, env: process.env, signal })
  const ours: number[] = []
  const plain: number[] = []
  const toxicOurs: number[] = []
  const toxicPlain: number[] = []
  const deathOurs: number[] = []
  const deathPlain: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const stateDir = await mkdtemp(join(tmpdir(), 'chaos-bench-'))
    const runId = newRunId()
    const startedMs = systemClock.nowMs()
    const stack = await bringUp({
      ...{ descriptor, docker, runId, stateDir, exec: createSpawnExec(), env: process.env, defects: [] },
      ...{ toxiproxyAt: createToxiproxy, log: quiet, signal },
    })
    ours.push(msBetween(startedMs, systemClock.nowMs()))
    try {
      const proxy = stack.toxiproxy()
      if (proxy === null) throw new Error('the default stack has no toxiproxy')
      const container = (await stack.containers.list('toxiproxy', signal))[0]?.id ?? ''
      await compareToxics(proxy, container, toxicOurs, toxicPlain)
      const toolbox = createToolbox({ docker, image: toolboxImage, runId, log: quiet })
      await compareDeaths(stack, toolbox, `chaos-${runId}-bench`, deathOurs, deathPlain)
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
    {
      what: 'decision → the death of a worker, as Docker tells of it',
      oursMs: median(deathOurs),
      plainMs: median(deathPlain),
      plain: 'docker kill',
      budget: '',
    },
  ]
}

/** Workers of one stack, ended in turn by a signal of ours and by Docker: both until Docker's event, by its own clock. */
async function compareDeaths(
  stack: StackUnderTest,
  toolbox: ToolboxPort,
  helperName: string,
  ours: number[],
  plain: number[],
): Promise<void> {
  const { signal } = new AbortController()
  const name = { name: helperName, attachTo: { network: 'none' }, pid: 'host' } as const
  const helper = await toolbox.start({ ...name, capabilities: ['KILL'], ttlMs: 15_000 }, signal)
  const workers = await stack.containers.list('mock-worker', signal)
  for (const [index, { id, pid }] of workers.entries()) {
    const isOurs = index % 2 === 0
    const fromMs = systemClock.wallMs()
    if (isOurs) await helper.call('process.signal', { pid, containerId: id, signal: 'SIGKILL' }, signal)
    else await run('docker', ['kill', '--signal', 'KILL', id])
    const options = { everyMs: 5, attemptMs: 1_000, limitMs: 10_000, signal, clock: systemClock }
    const die = await waitUntil(
      `the death of ${id}`,
      () => Promise.resolve(stack.containers.events(fromMs).find((event) => event.containerId === id && event.action === 'die')),
      (event) => event !== undefined,
      options,
    )
    ;(isOurs ? ours : plain).push(die === undefined ? Number.NaN : msBetween(fromMs, die.atMs))
  }
  await toolbox.stop(helperName, signal)
}

/** The same toxic added through our client and through the program inside toxiproxy's container. */
async function compareToxics(proxy: ToxiproxyPort, container: string, ours: number[], plain: number[]): Promise<void> {
  const { signal } = new AbortController()
  for (let round = 0; round < 5; round += 1) {
    const name = `bench_${round}`
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

/** One quick run of chaos and stress, with what each phase of its scenarios took. */
async function quickRun(stacks: number): Promise<RunResult> {
  const outDir = await mkdtemp(join(tmpdir(), 'chaos-bench-'))
  try {
    const argv = ['run', '--suites', 'chaos,stress', '--profile', 'quick', '--stacks', String(stacks), '--out', outDir]
    await run(process.execPath, [join(ROOT, 'dist/cli/index.js'), ...argv], { maxBuffer: 64 * 1024 * 1024 })
    return JSON.parse(await readFile(join(outDir, 'result.json'), 'utf8')) as RunResult
  } finally {
    await rm(outDir, { recursive: true, force: true })
  }
}

function scenarioOf(result: RunResult, id: string): RunResult['scenarios'][number] {
  const found = result.scenarios.find((scenario) => scenario.id === id)
  if (found?.verdict !== 'passed') throw new Error(`${id} did not pass, so its figures mean nothing: ${String(found?.reasons)}`)
  return found
}

function injectMs(result: RunResult, id: string): number {
  return scenarioOf(result, id).phases.find(({ name }) => name === 'inject')?.durationMs ?? Number.NaN
}

/** What a person would type for the same faults, on a container of our own. */
async function injections(rounds: number, result: RunResult, toolbox: string): Promise<Row[]> {
  const rules =
    'add table ip bench; add chain ip bench in { type filter hook input priority 0; }; add rule ip bench in tcp dport 8000 numgen random mod 100 < 30 drop'
  const loss = await medianOf(rounds, () =>
    withVictim((name) => {
      const inside = ['--network', `container:${name}`, '--cap-add', 'NET_ADMIN', '--entrypoint', 'nft', toolbox, rules]
      return timed(() => run('docker', ['run', '--rm', ...inside]))
    }),
  )
  const fill = await medianOf(rounds, () =>
    withVictim((name) => {
      // dd ends with 1 when the volume is full, which is what it is for.
      const full = run('docker', ['exec', name, 'dd', 'if=/dev/zero', 'of=/data/fill', 'bs=1M']).catch(() => undefined)
      return timed(() => full)
    }),
  )
  return [
    {
      what: 'decision → packets lost',
      oursMs: injectMs(result, 'NF-003'),
      plainMs: loss,
      plain: 'docker run … nft',
      budget: '400 ms',
    },
    {
      what: 'decision → volume full (64 MiB)',
      oursMs: injectMs(result, 'RE-001'),
      plainMs: fill,
      plain: 'docker exec dd',
      budget: '',
    },
  ]
}

/** `work` gives the time that counts; starting and removing the container are not part of it. */
async function withVictim(work: (name: string) => Promise<number>): Promise<number> {
  const name = `bench-${newRunId()}`
  const keepAlive = ['node', '-e', 'setInterval(() => undefined, 1e6)']
  await run('docker', ['run', '--detach', '--name', name, '--tmpfs', '/data:size=64m', 'node:24-trixie-slim', ...keepAlive])
  try {
    return await work(name)
  } finally {
    await run('docker', ['rm', '--force', name])
  }
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1 || rounds > 50) throw new Error('--rounds takes a whole number from 1 to 50')
const fewRounds = Math.min(rounds, 3)
const { signal } = new AbortController()
const images = { docker: createDockerClient(), log: quiet, env: process.env, signal }
const toolbox = await prepareToolboxImage(images)
const results = [await quickRun(1), await quickRun(2)]
const [single] = results
if (single === undefined) throw new Error('there is no run to look at')
const rows = [
  ...(await bundleStarts(rounds)),
  ...(await onStacks(fewRounds, toolbox)),
  ...(await injections(fewRounds, single, toolbox)),
]
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
const signalMs = Number(scenarioOf(single, 'WC-001').effect.measures['decisionToSignalMs'])
process.stdout.write(`\ndecision → signal delivered: ${signalMs.toFixed(1)} ms (budget 150 ms)\n\n`)
process.stdout.write(overheadTable(results))
