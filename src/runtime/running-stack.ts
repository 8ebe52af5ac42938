/** A stack that is up. */
import type Dockerode from 'dockerode'
import type { Descriptor, Link } from '../core/descriptor.ts'
import { ChaosError } from '../core/errors.ts'
import type { ImageInUse } from '../core/model.ts'
import type { ContainerPort, ContainerState, Logger, RunningStack, ToxiproxyPort } from '../core/ports.ts'
import type { Compose } from './compose.ts'
import type { EventFeed } from './event-feed.ts'
import type { ReadyImage } from './images.ts'
import { findTrouble, summarize } from './stack-health.ts'
import type { HealthDeps } from './stack-healthy.ts'
import type { StackAddresses } from './stack-ports.ts'
import { clearStack, tearDown } from './stack-teardown.ts'
import type { SweepReport } from './sweep.ts'

export interface StackUnderTest extends RunningStack {
  readonly containers: ContainerPort
  readonly composeVersion: string
  /** Removes everything that carries the run's label, helpers too. Idempotent. @throws NOT_REVERTED. */
  down(signal: AbortSignal): Promise<SweepReport>
}

export interface StackParts {
  readonly descriptor: Descriptor
  readonly docker: Dockerode
  readonly runId: string
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
  readonly composeVersion: string
  readonly toxiproxyAt: (baseUrl: string) => ToxiproxyPort
  readonly startAgain: (signal: AbortSignal) => Promise<void>
  /** The entry answers and the links are as declared. */
  readonly awaitReady: (signal: AbortSignal) => Promise<void>
}

export function runningStack(parts: StackParts): StackUnderTest {
  const { descriptor, addresses } = parts
  return {
    descriptor,
    project: parts.compose.project,
    network: addresses.network,
    get entryUrl() {
      return addresses.entryUrl()
    },
    images: parts.images,
    variables: parts.secrets,
    containers: parts.containers,
    composeVersion: parts.composeVersion,
    link: (name) => findLink(descriptor, name),
    toxiproxy() {
      const url = addresses.toxiproxyUrl()
      return url === null ? null : parts.toxiproxyAt(url)
    },
    unhealthy: async (signal) => summarize(await findTrouble(parts.containers, parts.health.expected, signal)),
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
  }
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
