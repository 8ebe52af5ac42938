/** Dangers in how a stack's images are built. Pure but for what the ground looks at. */
import { contextDangers } from './context.ts'
import { shown, type Danger } from './danger.ts'
import { syntaxProblem } from './dockerfile.ts'
import { imageProblem } from './fetched.ts'
import type { Ground } from './ground.ts'
import { nameProblem } from './image-names.ts'
import { buildLimits } from './limits.ts'
import type { Written } from './mounts.ts'
import type { BuildConfig, ServiceConfig } from './schema.ts'

/** Keys that are looked at, and those that concern nothing but the image that is built. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  ...['additional_contexts', 'args', 'cache_from', 'cache_to', 'context', 'dockerfile', 'dockerfile_inline', 'entitlements'],
  ...['extra_hosts', 'isolation', 'labels', 'network', 'no_cache', 'no_cache_filter', 'platforms', 'privileged', 'provenance'],
  ...['pull', 'sbom', 'secrets', 'shm_size', 'ssh', 'tags', 'target', 'ulimits'],
])
/** A network of the builder's own, or none. */
const OWN_NETWORKS: ReadonlySet<string> = new Set(['', 'default', 'none'])

type Add = (key: string, what: unknown, why: string, allow?: Danger['allow']) => void

export interface BuildGround {
  readonly ground: Ground
  readonly written: Written
  /** By which Compose names what it builds. */
  readonly project: string | null
}

export function buildDangers(name: string, service: ServiceConfig, { ground, written, project }: BuildGround): Danger[] {
  const { build } = service
  if (build === undefined || build === null) return []
  const found: Danger[] = []
  const add: Add = (key, what, why, allow = 'build') => {
    found.push({ service: name, key: `services.${name}.${key}`, what: shown(what), why, allow })
  }
  const config: BuildConfig = typeof build === 'string' ? { context: build } : build
  const args = pairsOf(config.args)
  const context = {
    context: config.context ?? '',
    dockerfile: config.dockerfile ?? '',
    inline: config.dockerfile_inline ?? null,
    more: pairsOf(config.additional_contexts).map(([key, value]) => [key, value ?? ''] as const),
    args: new Map(args.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]))),
  }
  contextDangers(context, ground, written, (key, what, why) => {
    add(`build.${key}`, what, why)
  })
  rightsDangers(config, add)
  argumentDangers(args, ground, add)
  cacheDangers(config, ground, add)
  for (const [index, tag] of [service.image ?? '', ...(config.tags ?? [])].entries()) {
    const why = nameProblem(tag, project)
    if (why !== null) add(index === 0 ? 'image' : `build.tags[${index - 1}]`, tag, why)
  }
  for (const [key, value] of Object.entries(config))
    if (value !== null && !KNOWN_KEYS.has(key) && !key.startsWith('x-'))
      add(`build.${key}`, value, 'what it does to the machine is not known here', 'unknown-key')
  return [...found, ...buildLimits(name, config)]
}

function rightsDangers(config: BuildConfig, add: Add): void {
  if (config.privileged === true) add('build.privileged', true, 'the build has all rights on the machine', 'privileged')
  if (config.network === 'host')
    add('build.network', config.network, 'the build shares the network of the machine', 'host-namespace')
  else if (!OWN_NETWORKS.has(config.network ?? ''))
    add('build.network', config.network, 'the network or container that the build joins is not of the stack', 'external')
  for (const [index, right] of (config.entitlements ?? []).entries())
    add(`build.entitlements[${index}]`, right, 'the build has rights that builds have not', 'privileged')
  if (config.ssh !== undefined && config.ssh !== null)
    add('build.ssh', config.ssh, 'the build may sign in with the SSH keys of the runner’s user')
  for (const key of ['sbom', 'provenance'] as const)
    if (/generator/i.test(shown(config[key] ?? ''))) add(`build.${key}`, config[key], 'another image looks at what is built')
}

/** An argument without a value gets that of the variable of its name, and stays in the image's history. */
function argumentDangers(args: readonly Pair[], { withheld }: Ground, add: Add): void {
  for (const [name, value] of args) {
    const own = withheld.get(name)
    if (own !== undefined && (value === null || value === own))
      add(`build.args.${name}`, name, 'the machine’s variable of this name is not for the stack: give the argument a value')
    const why = name === 'BUILDKIT_SYNTAX' && value !== null && value !== '' ? syntaxProblem(value) : null
    if (why !== null) add(`build.args.${name}`, value, why)
  }
}

function cacheDangers(config: BuildConfig, ground: Ground, add: Add): void {
  for (const [index, cache] of (config.cache_from ?? []).entries()) {
    const why = cacheProblem(cache, ground)
    if (why !== null) add(`build.cache_from[${index}]`, cache, why)
  }
  for (const [index, cache] of (config.cache_to ?? []).entries())
    if (!/^type=inline$/.test(cache))
      add(`build.cache_to[${index}]`, cache, 'the build writes outside the stack, with the runner’s own rights')
}

/** Only those that read what the stack may read; buckets of clouds are opened with what the machine knows of them. */
function cacheProblem(cache: string, ground: Ground): string | null {
  if (!cache.includes('=')) return imageProblem(cache)
  const pairs = new Map(pairsOf(cache.split(',')))
  const names = [...pairs.keys()]
  switch (pairs.get('type')) {
    case 'registry':
      return imageProblem(pairs.get('ref') ?? '')
    case 'local':
      return ground.isInside(pairs.get('src') ?? '') ? null : 'it lies outside the workspace'
    case 'gha':
      return names.every((name) => ['type', 'scope', 'timeout'].includes(name)) ? null : 'where it is read from is not known here'
    default:
      return 'where it is read from is not known here'
  }
}

type Pair = readonly [name: string, value: string | null]

/** Of pairs as an object, or as a list of `name=value`. null: no value stands there. */
function pairsOf(pairs: Readonly<Record<string, unknown>> | readonly string[] | null | undefined): Pair[] {
  if (!isList(pairs))
    return Object.entries(pairs ?? {}).map(([name, value]) => [name, value === null || value === undefined ? null : plain(value)])
  return pairs.map((pair) => {
    const at = pair.indexOf('=')
    return at === -1 ? [pair, null] : [pair.slice(0, at), pair.slice(at + 1)]
  })
}

function isList(pairs: unknown): pairs is readonly string[] {
  return Array.isArray(pairs)
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
