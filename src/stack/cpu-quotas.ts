/** CPU quotas of the stack's containers while they run: `docker update --cpus`. */
import type Dockerode from 'dockerode'
import { inspectOfRun, stackContainers } from './docker/containers.ts'
import { serviceOf } from './docker/container-state.ts'
import { dockerCall, dockerStatus, orGone } from './docker/call.ts'
import type { Owner } from './docker/labels.ts'
import { systemClock } from '../core/time/clock.ts'
import { waitUntil } from '../core/time/wait.ts'

/** `docker update` leaves a quota of 0 as it is, so that "none" is written as all cores. */
const NANOS = 1_000_000_000
/** Until the daemon has noticed that a process ended: milliseconds, on a busy machine more. */
const NOTICE_LIMIT_MS = 5_000

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
    await Promise.all(lifted.map(({ id, nanoCpus }) => update(docker, owner, id, nanoCpus, restoreSignal)))
  }
  try {
    for (const { Id: id } of found) {
      const nanoCpus = await quotaOf(docker, owner, id, signal)
      if (nanoCpus === 0 || nanoCpus >= cores * NANOS) continue
      lifted.push({ id, nanoCpus })
      await update(docker, owner, id, Math.round(cores * NANOS), signal)
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
      await update(docker, owner, id, Math.round(own * NANOS), signal)
    }),
  )
}

async function quotaOf(docker: Dockerode, { runId }: Owner, id: string, signal: AbortSignal): Promise<number> {
  return (await inspectOfRun(docker, runId, id, signal))?.HostConfig.NanoCpus ?? 0
}

/**
 * Also where the process ends at that very moment, as one does that is crashed while it starts: the daemon believes that it
 * runs still, asks the kernel in vain and takes the quota back. Once it has noticed, the quota is for the next start.
 */
async function update(docker: Dockerode, owner: Owner, id: string, nanoCpus: number, signal: AbortSignal): Promise<void> {
  const once = (): Promise<unknown> =>
    dockerCall('change a CPU quota', signal, (abortSignal) =>
      orGone(docker.getContainer(id).update({ NanoCpus: nanoCpus, abortSignal })),
    )
  const look = (inner: AbortSignal): Promise<string | null> => startOf(docker, owner, id, inner)
  const startedAt = await look(signal)
  try {
    await once()
  } catch (error) {
    if (dockerStatus(error) !== 500) throw error
    // Only where that start of the container ends within the time that the daemon takes to notice.
    const options = { everyMs: 50, attemptMs: NOTICE_LIMIT_MS, limitMs: NOTICE_LIMIT_MS, signal, clock: systemClock }
    await waitUntil(`the end of container ${id}`, look, (now) => now !== startedAt, options).catch(() => {
      throw error
    })
    await once()
  }
}

/** When what runs in it began; null when nothing does. */
async function startOf(docker: Dockerode, { runId }: Owner, id: string, signal: AbortSignal): Promise<string | null> {
  const state = (await inspectOfRun(docker, runId, id, signal))?.State
  return state?.Running === true && !state.Restarting ? state.StartedAt : null
}
