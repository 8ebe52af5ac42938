/** What a run left in Docker, found by its label alone, and its removal. Needs no compose file and no descriptor. */
import type Dockerode from 'dockerode'
import { systemClock } from '../core/time/clock.ts'
import { describeError } from '../core/errors.ts'
import { waitUntil } from '../core/time/wait.ts'
import { dockerCall, dockerStatus, orGone } from './docker/call.ts'
import { COMPOSE_PROJECT_LABEL, isProjectOf, ownerFilter, ownerName, ROLE_LABEL, RUN_LABEL, type Owner } from './docker/labels.ts'

export interface Leftover {
  readonly kind: 'container' | 'network' | 'volume' | 'image'
  readonly id: string
  /** For people. */
  readonly name: string
  readonly role: string | null
}

export interface SweepReport {
  readonly removed: readonly Leftover[]
  readonly failed: readonly { readonly leftover: Leftover; readonly error: string }[]
}

const GONE_LIMIT_MS = 20_000
const REMOVE_LIMIT_MS = 30_000
/** Looks without a find before a run counts as gone: a daemon may still be creating what a killed client asked for. */
const EMPTY_LOOKS = 2
const MOST_ROUNDS = 6
const ROUND_PAUSE_MS = 300

/** Everything in Docker that carries the owner's labels, and images that compose built for its projects. */
export async function findLeftovers(owner: Owner, docker: Dockerode, signal: AbortSignal): Promise<Leftover[]> {
  const ofProjects = JSON.stringify({ label: [COMPOSE_PROJECT_LABEL] })
  const [[containers, networks, volumes], images] = await Promise.all([
    labelled(ownerFilter(owner), docker, signal),
    dockerCall('list images', signal, (abortSignal) => docker.listImages({ filters: ofProjects, abortSignal })),
  ])
  return [
    ...containers.map(({ Id, Names, Labels }) =>
      leftover('container', Id, Names[0]?.replace(/^\//, '') ?? Id, Labels[ROLE_LABEL] ?? null),
    ),
    ...networks.map(({ Id, Name }) => leftover('network', Id, Name)),
    ...volumes.map(({ Name }) => leftover('volume', Name, Name)),
    ...images.flatMap((image) => imageLeftovers(image, owner)),
  ]
}

/** Only names that compose made up for the project: an `image:` of the user's own is his, even when we built it. */
function imageLeftovers(image: Dockerode.ImageInfo, owner: Owner): Leftover[] {
  const project = (image.Labels as Readonly<Record<string, string>> | null)?.[COMPOSE_PROJECT_LABEL] ?? ''
  const isOwn = owner.stack === undefined ? isProjectOf(project, owner.runId) : project === ownerName(owner)
  if (!isOwn) return []
  return (image.RepoTags ?? []).filter((tag) => tag.startsWith(`${project}-`)).map((tag) => leftover('image', tag, tag))
}

type Labelled = [Dockerode.ContainerInfo[], Dockerode.NetworkInspectInfo[], Dockerode.VolumeInspectInfo[]]

/** What carries all of the labels. */
async function labelled(label: readonly string[], docker: Dockerode, signal: AbortSignal): Promise<Labelled> {
  const filters = JSON.stringify({ label })
  const [containers, networks, volumes] = await Promise.all([
    dockerCall('list containers', signal, (abortSignal) => docker.listContainers({ all: true, filters, abortSignal })),
    dockerCall('list networks', signal, (abortSignal) => docker.listNetworks({ filters, abortSignal })),
    // Some engines answer null where there are none.
    dockerCall<{ Volumes: Labelled[2] | null }>('list volumes', signal, (abortSignal) =>
      docker.listVolumes({ filters, abortSignal }),
    ),
  ])
  return [containers, networks, volumes.Volumes ?? []]
}

function leftover(kind: Leftover['kind'], id: string, name: string, role: string | null = null): Leftover {
  return { kind, id, name, role }
}

/**
 * Removes them, each on its own, so that one that cannot be removed keeps no other. Idempotent. The report names what
 * failed; a call that throws could not even look.
 */
export async function removeLeftovers(
  owner: Owner,
  docker: Dockerode,
  signal: AbortSignal,
  which: (leftover: Leftover) => boolean = () => true,
): Promise<SweepReport> {
  const removed = new Map<string, Leftover>()
  let failed: SweepReport['failed'] = []
  let empty = 0
  for (let round = 0; round < MOST_ROUNDS && empty < EMPTY_LOOKS; round += 1) {
    if (round > 0) await systemClock.sleep(ROUND_PAUSE_MS, signal)
    const found = (await findLeftovers(owner, docker, signal)).filter(which)
    empty = found.length === 0 ? empty + 1 : 0
    const outcomes = await removeAll(found, docker, signal)
    failed = outcomes.flatMap(({ leftover: item, error }) => (error === null ? [] : [{ leftover: item, error }]))
    for (const { leftover: item, error } of outcomes) if (error === null) removed.set(`${item.kind} ${item.id}`, item)
  }
  return { removed: [...removed.values()], failed }
}

interface Outcome {
  readonly leftover: Leftover
  readonly error: string | null
}

/** Containers first: they hold on to the networks, the volumes and the images. */
async function removeAll(found: readonly Leftover[], docker: Dockerode, signal: AbortSignal): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const kinds of [['container'], ['network', 'volume', 'image']]) {
    const batch = found.filter((item) => kinds.includes(item.kind))
    const removing = batch.map(async (item) => ({ leftover: item, error: await failureOf(item, docker, signal) }))
    outcomes.push(...(await Promise.all(removing)))
  }
  return outcomes
}

