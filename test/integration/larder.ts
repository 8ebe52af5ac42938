/** A store, a gate and two devices, as a stack: something of each kind to use up. */
import type { Descriptor, ServiceSpec } from '../../src/core/descriptor.ts'
import type { ContainerState } from '../../src/ports/docker.ts'
import { httpRequest } from '../../src/requests/http/request.ts'
import type { FetchReply } from '../../src/toolbox/operations/requests/fetch.ts'
import type { Rig } from './faults-context.ts'
import { descriptorOf, signal } from './stack-fixture.ts'

const PORT = 8000

function service(name: string, replicas = 1, data: string | null = null): ServiceSpec {
  return { name, health: { port: PORT, path: '/' }, dependsOn: [], replicas, control: false, data }
}

const good = { status: [200], body_matches: null }

export function larderDescriptor(changes: Partial<Descriptor> = {}): Descriptor {
  return descriptorOf('larder', {
    services: [service('gate'), service('store', 1, '/data'), service('device', 2)],
    entry: { service: 'gate', port: PORT },
    requests: {
      page: httpRequest.entry.parse({ method: 'GET', path: '/slow', headers: {}, body: null, good }),
      hold: httpRequest.entry.parse({ method: 'POST', path: '/hold', headers: {}, body: { size: 1 }, good }),
    },
    vram: {
      service: 'device',
      request: 'hold',
      sizeKey: 'size',
      largest: 150,
      smallest: 2,
      metrics: { port: PORT, path: '/metrics', usedBytes: 'device_used_bytes', totalBytes: 'device_total_bytes' },
    },
    ...changes,
  })
}

export async function containerOf(rig: Rig, name: string): Promise<ContainerState> {
  const [state] = await rig.stack.containers.list(name, signal(10_000))
  if (state === undefined) throw new Error(`no container of ${name}`)
  return state
}

/** A request of our own straight to the service, through the observer. */
export async function ask(rig: Rig, name: string, path: string): Promise<FetchReply> {
  const host = (await containerOf(rig, name)).addresses[rig.stack.network] ?? name
  const target = { host, port: PORT }
  const args = { target, method: 'GET', path, headers: {}, body: null, timeoutMs: 5_000, maxBytes: 10_000 }
  return await rig.observer.call('fetch', args, signal(10_000))
}

/** Soft limit of open files, by a helper that has nothing to do with any fault. */
export async function softLimitOf(rig: Rig, name: string, user: string): Promise<number | null> {
  const { id, pid } = await containerOf(rig, name)
  const request = {
    ...{ name: `chaos-${rig.runId}-limits`, attachTo: { network: 'none' }, pid: 'host' as const, user, ttlMs: 30_000 },
    capabilities: user.startsWith('0:') ? (['SYS_PTRACE'] as const) : [],
  }
  const facts = await rig.toolbox.once(request, 'process.look', { pid, containerId: id }, signal(20_000))
  return facts?.descriptors?.softLimit ?? null
}

/** Bytes that the devices say are in use, summed. */
export async function deviceBytes(rig: Rig): Promise<number> {
  const states = await rig.stack.containers.list('device', signal(10_000))
  const read = states.map(async ({ addresses }) => {
    const target = { host: addresses[rig.stack.network] ?? '', port: PORT }
    const args = { target, method: 'GET', path: '/metrics', headers: {}, body: null, timeoutMs: 5_000, maxBytes: 10_000 }
    const { body } = await rig.observer.call('fetch', args, signal(10_000))
    return Number(/^device_used_bytes\S* (\d+)$/m.exec(body)?.[1])
  })
  return (await Promise.all(read)).reduce((sum, bytes) => sum + bytes, 0)
}
