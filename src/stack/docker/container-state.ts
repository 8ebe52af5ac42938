/** What Docker says of a container, in the words of the ports. Pure. */
import type Dockerode from 'dockerode'
import type { ContainerGlance, ContainerState } from '../../ports/docker.ts'
import { gpusOf } from './gpu-request.ts'
import { COMPOSE_SERVICE_LABEL, ROLE_LABEL } from './labels.ts'

export function containerState(info: Dockerode.ContainerInspectInfo): ContainerState {
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    service: serviceOf(info.Config.Labels),
    image: info.Config.Image,
    imageId: info.Image,
    status: info.State.Status,
    health: healthOf(info),
    pid: info.State.Pid,
    restartCount: info.RestartCount,
    startedAt: info.State.StartedAt,
    oomKilled: info.State.OOMKilled,
    exitCode: info.State.ExitCode,
    addresses: addressesOf(info.NetworkSettings.Networks),
    mounts: info.Mounts.map((mount) => ({
      type: mount.Type,
      destination: mount.Destination,
      source: mount.Name ?? mount.Source,
      readOnly: !mount.RW,
    })),
    ...limitsOf(info.HostConfig),
    gpus: gpusOf(info),
  }
}

/** From the daemon's list, which tells the health in words for people only: `Up 3 seconds (health: starting)`. */
export function containerGlance(info: Dockerode.ContainerInfo): ContainerGlance {
  const words = /\((?:health: )?(healthy|unhealthy|starting)\)$/.exec(info.Status)
  return {
    id: info.Id,
    name: info.Names[0]?.replace(/^\//, '') ?? info.Id,
    service: serviceOf(info.Labels),
    status: info.State,
    health: words?.[1] ?? null,
    addresses: addressesOf(info.NetworkSettings.Networks),
  }
}

/** By network; none for one that the container has not joined yet, or has left. */
function addressesOf(networks: Readonly<Record<string, { readonly IPAddress?: string } | undefined>>): Record<string, string> {
  const addresses = Object.entries(networks).map(([name, network]) => [name, network?.IPAddress ?? ''] as const)
  return Object.fromEntries(addresses.filter(([, address]) => address !== ''))
}

/** Docker writes 0, and -1 for swap, where there is no limit, and an empty name where there is no restart policy. */
function limitsOf({ RestartPolicy, Memory = 0, MemorySwap = 0 }: Dockerode.HostConfig): Limits {
  const policy = RestartPolicy?.Name ?? ''
  return {
    restartPolicy: policy === '' ? 'no' : policy,
    memoryLimitBytes: Memory > 0 ? Memory : null,
    memorySwapLimitBytes: MemorySwap > 0 ? MemorySwap : null,
  }
}

type Limits = Required<Pick<ContainerState, 'restartPolicy' | 'memoryLimitBytes' | 'memorySwapLimitBytes'>>

/** null where no health check is defined, which Docker reports in two ways. */
function healthOf(info: Dockerode.ContainerInspectInfo): string | null {
  const status = info.State.Health?.Status
  return status === undefined || status === 'none' || status === '' ? null : status
}

/** Labels may be absent in objects that other programs made. Helpers have a role, not a service. */
export function serviceOf(labels: Readonly<Record<string, string | undefined>>): string {
  return labels[COMPOSE_SERVICE_LABEL] ?? labels[ROLE_LABEL] ?? ''
}

/** The host port on this machine's loopback that a container's TCP port is published on; null when it is not. */
export function publishedPort(info: Dockerode.ContainerInspectInfo, port: number): number | null {
  const published = Number(onLoopback(info.NetworkSettings.Ports, port)[0]?.HostPort ?? 0)
  return published > 0 ? published : null
}

/** It has no host port now, as it does not run, and would have one if it did. */
export function isToBePublished(info: Dockerode.ContainerInspectInfo, port: number): boolean {
  return !info.State.Running && onLoopback(info.HostConfig.PortBindings as PortBindings, port).length > 0
}

type PortBindings = Record<string, { HostIp: string; HostPort: string }[] | null | undefined> | null

function onLoopback(bindings: PortBindings, port: number): { HostIp: string; HostPort: string }[] {
  return (bindings?.[`${port}/tcp`] ?? []).filter(({ HostIp }) => ['127.0.0.1', '0.0.0.0', ''].includes(HostIp))
}
