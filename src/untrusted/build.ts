/** Dangers in how a stack's images are built. Pure. */
import { isAbsolute } from 'node:path'
import { shown, type Danger, type Ground } from './danger.ts'
import { within } from './mounts.ts'
import type { BuildConfig, ServiceConfig } from './schema.ts'

/**
 * Names under which this action looks for its own images and for the public ones that it runs with rights which the stack
 * has not. A build under such a name would take their place.
 */
const OWN_IMAGES = /^(?:[^/]+\/)*(?:chaos-action\/[^/]+|grafana\/k6|shopify\/toxiproxy|library\/node|node)(?:[:@]|$)/i
/** Contexts that are fetched, not read from this machine. */
const REMOTE_CONTEXT = /^(https?|git|ssh|docker-image):\/\/|^git@|^github\.com\/|^service:/

type Add = (key: string, what: unknown, why: string, allow?: Danger['allow']) => void

export function buildDangers(name: string, service: ServiceConfig, ground: Ground): Danger[] {
  const { build } = service
  if (build === undefined || build === null) return []
  const found: Danger[] = []
  const add: Add = (key, what, why, allow = 'build') => {
    found.push({ service: name, key: `services.${name}.${key}`, what: shown(what), why, allow })
  }
  const config: BuildConfig = typeof build === 'string' ? { context: build } : build
  contextDangers(config, ground, add)
  rightsDangers(config, add)
  cacheDangers(config, ground, add)
  if (OWN_IMAGES.test(service.image ?? '')) add('image', service.image, 'the image would take the place of one of this action’s')
  for (const [index, tag] of (config.tags ?? []).entries())
    if (OWN_IMAGES.test(tag)) add(`build.tags[${index}]`, tag, 'the image would take the place of one of this action’s')
  return found
}

function contextDangers(config: BuildConfig, ground: Ground, add: Add): void {
  const context = config.context ?? ''
  const isRemote = REMOTE_CONTEXT.test(context)
  if (!isRemote && !ground.isInside(context)) add('build.context', context, 'it lies outside the workspace')
  const dockerfile = config.dockerfile ?? ''
  // In a context that is fetched it is a path of that context.
  if (dockerfile !== '' && (isRemote ? isAbsolute(dockerfile) : !ground.isInside(within(context, dockerfile))))
    add('build.dockerfile', dockerfile, 'it lies outside the workspace')
  const more = config.additional_contexts ?? {}
  const pairs = Array.isArray(more) ? more.map((pair) => splitPair(pair)) : Object.entries(more)
  for (const [key, value] of pairs) {
    const path = String(value).replace(/^oci-layout:\/\//, '')
    if (!REMOTE_CONTEXT.test(path) && !ground.isInside(path))
      add(`build.additional_contexts.${key}`, path, 'it lies outside the workspace')
  }
}

function rightsDangers(config: BuildConfig, add: Add): void {
  if (config.privileged === true) add('build.privileged', true, 'the build has all rights on the machine', 'privileged')
  if (config.network === 'host')
    add('build.network', config.network, 'the build shares the network of the machine', 'host-namespace')
  for (const [index, right] of (config.entitlements ?? []).entries())
    add(`build.entitlements[${index}]`, right, 'the build has rights that builds have not', 'privileged')
  if (config.ssh !== undefined && config.ssh !== null)
    add('build.ssh', config.ssh, 'the build may sign in with the SSH keys of the runner’s user')
}

function cacheDangers(config: BuildConfig, ground: Ground, add: Add): void {
  for (const [index, cache] of (config.cache_from ?? []).entries()) {
    const source = localPath(cache, 'src')
    if (source !== null && !ground.isInside(source)) add(`build.cache_from[${index}]`, cache, 'it lies outside the workspace')
  }
  for (const [index, cache] of (config.cache_to ?? []).entries())
    if (!/^type=inline$/.test(cache))
      add(`build.cache_to[${index}]`, cache, 'the build writes outside the stack, with the runner’s own rights')
}

/** The folder of a local cache; null for a cache that is none. */
function localPath(cache: string, key: string): string | null {
  const pairs = new Map(cache.split(',').map(splitPair))
  return pairs.get('type') === 'local' ? (pairs.get(key) ?? '') : null
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=')
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}
