/** Who holds a run, told from outside its process, and from outside its container. */
import { wall } from '../../src/core/time/moment.fixture.ts'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Logger } from '../../src/ports/reporter.ts'
import { findHolder } from '../../src/engine/undo/lease.ts'
import { runFolder } from '../../src/engine/undo/ledger.ts'
import { findDeadRuns } from '../../src/app/cleanup/sweep-dead-runs.ts'
import { createDockerClient } from '../../src/stack/docker/client.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const START = '2026-01-01T00:00:00.000Z'
/** A program or a container that has not begun by then has failed. */
const HELD_LIMIT_MS = 30_000
const docker = createDockerClient()
let stateDir: string
let containers: string[]
let children: ChildProcess[]

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'chaos-lease-'))
  ;[containers, children] = [[], []]
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const id of containers) await docker.getContainer(id).remove({ force: true })
  await rm(stateDir, { recursive: true, force: true })
})

const log: Logger = {
  log: (level, text) => {
    throw new Error(`${level}: ${text}`)
  },
}
const holderOf = (runId: string): Promise<string> => findHolder(runFolder(stateDir, runId), wall(Date.now()))

/** A program that holds the run, says so, and lives on. */
function holding(runId: string): string[] {
  const ledger = JSON.stringify(join(ROOT, 'src/engine/undo/ledger.ts'))
  const script = `import { Ledger } from ${ledger}
    await Ledger.hold(${JSON.stringify(stateDir)}, ${JSON.stringify(runId)}, ${JSON.stringify(START)})
    process.stdout.write('held'); setInterval(() => {}, 1000)`
  return ['--input-type=module', '--eval', script]
}

/** The same in a container, as a runner in a container with a state folder that it shares: its pid is 1 there. */
async function heldInContainer(runId: string): Promise<string> {
  const container = await docker.createContainer({
    Image: 'node:24-trixie-slim',
    Entrypoint: ['node'],
    Cmd: holding(runId),
    User: `${String(process.getuid?.())}:${String(process.getgid?.())}`,
    HostConfig: { NetworkMode: 'none', Binds: [`${ROOT}:${ROOT}:ro`, `${stateDir}:${stateDir}`] },
  })
  containers.push(container.id)
  const stream = await container.attach({ stream: true, stdout: true, stderr: true })
  await container.start()
  await once(stream, 'data', { signal: AbortSignal.timeout(HELD_LIMIT_MS) })
  return container.id
}

/** Asks from a second container. */
async function askedFromContainer(runId: string): Promise<string> {
  const lease = JSON.stringify(join(ROOT, 'src/engine/undo/lease.ts'))
  const script = `import { findHolder } from ${lease}
    process.stdout.write(await findHolder(${JSON.stringify(runFolder(stateDir, runId))}, Date.now()))`
  const user = `${String(process.getuid?.())}:${String(process.getgid?.())}`
  const args = ['run', '--rm', '--network=none', `--user=${user}`, `--volume=${ROOT}:${ROOT}:ro`]
  args.push(`--volume=${stateDir}:${stateDir}`, '--entrypoint=node', 'node:24-trixie-slim', '--input-type=module', '--eval')
  const child = spawn('docker', [...args, script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await text(child.stdout)
  if (child.exitCode === null) await once(child, 'close')
  expect(child.exitCode).toBe(0)
  return said
}

/** The same as a process of this machine. */
async function heldByProcess(runId: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, holding(runId), { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(HELD_LIMIT_MS) })
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'close')
}

it('is gone once its process was killed', async () => {
  const child = await heldByProcess('other')
  expect(await holderOf('other')).toBe('alive')
  await killed(child)
  expect(await holderOf('other')).toBe('gone')
})

it('is alive while its process is stopped', async () => {
  const child = await heldByProcess('other')
  child.kill('SIGSTOP')
  expect(await holderOf('other')).toBe('alive')
  await killed(child)
})

it('is seen from outside its container and from another one, and the sweep leaves it until the container is gone', async () => {
  const id = await heldInContainer('boxed')
  expect(await holderOf('boxed')).toBe('alive')
  expect(await askedFromContainer('boxed')).toBe('alive')
  expect(await findDeadRuns(stateDir, wall(Date.now() + 120_000), log)).toEqual([])
  await docker.getContainer(id).kill()
  await docker.getContainer(id).wait()
  expect(await askedFromContainer('boxed')).toBe('gone')
  expect(await findDeadRuns(stateDir, wall(Date.now()), log)).toEqual(['boxed'])
})
