import { join } from 'node:path'
import type { Logger } from '../ports/reporter.ts'
import type { DockerClient } from '../stack/docker/client.ts'
import { childEnv } from '../stack/programs/child-env.ts'
import { ensureImages, type ImageDeps } from '../stack/images/images.ts'
import { contentTag, ensurePublished } from '../stack/images/published.ts'
import { createSpawnExec } from '../stack/programs/spawn-exec.ts'
import { loadDescriptor } from '../files/stack/file.ts'
import { actionRoot, ownStackFile } from './paths.ts'

/** Where a release puts the toolbox: `release.yml` stops where it would put it elsewhere. */
const PUBLISHED_TOOLBOX = 'ghcr.io/rbee/chaos-action/toolbox'
const TOOLBOX = 'chaos-action/toolbox'

interface ImageContext {
  readonly docker: DockerClient
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/**
 * The toolbox image by the hash of its content, as a release has published it, or built here: CHAOS_TOOLBOX_IMAGE names
 * another one. @returns its name.
 */
export async function prepareToolboxImage(context: ImageContext): Promise<string> {
  const own = context.env['CHAOS_TOOLBOX_IMAGE'] ?? ''
  if (own !== '') return own
  const wanted = { repository: TOOLBOX, published: PUBLISHED_TOOLBOX, context: toolboxFolder() }
  const { image } = await ensurePublished(wanted, imageDeps(context))
  return image
}

/** The name under which a release of this content publishes the toolbox. Needs no Docker. */
export async function publishedToolboxName(): Promise<string> {
  return `${PUBLISHED_TOOLBOX}:${await contentTag(toolboxFolder())}`
}

function toolboxFolder(): string {
  return join(actionRoot(), 'dist', 'toolbox')
}

/** Makes the default stack's service images and the toolbox present, so that a later run starts at once. */
export async function prepareImages(context: ImageContext): Promise<string[]> {
  const descriptor = loadDescriptor(ownStackFile())
  const ready = await ensureImages(descriptor.images, context.env, imageDeps(context))
  return [...ready.map((image) => image.image), await prepareToolboxImage(context)]
}

function imageDeps(context: ImageContext): ImageDeps {
  return { exec: createSpawnExec(), docker: context.docker, log: context.log, env: childEnv(context.env), signal: context.signal }
}
