/** CPU quotas of the stack's containers while they run: `docker update --cpus`. */
import type Dockerode from 'dockerode'
import { inspectOfRun, stackContainers } from './containers.ts'
import { serviceOf } from './container-state.ts'
import { dockerCall, orGone } from './docker-call.ts'
import type { Owner } from './labels.ts'

/** `docker update` leaves a quota of 0 as it is, so that "none" is written as all cores. */
const NANOS = 1_000_000_000

/** Only quotas that are lower are touched: a container without one has all the cores already. */
export async function liftCpuQuotas(
  docker: Dockerode,
  owner: Owner,
  cores: number,
  signal: AbortSignal,
): Promise<(signal: AbortSignal) => Promise<void>> {
  const found = await stackContainers(docker, owner, [], signal)
  const lifted: { readonly id: string; readonly nanoCpus: number }[] = []
  const restore = async (restoreSignal: AbortSignal): Promise<void> => {
    await Promise.all(lifted.map(({ id, nanoCpus }) => update(docker, id, nanoCpus, restoreSignal)))
  }
  try {
    for (const { Id: id } of found) {
      const nanoCpus = await quotaOf(docker, owner, id, signal)
      if (nanoCpus === 0 || nanoCpus >= cores * NANOS) continue
      lifted.push({ id, nanoCpus })
      await update(docker, id, Math.round(cores * NANOS), signal)
    }
  } catch (error) {
    await restore(AbortSignal.timeout(10_000))
    throw error
  }
  return restore
}

/** Gives containers that were started without their service's quota that quota. `cpus` is by service, in cores. */
export async function imposeCpuQuotas(
  docker: Dockerode,
  owner: Owner,
  cpus: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const found = await stackContainers(docker, owner, [], signal)
  await Promise.all(
    found.map(async ({ Id: id, Labels }) => {
      const own = cpus.get(serviceOf(Labels))
      if (own === undefined || (await quotaOf(docker, owner, id, signal)) !== 0) return
      await update(docker, id, Math.round(own * NANOS), signal)
    }),
  )
}

async function quotaOf(docker: Dockerode, { runId }: Owner, id: string, signal: AbortSignal): Promise<number> {
  return (await inspectOfRun(docker, runId, id, signal))?.HostConfig.NanoCpus ?? 0
}

async function update(docker: Dockerode, id: string, nanoCpus: number, signal: AbortSignal): Promise<void> {
  await dockerCall('change a CPU quota', signal, (abortSignal) =>
    orGone(docker.getContainer(id).update({ NanoCpus: nanoCpus, abortSignal })),
  )
}
