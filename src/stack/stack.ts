/** Brings a compose stack up: images, networks, volumes, containers, health, ports, links. */
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import * as z from 'zod'
import { systemClock } from '../core/time/clock.ts'
import { canaryRequests, type Descriptor } from '../core/descriptor.ts'
import { ChaosError, describeError } from '../core/errors.ts'
import type { ExecPort } from '../ports/exec.ts'
import type { Logger } from '../ports/reporter.ts'
import type { ToxiproxyPort } from '../ports/toxiproxy.ts'
import { composeVersion, openCompose, readMergedStack, type Compose, type MergedStack } from './compose/compose.ts'
import { createContainers } from './docker/containers.ts'
import { asExpected, cpuQuotaOf, type ServiceLabels } from './compose/config.ts'
import { imposeCpuQuotas } from './cpu-quotas.ts'
import { dockerCall } from './docker/call.ts'
import { dockerEnv } from './docker/env.ts'
import { openEventFeed, type EventFeed } from './docker/event-feed.ts'
import { ensureImages, ensurePresent, type ImageDeps, type ReadyImage } from './images/images.ts'
import { TOXIPROXY_LABEL, type Owner } from './docker/labels.ts'
import { imagesInUse, runningStack, type StackUnderTest } from './running-stack.ts'
import { absentServices, awaitHealthy, expectedServices, explainFailedUp, type Ask } from './health/healthy.ts'
import type { HealthDeps } from './health/health.ts'
import { verifyLinks } from './links/links.ts'
import { openAddresses, type StackAddresses } from './ports.ts'
import { sweepOrThrow, type TeardownDeps } from './teardown.ts'
import { defectVariables, secretValues } from './variables.ts'
import { whyAlone } from './why-alone.ts'

export interface PrepareOptions {
  readonly descriptor: Descriptor
  readonly runId: string
  readonly exec: ExecPort
  /** For a program that only tells its version; `exec` runs it when this is left out. */
  readonly versions?: ExecPort
  readonly docker: Dockerode
  /** The user's environment; children get what child-env lets through. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly defects: readonly string[]
  readonly toxiproxyAt: (baseUrl: string) => ToxiproxyPort
  readonly log: Logger
  readonly signal: AbortSignal
  /** Called before anything is built, and before anything is started, when it is given: what it throws ends the start. */
  readonly inspect?: (stack: MergedStack) => void
  /** Told the merged configuration as it will be started, before that. */
  readonly onConfig?: (config: unknown) => void
  /** Limit for all services to become healthy after the start; default 120 s. */
  readonly healthyLimitMs?: number
}

const allServices = z.looseObject({ services: z.record(z.string(), z.unknown()).default({}) })

interface StartOptions {
  /** The run's own folder. */
  readonly stateDir: string
  /** Number of the stack where the run has several, from 1. */
  readonly stack?: number | undefined
  readonly signal: AbortSignal
}

export type BringUpOptions = PrepareOptions & StartOptions

/** What all stacks of a run have in common is there: the programs, the images. */
export interface PreparedStack {
  readonly composeVersion: string
  /** What keeps two of them from running on this machine, as sentences; empty when nothing does. */
  whyAlone(signal: AbortSignal): Promise<string[]>
  /**
   * Resolves when every service is healthy, the entry is reachable from this machine, and the links are as declared. A start
   * that fails or is aborted halfway removes what it made before it rejects.
   */
  start(options: StartOptions): Promise<StackUnderTest>
}

const HEALTHY_LIMIT_MS = 120_000
/** Compose fetches parts of a stack from elsewhere by programs of this machine, before anybody can look at what it fetches. */
const LOCAL_ONLY = { COMPOSE_EXPERIMENTAL_GIT_REMOTE: 'false', COMPOSE_EXPERIMENTAL_OCI_REMOTE: 'false' }
/** For undoing a start that failed or was aborted; on a signal of its own, as the run's may be the reason. */
const UNDO_LIMIT_MS = 60_000

/** One stack that is prepared and started. @throws as both do. */
export async function bringUp(options: BringUpOptions): Promise<StackUnderTest> {
  return (await prepareStack(options)).start(options)
}

