/** An image that a release publishes, by the hash of what it is built from; built here where it cannot be had. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError } from '../../core/errors.ts'
import { isAborted } from '../../core/time/wait.ts'
import { dockerCall, inspectImage, orGone } from '../docker/call.ts'
import { baseImages, contextHash } from './hash.ts'
import { pruneOlder } from './prune.ts'
import { ensureBuilt, type ImageDeps } from './images.ts'
import { CONTENT_LABEL } from '../docker/labels.ts'

const PULL_LIMIT_MS = 120_000

export interface PublishedImage {
  /** Its name on this machine, pulled or built. */
  readonly repository: string
  /** Where releases put it, registry included. */
  readonly published: string
  /** Folder with the Dockerfile. */
  readonly context: string
}

interface Named {
  readonly image: string
  readonly id: string
}

/** The tag under which a release publishes what this folder makes, whatever its base images are by now. */
export async function contentTag(context: string): Promise<string> {
  return `content-${await contextHash(context, [])}`
}

/**
 * What is on this machine is taken first, pulled or built; then what a release has published for this very content; else it
 * is built. A registry that does not answer is no error. @throws what building throws; ABORTED.
 */
export async function ensurePublished(wanted: PublishedImage, deps: ImageDeps): Promise<Named> {
  const { repository, published, context } = wanted
  const tag = await contentTag(context)
  const image = `${repository}:${tag}`
  if (await isBuilt(wanted, deps)) return ensureBuilt(repository, context, deps)
  const present = await idWithContent(image, tag, deps)
  if (present !== null) {
    // Tagging again renews the time by which a run of another version tells an image in use from an old one.
    await nameIt(present, repository, tag, deps)
    return { image, id: present }
  }
  const id = await pull(`${published}:${tag}`, { repository, tag }, deps)
  if (id === null) return ensureBuilt(repository, context, deps)
  await pruneOlder(repository, image, deps)
  return { image, id }
}

/** By this machine, from the base images that it has. */
async function isBuilt({ repository, context }: PublishedImage, deps: ImageDeps): Promise<boolean> {
  const file = join(context, 'Dockerfile')
  // ensureBuilt says what is wrong with a folder that has none.
  const text = await readFile(file, 'utf8').catch(() => '')
  const bases: string[] = []
  for (const base of baseImages(text, file)) {
    const info = await inspectImage(deps.docker, base, deps.signal)
    if (info === null) return false
    bases.push(info.Id)
  }
  const image = `${repository}:${await contextHash(context, bases)}`
  return (await inspectImage(deps.docker, image, deps.signal)) !== null
}

/** @returns its id once it has its name on this machine, that of the registry being gone; null when it is not to be had. */
async function pull(
  name: string,
  { repository, tag }: { repository: string; tag: string },
  deps: ImageDeps,
): Promise<string | null> {
  const failure = await pullFailure(name, deps)
  if (failure !== null) {
    deps.log.log('info', `${name} was not pulled, so it is built: ${failure}`)
    return null
  }
  // Another run of this machine, which has pulled the same, may have named it already.
  const id = (await idWithContent(name, tag, deps)) ?? (await idWithContent(`${repository}:${tag}`, tag, deps))
  if (id === null) deps.log.log('warn', `${name} does not say that it is ${tag}: it is not used, and built here instead`)
  else await nameIt(id, repository, tag, deps)
  await orGone(dockerCall(`untag ${name}`, deps.signal, () => deps.docker.getImage(name).remove()))
  return id
}

async function pullFailure(name: string, { exec, env, signal }: ImageDeps): Promise<string | null> {
  try {
    const result = await exec.run('docker', ['pull', '--quiet', name], { env, limitMs: PULL_LIMIT_MS, signal })
    return result.exitCode === 0 ? null : result.stderr.trim().slice(-300)
  } catch (error) {
    if (isAborted(signal)) throw error
    return describeError(error, 300)
  }
}

async function nameIt(id: string, repo: string, tag: string, { docker, signal }: ImageDeps): Promise<void> {
  await dockerCall(`tag ${repo}:${tag}`, signal, () => docker.getImage(id).tag({ repo, tag }))
}

async function idWithContent(name: string, tag: string, { docker, signal }: ImageDeps): Promise<string | null> {
  const info = await inspectImage(docker, name, signal)
  // An image without labels has none at all, whatever the types say.
  const labels = info?.Config.Labels as Record<string, string> | null | undefined
  return labels?.[CONTENT_LABEL] === tag ? (info?.Id ?? null) : null
}
