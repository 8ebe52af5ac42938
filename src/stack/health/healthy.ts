/** Waits for a stack to become healthy, and says of one that does not which container is to blame, in its own words. */
import { systemClock } from '../../core/time/clock.ts'
import type { Descriptor } from '../../core/descriptor.ts'
import { ChaosError, describeError, isChaosError } from '../../core/errors.ts'
import { waitUntil } from '../../core/time/wait.ts'
import { replicasOf, type ComposeConfig } from '../compose/config.ts'
import { explainTrouble, findTrouble, isFinal, type ExpectedServices, type HealthDeps, type Trouble } from './health.ts'

const MOST_EXPLAINED = 3

/** Services of the descriptor that the compose files do not start, of which a profile that is off may be the reason. */
export function absentServices(descriptor: Descriptor, { services }: ComposeConfig): string[] {
  return descriptor.services.map(({ name }) => name).filter((name) => !Object.hasOwn(services, name))
}

/** @throws BAD_INPUT for a service of the descriptor that the compose file does not have, or has in another number. */
export function expectedServices(descriptor: Descriptor, config: ComposeConfig): ExpectedServices {
  const present = Object.keys(config.services)
  const named = [descriptor.entry.service, ...(descriptor.toxiproxy === null ? [] : [descriptor.toxiproxy.service])]
  const replicas = new Map([
    ...named.map((name) => [name, 1] as const),
    ...descriptor.services.map((spec) => [spec.name, spec.replicas] as const),
  ])
  const absent = [...replicas.keys()].filter((name) => !present.includes(name))
  if (absent.length > 0) {
    const text = `${descriptor.file} names services that the compose file does not have: ${absent.join(', ')}`
    throw new ChaosError('BAD_INPUT', text, { hint: `It has: ${present.join(', ')}` })
  }
  const others = descriptor.services.flatMap(({ name, replicas: wanted }) => {
    const service = config.services[name]
    const there = service === undefined ? wanted : replicasOf(service)
    return there === wanted ? [] : [`replicas of ${name} is ${wanted} in the descriptor and ${there} in the compose file`]
  })
  if (others.length > 0) throw new ChaosError('BAD_INPUT', `${descriptor.file}: ${others.join('; ')}`)
  return { required: replicas, others: present.filter((name) => !replicas.has(name)) }
}

interface Seen {
  troubles: Trouble[]
  /** One of them will not pass by waiting. */
  hopeless: boolean
  /** Why the last ask failed. */
  refusal: string
}

/** Waits until every service is healthy and `ask`, where it is given, has resolved. @throws STACK_UNHEALTHY. */
export async function awaitHealthy(deps: HealthDeps, signal: AbortSignal, ask?: Ask): Promise<void> {
  const seen: Seen = { troubles: [], hopeless: false, refusal: 'it was not asked yet' }
  const look = async (inner: AbortSignal): Promise<boolean> => {
    seen.troubles = await findTrouble(deps, inner)
    const final = await Promise.all(seen.troubles.map((trouble) => isFinal(deps, trouble, inner)))
    seen.hopeless = final.includes(true)
    if (seen.troubles.length === 0) await askOnce(ask, seen, inner)
    return seen.troubles.length === 0 || seen.hopeless
  }
  try {
    const options = { everyMs: 200, attemptMs: 15_000, limitMs: deps.limitMs, signal, clock: systemClock }
    await waitUntil('a healthy stack', look, (decided) => decided, options)
  } catch (error) {
    if (!isChaosError(error, 'TIMEOUT')) throw error
    if (seen.troubles.length > 0) throw await unhealthyError(deps, seen.troubles, `within ${deps.limitMs / 1_000} s`, signal)
    if (ask === undefined) throw error
    const text = `all services run, but ${ask.failure()} within ${deps.limitMs / 1_000} s (${seen.refusal})`
    throw new ChaosError('STACK_UNHEALTHY', text, { hint: ask.hint, cause: error })
  }
  if (seen.hopeless) throw await unhealthyError(deps, seen.troubles, 'and will not become it', signal)
}

/** Something that must work besides the containers' own health; rejects while it does not. */
export interface Ask {
  /** What to say of it in the end: `the entry gives no answer`. */
  failure(): string
  readonly hint: string
  work(signal: AbortSignal): Promise<void>
}

const ASK_LIMIT_MS = 5_000

async function askOnce(ask: Ask | undefined, seen: Seen, signal: AbortSignal): Promise<void> {
  try {
    await ask?.work(AbortSignal.any([signal, AbortSignal.timeout(ASK_LIMIT_MS)]))
  } catch (error) {
    // The attempt that the end of the wait cuts short says nothing about the service.
    if (!signal.aborted) seen.refusal = describeError(error, 300)
    throw error
  }
}

/** What `up` said, together with what is wrong with the containers that it did start. */
export async function explainFailedUp(deps: HealthDeps, error: unknown, signal: AbortSignal): Promise<unknown> {
  const troubles = await findTrouble(deps, signal)
  const telling = troubles.filter(({ container }) => container !== null && container.status !== 'created')
  if (telling.length === 0) return error
  return unhealthyError(deps, telling, `(${describeError(error, 800)})`, signal, error)
}

async function unhealthyError(
  deps: HealthDeps,
  troubles: readonly Trouble[],
  how: string,
  signal: AbortSignal,
  cause?: unknown,
): Promise<ChaosError> {
  const shown = troubles.slice(0, MOST_EXPLAINED)
  const explained = await Promise.all(shown.map((trouble) => explainTrouble(deps, trouble, signal)))
  const more = troubles.length > shown.length ? [`and ${troubles.length - shown.length} more`] : []
  return new ChaosError('STACK_UNHEALTHY', [`the stack did not become healthy ${how}:`, ...explained, ...more].join('\n'), {
    hint: 'Look at the named service: its health check, its settings, or the time it needs to start.',
    cause,
  })
}