/** @throws BAD_INPUT for a stack that cannot or may not be started; DOCKER_UNAVAILABLE, IMAGE_MISSING. */
export async function prepareStack(options: PrepareOptions): Promise<PreparedStack> {
  const { descriptor, docker, signal, log, exec, runId } = options
  if (descriptor.links.length > 0 && descriptor.toxiproxy === null) {
    throw new ChaosError('BAD_INPUT', `${descriptor.file}: the stack has links but no toxiproxy to realise them`)
  }
  // Compose answers many questions without a daemon: one that is missing is found before anything is begun.
  await dockerCall('ping', signal, () => docker.ping())
  const defects = defectVariables(descriptor, options.defects)
  const secrets = secretValues(descriptor, options.env)
  const local = options.inspect === undefined ? {} : LOCAL_ONLY
  const envOf = (add: Record<string, string>): Promise<Record<string, string>> =>
    dockerEnv({
      ...{ source: options.env, composeFiles: descriptor.composeFiles, secrets: descriptor.secrets },
      add: { ...add, ...local },
    })
  const plainEnv = await envOf({})
  const version = await composeVersion(options.versions ?? exec, plainEnv, signal)
  const asWritten = await inspectEarly(options, (images) => envOf({ ...images, ...secrets, ...defects }))
  const imageDeps: ImageDeps = { exec, docker, log, env: plainEnv, signal }
  const images = await ensureImages(descriptor.images, options.env, imageDeps)
  const imageVariables = Object.fromEntries(images.map(({ variable, image }) => [variable, image]))
  const env = await envOf({ ...imageVariables, ...secrets, ...defects })
  const common: Common = { options, env, images, imageDeps, secrets, asWritten }
  return {
    composeVersion: version,
    async whyAlone(inner) {
      const { config } = await readMergedStack({ exec, log, runId, files: descriptor.composeFiles, env }, inner)
      return whyAlone(config)
    },
    start: (place) => startStack(common, place),
  }
}

interface Common {
  readonly options: PrepareOptions
  readonly env: Readonly<Record<string, string>>
  readonly images: readonly ReadyImage[]
  readonly imageDeps: ImageDeps
  readonly secrets: Readonly<Record<string, string>>
  readonly asWritten: unknown
}

async function startStack(common: Common, { stateDir: runDir, stack, signal }: StartOptions): Promise<StackUnderTest> {
  const { options, env, images, imageDeps, secrets } = common
  const { docker, runId, log, exec } = options
  const owner: Owner = { runId, stack }
  const stateDir = join(runDir, stack === undefined ? 'compose' : `compose-${stack}`)
  const labels = toxiproxyLabels(options.descriptor)
  const files = options.descriptor.composeFiles
  const isFrozen = options.inspect !== undefined
  const isWithoutCpuQuotas = options.descriptor.cpuQuotas === 'when_healthy'
  const withheld = new Set(Object.keys(options.env).filter((name) => !Object.hasOwn(env, name)))
  const how = { stateDir, env, withheld, labels, isFrozen, isWithoutCpuQuotas }
  const compose = await openCompose({ ...owner, exec, log, files, ...how }, signal)
  const descriptor = await withoutSleepers({ ...owner, exec, log, files, env }, options.descriptor, compose, signal)
  // Once more, as the names of images are among what it is made of.
  options.inspect?.({ files, config: compose.merged, asWritten: common.asWritten })
  options.onConfig?.(compose.merged)
  const closing = new AbortController()
  let feed: EventFeed | null = null
  // From here on there may be something to undo, whatever point the start has reached.
  try {
    feed = await openEventFeed({ docker, ...owner, clock: systemClock, log }, signal)
    const containers = createContainers({ docker, ...owner, feed })
    const expected = expectedServices(descriptor, compose.config)
    const limitMs = options.healthyLimitMs ?? HEALTHY_LIMIT_MS
    const health: HealthDeps = { docker, runId, containers, expected, limitMs }
    await haveImages(compose, imageDeps, signal)
    await upAndHealthy(compose, health, signal)
    const addresses = await openAddresses({ docker, ...owner, descriptor, feed, log, signal: closing.signal }, signal)
    const quotas = isWithoutCpuQuotas ? cpuQuotas(compose) : new Map<string, number>()
    const impose = (inner: AbortSignal): Promise<void> => imposeCpuQuotas(docker, owner, quotas, inner)
    const ready = async (inner: AbortSignal): Promise<void> => {
      await awaitHealthy(health, inner, entryAnswers(descriptor, addresses))
      const url = addresses.toxiproxyUrl()
      if (url !== null) await verifyLinks(descriptor.links, options.toxiproxyAt(url), systemClock, inner)
      await impose(inner)
    }
    await ready(signal)
    return runningStack({
      ...{ descriptor, docker, ...owner, log, compose, feed, containers, closing, secrets, addresses, health },
      images: imagesInUse(descriptor, await containers.all(signal), images),
      toxiproxyAt: options.toxiproxyAt,
      startAgain: (inner) => upAndHealthy(compose, health, inner),
      awaitReady: ready,
      imposeCpuQuotas: impose,
    })
  } catch (error) {
    closing.abort()
    await feed?.[Symbol.asyncDispose]()
    await undoStart({ docker, log, ...owner }, error)
    throw error
  }
}

