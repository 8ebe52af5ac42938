/** A container with limits of its own, for helpers to take things from. */
import type Dockerode from 'dockerode'
import type { HelperRequest } from '../../../src/ports/toolbox.ts'
import { RUN_LABEL } from '../../../src/stack/docker/labels.ts'
import { systemClock } from '../../../src/core/time/clock.ts'
import { waitUntil } from '../../../src/core/time/wait.ts'
import type { ProcessRef } from '../../../src/toolbox/operations/arguments.ts'
import { docker, SERVER_PORT, signal, type Rig } from './toolbox-rig.ts'

const MIB = 1024 * 1024
export const MEMORY_BYTES = 128 * MIB
export const QUOTA_US = 20_000

export const SERVER = `require('node:http').createServer((request, response) => response.end('ok')).listen(${SERVER_PORT})`

export async function startVictim(
  rig: Rig,
  name: string,
  options: Dockerode.HostConfig = {},
  command = SERVER,
  user = '1000:1000',
): Promise<string> {
  const container = await docker.createContainer({
    name: `${rig.runId}-${name}`,
    Image: 'node:24-trixie-slim',
    Cmd: ['node', '-e', command],
    User: user,
    Labels: { [RUN_LABEL]: rig.runId },
    HostConfig: {
      NetworkMode: rig.network,
      Memory: MEMORY_BYTES,
      MemorySwap: MEMORY_BYTES,
      CpuQuota: QUOTA_US,
      CpuPeriod: 100_000,
      CapDrop: ['ALL'],
      RestartPolicy: { Name: 'always' },
      ...options,
    },
  })
  await container.start()
  return container.id
}

/** Its main process, as it is now. */
export async function mainProcess(containerId: string): Promise<ProcessRef> {
  const { State } = await docker.getContainer(containerId).inspect()
  return { pid: State.Pid, containerId }
}

export async function restarts(containerId: string): Promise<{ count: number; pid: number; running: boolean }> {
  const { RestartCount, State } = await docker.getContainer(containerId).inspect()
  return { count: RestartCount, pid: State.Pid, running: State.Running }
}

/** A request for a helper that sees the host's processes. */
export function onHost(rig: Rig, role: string, changes: Partial<HelperRequest> = {}): HelperRequest {
  const attachTo = { network: rig.network }
  return { ...{ name: `${rig.runId}-${role}`, attachTo, pid: 'host', capabilities: [], ttlMs: 30_000 }, ...changes }
}

export function eventually<T>(name: string, read: () => Promise<T>, ok: (value: T) => boolean, limitMs = 15_000): Promise<T> {
  return waitUntil(name, read, ok, { everyMs: 50, attemptMs: 5_000, limitMs, signal: signal(), clock: systemClock })
}
