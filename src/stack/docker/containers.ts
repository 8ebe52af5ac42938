/** The container port over dockerode: only containers that carry the run's label can be seen through it. */
import type Dockerode from 'dockerode'
import type { ContainerAction, ContainerPort, ContainerState } from '../../ports/docker.ts'
import { actOn } from './container-actions.ts'
import { containerGlance, containerState } from './container-state.ts'
import { readLogs } from './container-logs.ts'
import { dockerCall, inspectContainer, orGone } from './call.ts'
import type { EventFeed } from './event-feed.ts'
import { COMPOSE_SERVICE_LABEL, ownerFilter, ROLE_LABEL, RUN_LABEL, type Owner } from './labels.ts'

const LOG_LIMIT_MS = 20_000

export interface ContainersOptions extends Owner {
  readonly docker: Dockerode
  /** null where there is none, as in a cleanup: `events` is then empty. */
  readonly feed: EventFeed | null
}

/** How a container's log is to be read. */
interface LogKind {
  readonly id: string
  readonly name: string
  readonly hasTty: boolean
}

export function createContainers({ docker, runId, stack, feed }: ContainersOptions): ContainerPort {
  const inspectOwn = (id: string, signal: AbortSignal): Promise<Dockerode.ContainerInspectInfo | null> =>
    inspectOfRun(docker, runId, id, signal)
  const listed = async (labels: readonly string[], signal: AbortSignal): Promise<ContainerState[]> => {
    const found = await stackContainers(docker, { runId, stack }, labels, signal)
    const infos = await Promise.all(found.map((container) => inspectOwn(container.Id, signal)))
    const states = infos.filter((info) => info !== null).map(containerState)
    return states.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  }
  const logKinds = new Map<string, LogKind>()
  /** It stays what it is for as long as the container lives. */
  const logKindOf = async (id: string, signal: AbortSignal): Promise<LogKind | null> => {
    const known = logKinds.get(id)
    if (known !== undefined) return known
    const info = await inspectOwn(id, signal)
    if (info === null) return null
    const kind = { id: info.Id, name: info.Name, hasTty: info.Config.Tty }
    logKinds.set(id, kind)
    return kind
  }
  return {
    list: (service, signal) => listed([`${COMPOSE_SERVICE_LABEL}=${service}`], signal),
    all: (signal) => listed([], signal),
    async glance(signal) {
      const found = (await stackContainers(docker, { runId, stack }, [], signal)).map(containerGlance)
      return found.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    },
    async inspect(id, signal) {
      const info = await inspectOwn(id, signal)
      return info === null ? null : containerState(info)
    },
    async logs(id, window, signal) {
      const kind = await logKindOf(id, signal)
      if (kind === null) return []
      const read = dockerCall(
        `logs of ${kind.name}`,
        signal,
        (inner) => readLogs(docker, kind.id, kind.hasTty, window, inner),
        LOG_LIMIT_MS,
      )
      return (await orGone(read)) ?? []
    },
    async act(id: string, action: ContainerAction, signal: AbortSignal) {
      const info = await inspectOwn(id, signal)
      await actOn(docker, { id, info, runId }, action, signal)
    },
    events: (sinceWallMs) => feed?.since(sinceWallMs) ?? [],
  }
}

/** Containers of the owner's stacks, running or not: what we put beside them, helpers and k6, has a role. */
export async function stackContainers(
  docker: Dockerode,
  owner: Owner,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<Dockerode.ContainerInfo[]> {
  const filters = JSON.stringify({ label: [...ownerFilter(owner), ...labels] })
  const found = await dockerCall('list containers', signal, (abortSignal) =>
    docker.listContainers({ all: true, filters, abortSignal }),
  )
  return found.filter((container) => container.Labels[ROLE_LABEL] === undefined)
}

/** By id or name; null when it is gone, or belongs to someone else. */
export async function inspectOfRun(
  docker: Dockerode,
  runId: string,
  id: string,
  signal: AbortSignal,
): Promise<Dockerode.ContainerInspectInfo | null> {
  const info = await inspectContainer(docker, id, signal)
  return info?.Config.Labels[RUN_LABEL] === runId ? info : null
}