/** Why it could not be removed; null once it is gone. */
async function failureOf(item: Leftover, docker: Dockerode, signal: AbortSignal): Promise<string | null> {
  const name = `remove ${item.kind} ${item.name}`
  const removal = dockerCall(name, signal, (abortSignal) => remove(item, docker, abortSignal), REMOVE_LIMIT_MS)
  try {
    await orGone(removal).catch(async (error: unknown) => {
      // 409 on a container means that someone else is removing it just now.
      if (item.kind !== 'container' || dockerStatus(error) !== 409) throw error
      await awaitGone(item, docker, signal)
    })
    return null
  } catch (error) {
    return describeError(error, 500)
  }
}

function remove({ kind, id }: Leftover, docker: Dockerode, abortSignal: AbortSignal): Promise<unknown> {
  switch (kind) {
    case 'container':
      // `v` takes the anonymous volumes along, which no label can mark.
      return docker.getContainer(id).remove({ force: true, v: true, abortSignal })
    case 'network':
      return docker.getNetwork(id).remove({ abortSignal })
    case 'volume':
      return docker.getVolume(id).remove({ abortSignal })
    case 'image':
      return docker.getImage(id).remove({ abortSignal })
  }
}

async function awaitGone({ id, name }: Leftover, docker: Dockerode, signal: AbortSignal): Promise<void> {
  const options = { everyMs: 100, attemptMs: 5_000, limitMs: GONE_LIMIT_MS, signal, clock: systemClock }
  const inspect = (abortSignal: AbortSignal): Promise<unknown> => orGone(docker.getContainer(id).inspect({ abortSignal }))
  await waitUntil(`removal of container ${name}`, inspect, (info) => info === null, options)
}

/** Ids of all runs that have anything in Docker, live ones included: whose holder is gone is for the caller to know. */
export async function runsInDocker(docker: Dockerode, signal: AbortSignal): Promise<string[]> {
  const objects = (await labelled([RUN_LABEL], docker, signal)).flat()
  const labels: (Readonly<Record<string, string | undefined>> | undefined)[] = objects.map(({ Labels }) => Labels)
  const ids = labels.map((label) => label?.[RUN_LABEL]).filter((id) => id !== undefined)
  return [...new Set(ids)].filter((id) => id !== '').sort()
}
