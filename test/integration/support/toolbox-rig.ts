/** Two plain containers and a toxiproxy on a network of their own: something for helpers to work on. */
import { randomBytes } from 'node:crypto'
import type { HelperRequest, ToolboxPort } from '../../../src/ports/toolbox.ts'
import type { LogLevel } from '../../../src/core/run-event.ts'
import type { ToolboxAvoidable } from '../../../src/core/toolbox.ts'
import { createDockerClient } from '../../../src/stack/docker/client.ts'
import { RUN_LABEL } from '../../../src/stack/docker/labels.ts'
import { removeLeftovers } from '../../../src/stack/sweep.ts'
import { createToolbox } from '../../../src/stack/helper/toolbox.ts'
import { toolboxImage } from './toolbox-image.ts'

export const SERVER_PORT = 8000
export const OTHER_PORT = 8001
export const PROXY_PORT = 9000
const TOXIPROXY_API = 8474

/** Answers `/` with a kilobyte, `/large` with a hundred, `/silent` never, and anything else with 404. */
const SERVER = `
const http = require('node:http')
const sizes = { '/': 1000, '/large': 100000 }
const handle = (request, response) => {
  if (request.url === '/silent') return
  const size = sizes[request.url]
  response.writeHead(size === undefined ? 404 : 200).end('x'.repeat(size ?? 9))
}
for (const port of [${SERVER_PORT}, ${OTHER_PORT}]) http.createServer(handle).listen(port)
`

export const docker = createDockerClient()

export function signal(limitMs = 60_000): AbortSignal {
  return AbortSignal.timeout(limitMs)
}

export interface Rig extends AsyncDisposable {
  readonly runId: string
  readonly network: string
  readonly image: string
  readonly client: string
  readonly server: string
  /** Container of toxiproxy, and the base URL of its API on this machine. */
  readonly toxiproxy: string
  readonly toxiproxyUrl: string
  readonly logged: string[]
  /** A port for helpers of this run, or of another one. */
  toolbox(options?: { avoid?: readonly ToolboxAvoidable[]; runId?: string; image?: string }): ToolboxPort
  /** A request for a helper with NET_ADMIN in the network namespace of a container. */
  inside(container: string, role: string, changes?: Partial<HelperRequest>): HelperRequest
  /** A request for a helper on the network, without capabilities. */
  beside(role: string): HelperRequest
}

export async function startRig(): Promise<Rig> {
  const runId = `tb-${randomBytes(4).toString('hex')}`
  const labels = { [RUN_LABEL]: runId }
  const dispose = async (): Promise<void> => {
    const report = await removeLeftovers({ runId }, docker, signal())
    if (report.failed.length > 0) throw new Error(`the rig left ${JSON.stringify(report.failed)}`)
  }
  try {
    const network = `${runId}-net`
    await docker.createNetwork({ Name: network, Labels: labels })
    const run = async (name: string, image: string, command: string[], extra: object = {}): Promise<string> => {
      const container = await docker.createContainer({
        name: `${runId}-${name}`,
        Image: image,
        Cmd: command,
        Labels: labels,
        ...extra,
        HostConfig: {
          NetworkMode: network,
          PortBindings: { [`${TOXIPROXY_API}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '0' }] },
        },
      })
      await container.start()
      return container.id
    }
    const node = 'node:24-trixie-slim'
    const server = await run('server', node, ['node', '-e', SERVER])
    const client = await run('client', node, ['node', '-e', 'setInterval(() => undefined, 1e6)'])
    const toxiproxy = await run('toxiproxy', 'ghcr.io/shopify/toxiproxy:2.12.0', ['-host=0.0.0.0'], {
      ExposedPorts: { [`${TOXIPROXY_API}/tcp`]: {} },
    })
    const ports = (await docker.getContainer(toxiproxy).inspect()).NetworkSettings.Ports as Record<
      string,
      { HostPort: string }[] | undefined
    >
    const port = ports[`${TOXIPROXY_API}/tcp`]?.[0]?.HostPort
    if (port === undefined) throw new Error('toxiproxy published no port')
    const image = toolboxImage()
    const logged: string[] = []
    const log = { log: (level: LogLevel, text: string) => void logged.push(`${level} ${text}`) }
    return {
      ...{ runId, network, image, client, server, toxiproxy, toxiproxyUrl: `http://127.0.0.1:${port}`, logged },
      toolbox: (options = {}) => createToolbox({ docker, image, runId, log, ...options }),
      inside: (container, role, changes = {}) => ({
        ...{ name: `${runId}-${role}`, attachTo: { container }, pid: 'own', capabilities: ['NET_ADMIN'], ttlMs: 30_000 },
        ...changes,
      }),
      beside: (role) => ({ name: `${runId}-${role}`, attachTo: { network }, pid: 'own', capabilities: [], ttlMs: 30_000 }),
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}
