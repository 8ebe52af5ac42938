/** What the runtime's integration tests share: descriptors of the fixture stacks, and options to bring one up. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Descriptor, Link, ServiceSpec } from '../../src/core/descriptor.ts'
import { httpRequest } from '../../src/requests/http/request.ts'
import type { ToxiproxyPort, ToxiproxyProxy } from '../../src/ports/toxiproxy.ts'
import type { LogLevel } from '../../src/core/run-event.ts'
import { createDockerClient } from '../../src/stack/docker/client.ts'
import { createSpawnExec } from '../../src/stack/programs/spawn-exec.ts'
import type { BringUpOptions } from '../../src/stack/stack.ts'
import { findLeftovers, removeLeftovers } from '../../src/stack/sweep.ts'

export const STACKS = join(import.meta.dirname, '..', 'fixtures', 'stacks')
export const docker = createDockerClient()
export const exec = createSpawnExec()

export function signal(limitMs = 120_000): AbortSignal {
  return AbortSignal.timeout(limitMs)
}

function service(name: string, replicas = 1): ServiceSpec {
  return { name, health: { port: 8000, path: '/' }, dependsOn: [], replicas, control: false, data: null }
}

const PAGE = httpRequest.entry.parse({
  ...{ method: 'GET', path: '/', headers: {}, body: null },
  good: { status: [200], body_matches: null },
})

export function descriptorOf(name: string, changes: Partial<Descriptor> = {}): Descriptor {
  return {
    name,
    reference: false,
    file: join(STACKS, name, 'stack.json'),
    composeFiles: [join(STACKS, name, 'compose.yml')],
    images: [],
    secrets: [],
    services: [service('web')],
    stacks: 1,
    cpuQuotas: 'from_start',
    entry: { service: 'web', port: 8000 },
    toxiproxy: null,
    links: [],
    defaultLink: null,
    requests: { page: PAGE },
    canary: { requests: ['page'], ratePerSecond: 10 },
    pool: null,
    vram: null,
    completed: null,
    scenarioFiles: [],
    loadFolders: [],
    defects: null,
    ...changes,
  }
}

export const WEB_LINK: Link = {
  name: 'web',
  from: 'client',
  to: 'web',
  proxy: 'web-proxy',
  listenPort: 8080,
  upstream: { service: 'web', port: 8000 },
  onCanaryPath: true,
  probe: { path: '/', headers: {} },
  leg: null,
}

/** Two servers behind toxiproxy. */
export function pairDescriptor(changes: Partial<Descriptor> = {}): Descriptor {
  return descriptorOf('pair', {
    services: [service('web', 2), { ...service('toxiproxy'), health: null }],
    entry: { service: 'toxiproxy', port: 8080 },
    toxiproxy: { service: 'toxiproxy', port: 8474 },
    links: [WEB_LINK],
    secrets: ['API_TOKEN'],
    defects: {
      variable: 'DEFECTS',
      known: {
        slow: { fails: [], clauses: {}, mayFail: [], blinds: [], text: 'is slow' },
        deaf: { fails: [], clauses: {}, mayFail: [], blinds: [], text: 'is deaf' },
      },
    },
    ...changes,
  })
}

/** Reads proxies only: what bringing a stack up needs of toxiproxy. */
function toxiproxyAt(baseUrl: string): ToxiproxyPort {
  const unused = (): never => {
    throw new Error('not used by these tests')
  }
  return {
    async proxies(abort) {
      const response = await fetch(`${baseUrl}/proxies`, { signal: abort })
      return Object.values((await response.json()) as Record<string, ToxiproxyProxy>)
    },
    addToxic: unused,
    removeToxic: unused,
    setEnabled: unused,
  }
}

export interface TestRun extends AsyncDisposable {
  readonly runId: string
  readonly logged: string[]
  options(descriptor: Descriptor, changes?: Partial<BringUpOptions>): BringUpOptions
}

/** A run id and a state folder of its own; whatever the test did, nothing with its label remains afterwards. */
export async function testRun(): Promise<TestRun> {
  const runId = `rt-${randomBytes(4).toString('hex')}`
  const stateDir = await mkdtemp(join(tmpdir(), 'chaos-stack-'))
  const logged: string[] = []
  const log = { log: (level: LogLevel, text: string) => void logged.push(`${level} ${text}`) }
  return {
    runId,
    logged,
    options: (descriptor, changes = {}) => ({
      ...{ descriptor, runId, stateDir, exec, docker, env: process.env, defects: [], toxiproxyAt, log, signal: signal() },
      ...changes,
    }),
    async [Symbol.asyncDispose]() {
      await removeLeftovers({ runId }, docker, signal(60_000))
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

/** Names of what carries the run's label. */
export async function leftoversOf(runId: string): Promise<string[]> {
  return (await findLeftovers({ runId }, docker, signal())).map(({ kind, name }) => `${kind} ${name}`)
}
