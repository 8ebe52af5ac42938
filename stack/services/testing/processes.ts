/** Services as processes of their own, run from their sources, so that a test can kill, stop and limit them. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually, TOKEN, type Cleanup } from './support.ts'

export interface ServiceProcess {
  readonly pid: number
  readonly url: string
  /** What it has logged so far. */
  events(): Record<string, unknown>[]
  isRunning(): boolean
  /** Resolves when it has ended, with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
  /** Resolves when it has ended of it. */
  kill(signal: NodeJS.Signals): Promise<void>
}

const START_LIMIT_MS = 15_000

/** Starts a service and waits until it answers. `portVariable` is what it reads its port from. */
export async function spawnService(
  service: { name: 'queen-rbee' | 'rbee-hive' | 'mock-worker'; portVariable: string; port: number },
  env: Record<string, string>,
  cleanup: Cleanup,
): Promise<ServiceProcess> {
  const main = join(import.meta.dirname, '..', service.name, 'main.ts')
  const settings = { LLORCH_API_TOKEN: TOKEN, [service.portVariable]: String(service.port), ...env }
  const child = spawn(process.execPath, [main], { env: settings, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = endOf(child)
  const lines = linesOf(child)
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  cleanup.add(() => kill('SIGKILL'))
  const { pid } = child
  if (pid === undefined) throw new Error(`${service.name} could not be started`)
  const url = `http://127.0.0.1:${service.port}`
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  await eventually(
    `the start of ${service.name}`,
    async () => !isRunning() || (await isUp(url)),
    (settled) => settled,
    START_LIMIT_MS,
  )
  if (!isRunning()) throw new Error(`${service.name} ended at once: ${String(await ended)}`)
  return { pid, url, events: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>), isRunning, ended, kill }
}

export function spawnHive(
  options: { port: number; folder: string; defects?: string },
  cleanup: Cleanup,
): Promise<ServiceProcess> {
  const { port, folder, defects = '' } = options
  const env = { HIVE_DATA_DIR: folder, RBEE_DEFECTS: defects }
  return spawnService({ name: 'rbee-hive', portVariable: 'LLORCH_HIVE_PORT', port }, env, cleanup)
}

/** A worker of 2 ms per token that is ready soon. `name` stands for the container that it would have to itself. */
export function spawnWorker(
  options: { name: string; port: number; hiveUrl: string; loadMs?: number },
  cleanup: Cleanup,
): Promise<ServiceProcess> {
  const { name, port, hiveUrl, loadMs = 50 } = options
  const env = {
    HOSTNAME: name,
    WORKER_HIVE_URL: hiveUrl,
    WORKER_URL: `http://127.0.0.1:${port}`,
    WORKER_LOAD_MS: String(loadMs),
  }
  return spawnService({ name: 'mock-worker', portVariable: 'WORKER_PORT', port }, env, cleanup)
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Sets soft limits of another process of this user, as `prlimit` names them. */
export async function limitProcess(pid: number, limits: Record<string, number>): Promise<void> {
  const options = Object.entries(limits).map(([name, value]) => `--${name}=${value}:`)
  await promisify(execFile)('prlimit', ['--pid', String(pid), ...options])
}

export async function openDescriptors(pid: number): Promise<number[]> {
  return (await readdir(`/proc/${pid}/fd`)).map(Number)
}

async function isUp(url: string): Promise<boolean> {
  return fetch(`${url}/health/live`, { signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  )
}

function endOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(null)
    })
    child.once('exit', (code, signal) => {
      resolve(signal ?? code)
    })
  })
}

function linesOf(child: ChildProcess): string[] {
  const lines: string[] = []
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  return lines
}
