import { join } from 'node:path'
import type { Logger } from '../core/ports.ts'
import type { DockerClient } from '../runtime/docker-client.ts'
import { childEnv } from '../runtime/child-env.ts'
import { ensureBuilt, ensureImages, type ImageDeps } from '../runtime/images.ts'
import { createSpawnExec } from '../runtime/spawn-exec.ts'
import { loadDescriptor } from '../config/stack-file.ts'
import { actionRoot } from './paths.ts'

interface ImageContext {
  readonly docker: DockerClient
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** The toolbox image by the hash of its content: CHAOS_TOOLBOX_IMAGE names another one. @returns its name. */
export async function prepareToolboxImage(context: ImageContext): Promise<string> {
  const own = context.env['CHAOS_TOOLBOX_IMAGE'] ?? ''
  if (own !== '') return own
  const { image } = await ensureBuilt('chaos-action/toolbox', join(actionRoot(), 'dist', 'toolbox'), imageDeps(context))
  return image
}

/** Makes the default stack's service images and the toolbox present, so that a later run starts at once. */
export async function prepareImages(context: ImageContext): Promise<string[]> {
  const descriptor = loadDescriptor(join(actionRoot(), 'stack', 'stack.json'))
  const ready = await ensureImages(descriptor.images, context.env, imageDeps(context))
  return [...ready.map((image) => image.image), await prepareToolboxImage(context)]
}

function imageDeps(context: ImageContext): ImageDeps {
  return { exec: createSpawnExec(), docker: context.docker, log: context.log, env: childEnv(context.env), signal: context.signal }
}
