/** How this machine reaches the stack. Docker gives an ephemeral port anew at each start, so they are read again then. */
import type Dockerode from 'dockerode'
import type { Descriptor } from '../core/descriptor.ts'
import { ChaosError, describeError } from '../core/errors.ts'
import type { Logger } from '../ports/reporter.ts'
import { isToBePublished, publishedPort } from './docker/container-state.ts'
import { inspectOfRun, stackContainers } from './docker/containers.ts'
import type { EventFeed } from './docker/event-feed.ts'
import { COMPOSE_SERVICE_LABEL, TOXIPROXY_LABEL, type Owner } from './docker/labels.ts'

export interface StackAddresses {
  readonly network: string
  /** Of its last start; empty where it never ran. */
  entryUrl(): string
  /** null for a stack without one. */
  toxiproxyUrl(): string | null
  /** Reads them all again. */
  refresh(signal: AbortSignal): Promise<void>
}

export interface AddressDeps extends Owner {
  readonly docker: Dockerode
  readonly descriptor: Descriptor
  readonly feed: EventFeed
  readonly log: Logger
  /** Ends the refreshing. */
  readonly signal: AbortSignal
}

type Endpoint = Pick<Descriptor['entry'], 'service' | 'port'>

/** @throws BAD_INPUT when the entry or toxiproxy is not published on 127.0.0.1. */
export async function openAddresses(deps: AddressDeps, signal: AbortSignal): Promise<StackAddresses> {
  const { entry, toxiproxy } = deps.descriptor
  const network = await entryNetwork(deps, signal)
  const urls = new Map<string, string>()
  const endpoints = toxiproxy === null ? [entry] : [entry, toxiproxy]
  const key = (endpoint: Endpoint): string => `${endpoint.service}:${endpoint.port}`
  const read = async (endpoint: Endpoint, inner: AbortSignal): Promise<void> => {
    const url = await publishedUrl(deps, endpoint, inner)
    if (url !== null) urls.set(key(endpoint), url)
  }
  const refresh = async (inner: AbortSignal): Promise<void> => {
    await Promise.all(endpoints.map((endpoint) => read(endpoint, inner)))
  }
  await refresh(signal)
  deps.feed.onEvent((event) => {
    if (event.action !== 'start' || deps.signal.aborted) return
    for (const endpoint of endpoints.filter(({ service }) => service === event.service)) {
      // A container that is gone again by now keeps its old address: requests to it fail, which is the truth.
      read(endpoint, deps.signal).catch((error: unknown) => {
        deps.log.log('debug', `the port of ${endpoint.service} could not be read after a start: ${describeError(error)}`)
      })
    }
  })
  return {
    network,
    entryUrl: () => urls.get(key(entry)) ?? '',
    toxiproxyUrl: () => (toxiproxy === null ? null : (urls.get(key(toxiproxy)) ?? '')),
    refresh,
  }
}

/** null while its container does not run. @throws BAD_INPUT where it will not be published either. */
async function publishedUrl(deps: AddressDeps, endpoint: Endpoint, signal: AbortSignal): Promise<string | null> {
  const info = await firstContainer(deps, endpoint.service, signal)
  const port = publishedPort(info, endpoint.port)
  if (port !== null) return `http://127.0.0.1:${port}`
  // Docker publishes it when the container runs. That it does not is for whoever waits for the services to say.
  if (isToBePublished(info, endpoint.port)) return null
  const text = `port ${endpoint.port} of the service ${endpoint.service} is not published on 127.0.0.1`
  throw new ChaosError('BAD_INPUT', text, {
    hint: `Add "127.0.0.1::${endpoint.port}" to the ports of ${endpoint.service} in the compose file.`,
  })
}

async function firstContainer(deps: AddressDeps, service: string, signal: AbortSignal): Promise<Dockerode.ContainerInspectInfo> {
  const found = await stackContainers(deps.docker, deps, [`${COMPOSE_SERVICE_LABEL}=${service}`], signal)
  const id = found.find(({ State }) => State === 'running')?.Id ?? found[0]?.Id
  const info = id === undefined ? null : await inspectOfRun(deps.docker, deps.runId, id, signal)
  if (info !== null) return info
  throw new ChaosError('TARGET_NOT_FOUND', `the stack has no container of the service ${service}`)
}

/**
 * The API of a run's toxiproxy, found by label alone. null when it is gone or stopped: it keeps its toxics in memory only.
 * @throws BAD_INPUT when it runs and is not published.
 */
export async function publishedToxiproxyUrl(docker: Dockerode, runId: string, signal: AbortSignal): Promise<string | null> {
  const [container] = await stackContainers(docker, { runId }, [TOXIPROXY_LABEL], signal)
  const info = container === undefined ? null : await inspectOfRun(docker, runId, container.Id, signal)
  if (info?.State.Running !== true) return null
  const port = publishedPort(info, Number(info.Config.Labels[TOXIPROXY_LABEL]))
  if (port === null) throw new ChaosError('BAD_INPUT', `the API of ${info.Name} is not published on 127.0.0.1`)
  return `http://127.0.0.1:${port}`
}

/** Of the networks that the entry is on, the one that most containers of the stack share. */
async function entryNetwork(deps: AddressDeps, signal: AbortSignal): Promise<string> {
  const info = await firstContainer(deps, deps.descriptor.entry.service, signal)
  const candidates = Object.keys(info.NetworkSettings.Networks).filter((name) => !['host', 'none'].includes(name))
  const all = await stackContainers(deps.docker, deps, [], signal)
  const members = (name: string): number =>
    all.filter(({ NetworkSettings }) => Object.hasOwn(NetworkSettings.Networks, name)).length
  const network = candidates.sort((a, b) => members(b) - members(a))[0]
  if (network !== undefined) return network
  throw new ChaosError('BAD_INPUT', `the service ${deps.descriptor.entry.service} is on no Docker network`, {
    hint: 'Host networking cannot be observed from beside: give the service a network of the compose file.',
  })
}
