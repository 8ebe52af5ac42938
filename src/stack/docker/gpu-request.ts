/** How Docker is asked for a GPU: by its driver for NVIDIA's, or by the devices of the Container Device Interface. */
import type Dockerode from 'dockerode'
import { z } from 'zod'
import { dockerCall } from './call.ts'

/** What a program needs that uses the driver itself: libnvidia-ml is `utility`, libcuda is `compute`. */
const CAPABILITIES = ['utility', 'compute']
const CDI_KIND = 'nvidia.com/gpu='

export interface GpuOffer {
  /** Names of the container runtimes that the daemon knows. */
  readonly runtimes: readonly string[]
  /** Devices that the daemon has found by itself, `nvidia.com/gpu=0` for example. Older daemons tell of none. */
  readonly cdiDevices: readonly string[]
}

const info = z.object({
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  DiscoveredDevices: z.array(z.object({ Source: z.string().optional(), ID: z.string() })).nullish(),
})

export async function gpuOffer(docker: Dockerode, signal: AbortSignal): Promise<GpuOffer> {
  const { Runtimes, DiscoveredDevices } = info.parse(await dockerCall('info', signal, (): Promise<unknown> => docker.info()))
  return { runtimes: Object.keys(Runtimes ?? {}), cdiDevices: (DiscoveredDevices ?? []).map(({ ID }) => ID) }
}

/**
 * `gpu` is a uuid, an index or `all`. The daemon registers its own driver when it finds NVIDIA's hook, which no call tells:
 * so it is asked unless there is nothing but CDI devices, and it says no where it has none.
 */
export function deviceRequests(gpu: string, { runtimes, cdiDevices }: GpuOffer): Dockerode.DeviceRequest[] {
  const offered = cdiDevices.filter((id) => id.startsWith(CDI_KIND))
  if (offered.length > 0 && !runtimes.includes('nvidia')) {
    // Whether a device has its uuid for a name, too, is up to whoever made the list. The program picks its GPU by uuid.
    const named = `${CDI_KIND}${gpu}`
    return [{ Driver: 'cdi', DeviceIDs: [offered.includes(named) ? named : `${CDI_KIND}all`] }]
  }
  const which = gpu === 'all' ? { Count: -1 } : { DeviceIDs: [gpu] }
  return [{ Driver: 'nvidia', ...which, Capabilities: [CAPABILITIES] }]
}

/** The daemon's words when it has no GPU to give, as opposed to any other trouble with a container. */
export function isGpuRefusal(text: string): boolean {
  return /could not select device driver|nvidia-container-cli|unresolvable CDI devices|CDI device injection failed/i.test(text)
}

/** NVIDIA GPUs that Docker gives a container: indices, uuids, or `all`. */
export function gpusOf({ HostConfig, Config }: Pick<Dockerode.ContainerInspectInfo, 'HostConfig' | 'Config'>): string[] {
  const requested = (HostConfig.DeviceRequests ?? []).flatMap(idsOf)
  if (requested.length > 0 || HostConfig.Runtime !== 'nvidia') return [...new Set(requested)]
  // NVIDIA's own runtime is told by the environment.
  const variables = Config.Env as string[] | null | undefined
  const visible = (variables ?? []).find((entry) => entry.startsWith('NVIDIA_VISIBLE_DEVICES='))
  const ids = (visible?.split('=')[1] ?? '').split(',').map((id) => id.trim())
  return [...new Set(ids.filter((id) => !['', 'none', 'void'].includes(id)))]
}

function idsOf({ Driver, Count, DeviceIDs, Capabilities }: Dockerode.DeviceRequest): string[] {
  const ids = DeviceIDs ?? []
  if (Driver === 'cdi') return ids.filter((id) => id.startsWith(CDI_KIND)).map((id) => id.slice(CDI_KIND.length))
  const asked = (Capabilities ?? []).flat()
  if (Driver !== 'nvidia' && !asked.includes('gpu') && !asked.includes('nvidia')) return []
  if (ids.length > 0) return [...ids]
  const count = Count ?? 0
  return count < 0 ? ['all'] : Array.from({ length: count }, (_unused, index) => String(index))
}
