/** Removes builds of ours that a newer one has replaced, so that nothing piles up. */
import { systemClock } from '../../core/time/clock.ts'
import { msBetween, parseWall, type Wall } from '../../core/time/moment.ts'
import type Dockerode from 'dockerode'
import { describeError } from '../../core/errors.ts'
import type { Logger } from '../../ports/reporter.ts'
import { dockerCall, dockerStatus, inspectImage, orGone } from '../docker/call.ts'
import { IMAGE_LABEL } from '../docker/labels.ts'

/** Another run may be between its own image check and its first container: younger builds are left to it. */
const PRUNE_OLDER_THAN_MS = 60_000

export interface PruneDeps {
  readonly docker: Dockerode
  readonly log: Logger
  readonly signal: AbortSignal
  readonly pruneOlderThanMs?: number
}

/**
 * Removes tags of the repository other than `keep`, the one in use now, that carry our label and no container uses. A failure
 * is a warning: the run can go on.
 */
export async function pruneOlder(repository: string, keep: string, deps: PruneDeps): Promise<void> {
  const { docker, log, signal, pruneOlderThanMs = PRUNE_OLDER_THAN_MS } = deps
  const filters = JSON.stringify({ label: [`${IMAGE_LABEL}=${repository}`] })
  const images = await dockerCall('list images', signal, (abortSignal) => docker.listImages({ filters, abortSignal }))
  const containers = await dockerCall('list containers', signal, (abortSignal) =>
    docker.listContainers({ all: true, abortSignal }),
  )
  const used = new Set(containers.map((container) => container.ImageID))
  for (const image of images) {
    const tags = image.RepoTags ?? []
    // The same content may have got a new name: then only the old names go, whether a container uses the image or not.
    const renamed = tags.includes(keep)
    if (used.has(image.Id) && !renamed) continue
    const info = await inspectImage(docker, image.Id, signal)
    if (info === null || msBetween(taggedAt(info), systemClock.wallMs()) < pruneOlderThanMs) continue
    // By tag, as a tag that the user gave it is his; by id only what has lost its last name.
    const names = tags.filter((tag) => tag.startsWith(`${repository}:`) && tag !== keep)
    for (const name of tags.length > 0 ? names : [image.Id]) {
      try {
        await orGone(dockerCall(`remove image ${name}`, signal, (abortSignal) => docker.getImage(name).remove({ abortSignal })))
      } catch (error) {
        // 409: a container has started to use it since we looked.
        if (dockerStatus(error) !== 409) log.log('warn', `the old image ${name} could not be removed: ${describeError(error)}`)
      }
    }
  }
}

/** When the image was last tagged here; of a time that cannot be read, now, so that it is kept. */
function taggedAt(info: Dockerode.ImageInspectInfo): Wall {
  const metadata: unknown = (info as { Metadata?: unknown }).Metadata
  const tagged =
    typeof metadata === 'object' && metadata !== null && 'LastTagTime' in metadata ? String(metadata.LastTagTime) : ''
  return parseWall(tagged) ?? systemClock.wallMs()
}
