/** A stack that is up. */
import type Dockerode from 'dockerode'
import type { Descriptor, Link } from '../core/descriptor.ts'
import { ChaosError } from '../core/errors.ts'
import type { ImageInUse } from '../core/result/run.ts'
import type { ContainerPort, ContainerState } from '../ports/docker.ts'
import type { Logger } from '../ports/reporter.ts'
import type { RunningStack } from '../ports/stack.ts'
import type { ToolboxHelper } from '../ports/toolbox.ts'
import type { ToxiproxyPort } from '../ports/toxiproxy.ts'
import type { Compose } from './compose/compose.ts'
import type { EventFeed } from './docker/event-feed.ts'
import type { ReadyImage } from './images/images.ts'
import type { Owner } from './docker/labels.ts'
import type { PageDeps } from './pages/page.ts'
import { createPool } from './pages/pool.ts'
import { createCompleted } from './pages/completed.ts'
import { liftCpuQuotas } from './cpu-quotas.ts'
import { findTrouble, summarize, type HealthDeps } from './health/health.ts'
import type { StackAddresses } from './ports.ts'
import { clearStack, removeHelpers, tearDown } from './teardown.ts'
import type { SweepReport } from './sweep.ts'

export interface StackUnderTest extends RunningStack {
  readonly containers: ContainerPort
  /** Removes everything that carries the run's label, helpers too. Idempotent. @throws NOT_REVERTED. */
  down(signal: AbortSignal): Promise<SweepReport>
  /** Leaves it running for somebody else: nothing here follows it any more, and the helpers are removed. @throws NOT_REVERTED. */
  leave(signal: AbortSignal): Promise<void>
}

export interface StackParts extends Owner {
  readonly descriptor: Descriptor
  readonly docker: Dockerode
  readonly log: Logger
  readonly compose: Compose
  readonly feed: EventFeed
  readonly containers: ContainerPort
  /** Aborted when the stack goes down. */
  readonly closing: AbortController
  readonly secrets: Readonly<Record<string, string>>
  readonly addresses: StackAddresses
  readonly health: HealthDeps
  readonly images: readonly ImageInUse[]
  readonly toxiproxyAt: (baseUrl: string) => ToxiproxyPort
  readonly startAgain: (signal: AbortSignal) => Promise<void>
  /** The entry answers and the links are as declared. */
  readonly awaitReady: (signal: AbortSignal) => Promise<void>
  /** Gives containers that were started without it the quota of their service. */
  readonly imposeCpuQuotas: (signal: AbortSignal) => Promise<void>
}

export function runningStack(parts: StackParts): StackUnderTest {
  const { descriptor, addresses, containers, secrets: variables } = parts
  const { pool, completed } = descriptor
  const pageDeps = (observer: ToolboxHelper): PageDeps => ({ containers, network: addresses.network, variables, observer })
  return {
    descriptor,
    project: parts.compose.project,
    network: addresses.network,
    get entryUrl() {
      return addresses.entryUrl()
    },
    images: parts.images,
    variables,
    containers,
    link: (name) => findLink(descriptor, name),
    toxiproxy() {
      const url = addresses.toxiproxyUrl()
      return url === null ? null : parts.toxiproxyAt(url)
    },
    pool: (observer) => (pool === null ? null : createPool({ spec: pool, ...pageDeps(observer) })),
    completed: (observer) => (completed === null ? null : createCompleted({ spec: completed, ...pageDeps(observer) })),
    scaleUp: (service, signal) => scaleUp(parts, service, signal),
    liftCpuQuotas: (cores, signal) => liftCpuQuotas(parts.docker, parts, cores, signal),
    // One container more than declared is trouble too: a scale-up that was not taken back must not pass for a healthy stack.
    unhealthy: async (signal) => summarize(await findTrouble(parts.health, signal)),
    async recreate(signal) {
      await clearStack(parts, signal)
      await parts.startAgain(signal)
      await addresses.refresh(signal)
      await parts.awaitReady(signal)
    },
    async down(signal) {
      parts.closing.abort()
      await parts.feed[Symbol.asyncDispose]()
      return tearDown(parts.compose, parts, signal)
    },
    async leave(signal) {
      parts.closing.abort()
      await parts.feed[Symbol.asyncDispose]()
      await removeHelpers(parts, signal)
    },
  }
}

/** @throws TARGET_NOT_FOUND for a service without containers; CAPABILITY_MISSING, COMPOSE_FAILED. */
async function scaleUp(parts: StackParts, service: string, signal: AbortSignal): Promise<ContainerState> {
  const { containers, compose } = parts
  const before = await containers.list(service, signal)
  if (before.length === 0) throw new ChaosError('TARGET_NOT_FOUND', `the stack has no container of the service ${service}`)
  // Compose starts what is down on its way to the number: that would undo a crash which the system has to survive by itself.
  const down = before.filter(({ status }) => status === 'exited' || status === 'created' || status === 'dead')
  if (down.length > 0) {
    const names = down.map(({ name, status }) => `${name} (${status})`).join(', ')
    throw new ChaosError('COMPOSE_FAILED', `${service} cannot get one more container without starting ${names} as well`)
  }
  await compose.scale(service, before.length + 1, signal)
  await parts.imposeCpuQuotas(signal)
  const known = new Set(before.map(({ id }) => id))
  const added = (await containers.list(service, signal)).filter(({ id }) => !known.has(id))
  const [first] = added
  if (first !== undefined && added.length === 1) return first
  const wanted = `${service}=${before.length + 1}`
  const text = `\`docker compose up --scale ${wanted}\` started ${added.length} containers instead of one`
  throw new ChaosError('COMPOSE_FAILED', text)
}

function findLink(descriptor: Descriptor, name: string): Link {
  const link = descriptor.links.find((candidate) => candidate.name === name)
  if (link !== undefined) return link
  throw new ChaosError('TARGET_NOT_FOUND', `the stack ${descriptor.name} has no link ${name}`, {
    hint: `Its links: ${descriptor.links.map((candidate) => candidate.name).join(', ') || 'none'}`,
  })
}

/** Image and id of each service of the descriptor, as its containers run them. Ours only where the user named no other. */
export function imagesInUse(
  descriptor: Descriptor,
  containers: readonly ContainerState[],
  ready: readonly ReadyImage[],
): ImageInUse[] {
  return descriptor.services.flatMap(({ name }) => {
    const own = containers.filter((container) => container.service === name)
    const provided = ready.some(({ service, userProvided }) => service === name && userProvided)
    const distinct = new Map(own.map((container) => [container.imageId, container.image]))
    return [...distinct].map(([id, image]) => ({ service: name, image, id, reference: descriptor.reference && !provided }))
  })
}
