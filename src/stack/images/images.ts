/** Images that the stack needs and no registry has: built on this machine, named by their content, old ones removed. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuiltImage } from '../../core/descriptor.ts'
import { ChaosError } from '../../core/errors.ts'
import type { ExecPort } from '../../ports/exec.ts'
import { dockerCall, inspectImage } from '../docker/call.ts'
import { baseImages, contextHash } from './hash.ts'
import { pruneOlder, type PruneDeps } from './prune.ts'
import { IMAGE_LABEL } from '../docker/labels.ts'

const BUILD_LIMIT_MS = 300_000
const PULL_LIMIT_MS = 180_000

export interface ImageDeps extends PruneDeps {
  readonly exec: ExecPort
  /** For `docker build` and `docker pull`. */
  readonly env: Readonly<Record<string, string>>
}

export interface ReadyImage {
  readonly variable: string
  readonly service: string
  /** What compose is told: `repository:hash`, or what the user set. */
  readonly image: string
  readonly id: string
  /** The user named it by the variable. */
  readonly userProvided: boolean
}

/** Makes every image present. `userEnv` is where a value of the image's variable wins over ours. */
export async function ensureImages(
  images: readonly BuiltImage[],
  userEnv: Readonly<Record<string, string | undefined>>,
  deps: ImageDeps,
): Promise<ReadyImage[]> {
  const built = new Map<string, Promise<{ image: string; id: string }>>()
  // One build per context: several services may run the same image. Side by side, as they share nothing but their bases.
  const ready = images.map(async ({ variable, service, repository, context }): Promise<ReadyImage> => {
    const named = userEnv[variable] ?? ''
    if (named !== '') return { variable, service, image: named, id: await ensurePresent(named, deps), userProvided: true }
    const key = `${repository}\0${context}`
    const build = built.get(key) ?? ensureBuilt(repository, context, deps)
    built.set(key, build)
    return { variable, service, ...(await build), userProvided: false }
  })
  // All are awaited: a build left running behind an error would outlive the run.
  await Promise.allSettled(ready)
  return Promise.all(ready)
}

/** Builds `repository:<hash of context>` unless it is there, and then removes older builds that nothing uses. */
export async function ensureBuilt(repository: string, context: string, deps: ImageDeps): Promise<{ image: string; id: string }> {
  const dockerfile = join(context, 'Dockerfile')
  const text = await readFile(dockerfile, 'utf8').catch((cause: unknown) => {
    throw new ChaosError('IMAGE_MISSING', `${dockerfile} is missing, so ${repository} cannot be built`, { cause })
  })
  const baseIds: string[] = []
  for (const base of baseImages(text, dockerfile)) baseIds.push(await ensurePresent(base, deps))
  const hash = await contextHash(context, baseIds)
  const image = `${repository}:${hash}`
  const present = await imageId(image, deps)
  if (present !== null) {
    // Tagging again renews the time by which a run of another version tells a build in use from an old one.
    await dockerCall(`tag ${image}`, deps.signal, () => deps.docker.getImage(image).tag({ repo: repository, tag: hash }))
    return { image, id: present }
  }
  deps.log.log('info', `building ${image}`)
  const argv = ['build', '--tag', image, '--label', `${IMAGE_LABEL}=${repository}`, '--file', dockerfile, context]
  // With another builder selected (setup-buildx does that) the image would not end up in the daemon.
  const env = { ...deps.env, BUILDX_BUILDER: 'default' }
  const onLine = (_stream: string, line: string): void => {
    if (line.trim() !== '') deps.log.log('debug', `docker build: ${line}`)
  }
  const result = await deps.exec.run('docker', argv, { env, limitMs: BUILD_LIMIT_MS, signal: deps.signal, onLine })
  if (result.exitCode !== 0) {
    throw new ChaosError('IMAGE_MISSING', `building ${image} from ${context} failed: ${result.stderr.trim().slice(-1_000)}`)
  }
  const id = await imageId(image, deps)
  if (id === null)
    throw new ChaosError('IMAGE_MISSING', `\`docker build\` succeeded, but ${image} is not in the daemon at DOCKER_HOST`)
  await pruneOlder(repository, image, deps)
  return { image, id }
}

/** What the reference stack and its loads need, and script/bootstrap makes. */
const MADE_HERE = /^(?:ghcr\.io\/shopify\/toxiproxy|grafana\/k6|node:\d+-trixie-slim|chaos-action\/)/

/** The id of an image, pulled when it is missing. @throws IMAGE_MISSING. */
export async function ensurePresent(image: string, deps: ImageDeps): Promise<string> {
  const present = await imageId(image, deps)
  if (present !== null) return present
  deps.log.log('info', `pulling ${image}`)
  const options = { env: deps.env, limitMs: PULL_LIMIT_MS, signal: deps.signal }
  const result = await deps.exec.run('docker', ['pull', '--quiet', image], options)
  const id = result.exitCode === 0 ? await imageId(image, deps) : null
  if (id !== null) return id
  const text = `the image ${image} is not on this machine and cannot be pulled: ${result.stderr.trim().slice(-500)}`
  throw new ChaosError('IMAGE_MISSING', text, {
    hint: `Check the name, or log in to its registry${MADE_HERE.test(image) ? ', or make it with script/bootstrap where no registry answers' : ''}.`,
  })
}

async function imageId(image: string, deps: ImageDeps): Promise<string | null> {
  return (await inspectImage(deps.docker, image, deps.signal))?.Id ?? null
}