/** A service of a profile that is off is not started, so that nobody waits for it, nor takes it for a control. */
async function withoutSleepers(
  project: Parameters<typeof readMergedStack>[0],
  descriptor: Descriptor,
  { config }: Compose,
  signal: AbortSignal,
): Promise<Descriptor> {
  const absent = absentServices(descriptor, config)
  if (absent.length === 0) return descriptor
  const all = asExpected(allServices, (await readMergedStack(project, signal)).config).services
  const asleep = absent.filter((name) => Object.hasOwn(all, name))
  if (asleep.length > 0) project.log.log('info', `not started, as their profiles are off: ${asleep.join(', ')}`)
  return { ...descriptor, services: descriptor.services.filter(({ name }) => !asleep.includes(name)) }
}

/** By service, in cores. */
function cpuQuotas({ config }: Compose): ReadonlyMap<string, number> {
  const all = Object.entries(config.services).map(([name, spec]) => [name, cpuQuotaOf(spec)] as const)
  return new Map(all.filter((pair): pair is [string, number] => pair[1] !== null))
}

/** Before the first image is built; what their names will be is not known yet. @returns what is written, for the second look. */
async function inspectEarly(
  { descriptor, env: user, exec, log, runId, inspect, signal }: PrepareOptions,
  envOf: (images: Record<string, string>) => Promise<Record<string, string>>,
): Promise<unknown> {
  if (inspect === undefined) return null
  const images = descriptor.images.map(({ variable, repository }) => [variable, user[variable] || `${repository}:none`] as const)
  const env = await envOf(Object.fromEntries(images))
  const stack = await readMergedStack({ exec, log, runId, files: descriptor.composeFiles, env }, signal)
  inspect(stack)
  return stack.asWritten
}

/** By this label the undo of another process finds toxiproxy's API, without the descriptor. */
function toxiproxyLabels({ toxiproxy }: Descriptor): ServiceLabels {
  return toxiproxy === null ? {} : { [toxiproxy.service]: { [TOXIPROXY_LABEL]: String(toxiproxy.port) } }
}

/** A service without a health check counts as healthy as soon as its process runs. */
function entryAnswers(descriptor: Descriptor, addresses: StackAddresses): Ask {
  const [{ request: canary }] = canaryRequests(descriptor)
  return {
    failure: () => `the entry ${addresses.entryUrl()} gave no ${canary.protocol} answer`,
    hint: 'Check the entry of the stack descriptor, and give services that start slowly a health check.',
    work: (signal) => canary.speaks(addresses.entryUrl(), signal),
  }
}

/** No service is asked to stop: nobody waits for the shutdown of a stack that never came up. */
async function undoStart(options: TeardownDeps, cause: unknown): Promise<void> {
  try {
    await sweepOrThrow(options, AbortSignal.timeout(UNDO_LIMIT_MS))
  } catch (error) {
    const text = `the stack did not come up (${describeError(cause)}), and not all of it was removed: ${describeError(error)}`
    throw new ChaosError('NOT_REVERTED', text, { cause })
  }
}

/** Images that compose builds are always built anew, from the cache: the verdict must speak of the code at hand. */
async function haveImages(compose: Compose, deps: ImageDeps, signal: AbortSignal): Promise<void> {
  const services = Object.values(compose.config.services)
  if (services.some(({ build }) => build !== undefined)) await compose.build(signal)
  const named = services.filter(({ build }) => build === undefined).map(({ image }) => image)
  for (const image of new Set(named.filter((name) => name !== undefined))) await ensurePresent(image, deps)
}

/** A failing `up` often only says that a dependency is unhealthy; the services themselves say why. */
async function upAndHealthy(compose: Compose, health: HealthDeps, signal: AbortSignal): Promise<void> {
  try {
    await compose.up(signal)
  } catch (error) {
    if (signal.aborted) throw error
    throw await explainFailedUp(health, error, signal)
  }
  await awaitHealthy(health, signal)
}
