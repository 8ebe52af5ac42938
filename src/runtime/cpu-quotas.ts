/** CPU quotas of the stack's containers while they run: `docker update --cpus`. */
import type Dockerode from 'dockerode'
import { stackContainers } from './containers.ts'
import { dockerCall, orGone } from './docker-call.ts'

/** `docker update` leaves a quota of 0 as it is, so that "none" is written as all cores. */
const NANOS = 1_000_000_000

/** Only quotas that are lower are touched: a container without one has all the cores already. */
export async function liftCpuQuotas(
  docker: Dockerode,
  runId: string,
  cores: number,
  signal: AbortSignal,
): Promise<(signal: AbortSignal) => Promise<void>> {
  const containers = (await stackContainers(docker, runId, [], signal)).map(({ Id }) => docker.getContainer(Id))
  const lifted: { readonly container: Dockerode.Container; readonly nanoCpus: number }[] = []
  const restore = async (restoreSignal: AbortSignal): Promise<void> => {
    await Promise.all(lifted.map(({ container, nanoCpus }) => update(container, nanoCpus, restoreSignal)))
  }
  try {
    for (const container of containers) {
      const info = await dockerCall('read a CPU quota', signal, (abortSignal) => orGone(container.inspect({ abortSignal })))
      const nanoCpus = info?.HostConfig.NanoCpus ?? 0
      if (nanoCpus === 0 || nanoCpus >= cores * NANOS) continue
      lifted.push({ container, nanoCpus })
      await update(container, Math.round(cores * NANOS), signal)
    }
  } catch (error) {
    await restore(AbortSignal.timeout(10_000))
    throw error
  }
  return restore
}

async function update(container: Dockerode.Container, nanoCpus: number, signal: AbortSignal): Promise<void> {
  await dockerCall('change a CPU quota', signal, (abortSignal) => orGone(container.update({ NanoCpus: nanoCpus, abortSignal })))
}
