/** Facts about this machine and its Docker, for the report: a verdict is read together with where it was reached. */
import { availableParallelism, release, totalmem, type as systemName } from 'node:os'
import type Dockerode from 'dockerode'
import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import { dockerCall } from './call.ts'

const info = z.object({
  NCPU: z.number(),
  MemTotal: z.number(),
  CgroupVersion: z.string().default('unknown'),
  CgroupDriver: z.string(),
  Driver: z.string(),
  KernelVersion: z.string(),
  OperatingSystem: z.string(),
  Architecture: z.string(),
})

/** Sizes in bytes. `daemon` may be another machine than `host`, where DOCKER_HOST names one. */
export async function hostFacts(docker: Dockerode, composeVersion: string, signal: AbortSignal): Promise<Record<string, Json>> {
  const [rawInfo, version] = await Promise.all([
    dockerCall('info', signal, (): Promise<unknown> => docker.info()),
    dockerCall('version', signal, () => docker.version()),
  ])
  const daemon = info.parse(rawInfo)
  return {
    host: {
      system: systemName(),
      kernel: release(),
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      node: process.version,
    },
    daemon: {
      version: version.Version,
      apiVersion: version.ApiVersion,
      system: daemon.OperatingSystem,
      architecture: daemon.Architecture,
      kernel: daemon.KernelVersion,
      cpus: daemon.NCPU,
      memoryBytes: daemon.MemTotal,
      cgroupVersion: daemon.CgroupVersion,
      cgroupDriver: daemon.CgroupDriver,
      storageDriver: daemon.Driver,
    },
    compose: composeVersion,
  }
}

/** The daemon's CPUs, which `docker update --cpus` may not exceed. */
export async function daemonCpus(docker: Dockerode, signal: AbortSignal): Promise<number> {
  return info.parse(await dockerCall('info', signal, (): Promise<unknown> => docker.info())).NCPU
}
