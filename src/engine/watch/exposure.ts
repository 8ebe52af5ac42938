/**
 * Did the system's own traffic meet what is broken? Asked of the kernel: who is connected with it, but for us. One who is seen is
 * enough; that nobody was is said only when every look could be made.
 */
import { describeError } from '../../core/errors.ts'
import type { ExposureResult } from '../../core/result/scenario.ts'
import { isAborted } from '../../core/time/wait.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { ContainerState } from '../../ports/docker.ts'
import type { RunningStack } from '../../ports/stack.ts'
import type { ArgumentsOf } from '../../toolbox/operations/registry.ts'
import type { EngineDeps } from '../deps.ts'

/** The kernel tells of a connection for a minute after its end: no look comes too late. */
const LOOK_EVERY_MS = 1_000
/** Fewer looks say nothing of what is not there. */
const FEWEST_LOOKS = 3

type Place = ArgumentsOf<'process.peers'>['places'][number]
type WatchDeps = Pick<EngineDeps, 'clock' | 'stack' | 'containers' | 'looker' | 'log'>

export interface ExposureSeen {
  /** Names of what is broken. */
  readonly names: readonly string[]
  readonly used: ReadonlySet<string>
  readonly looks: number
}

/** Looks until `signal` ends it, or all that is broken is seen to be used; null where nobody may look. Never throws. */
export async function watchExposure(
  { clock, stack, containers, looker, log }: WatchDeps,
  descriptions: readonly FaultDescription[],
  signal: AbortSignal,
): Promise<ExposureSeen | null> {
  const helper = looker()
  if (helper === null) return null
  const names = namesOf(descriptions)
  const used = new Set<string>()
  let looks = 0
  try {
    const all = await containers.all(signal)
    const places = names.map((name) => ({ name, at: placesOf(name, descriptions, stack, all) }))
    // Of links that stand for each other it is enough that one is used.
    const groupOf = (name: string): string | undefined => stack.descriptor.links.find((link) => link.name === name)?.oneOf
    const standingFor = (name: string): string[] =>
      names.filter((other) => other === name || (groupOf(name) !== undefined && groupOf(other) === groupOf(name)))
    // Our helpers are no service's.
    const ours = all.filter(({ service }) => service === '').flatMap(addressesOf)
    const beside = all.filter(({ service, pid }) => service !== '' && pid > 0).map(({ pid, id }) => ({ pid, containerId: id }))
    while (!isAborted(signal)) {
      for (const { name, at } of places) {
        if (used.has(name)) continue
        const peers = at.length === 0 ? [null] : (await helper.call('process.peers', { places: at, beside, ours }, signal)).peers
        // What cannot be looked at may well be used.
        if (peers.some((count) => count === null || count > 0)) for (const one of standingFor(name)) used.add(one)
      }
      looks += 1
      if (used.size === names.length) break
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined)
    }
  } catch (error) {
    if (!isAborted(signal)) {
      log.log('warn', `who uses what is broken could not be seen: ${describeError(error, 300)}`)
      return null
    }
  }
  return { names, used, looks }
}

export function exposureResult(seen: ExposureSeen | null, allowed: boolean): ExposureResult | null {
  if (seen === null) return null
  const unused = seen.names.filter((name) => !seen.used.has(name))
  if (unused.length > 0 && seen.looks < FEWEST_LOOKS) return null
  return { places: seen.names, unused, allowed }
}

function namesOf(descriptions: readonly FaultDescription[]): string[] {
  return [...new Set(descriptions.flatMap(({ links, services }) => links ?? services))]
}

/** Of a link at the proxy, and where it has one, at the end of its leg; of a service at each of its containers. */
function placesOf(
  name: string,
  descriptions: readonly FaultDescription[],
  { descriptor, link: linkOf }: Pick<RunningStack, 'descriptor' | 'link'>,
  all: readonly ContainerState[],
): Place[] {
  const at = (service: string | undefined, passage: Place['passage']): Place[] => {
    const running = all.filter((one) => one.service === service && one.pid > 0)
    // Without an address it has the host's network, or another container's: others speak to it from within.
    if (running.some((one) => addressesOf(one).length === 0)) return []
    return running.map(({ pid, id }) => ({ pid, containerId: id, passage }))
  }
  if (!descriptions.some(({ links }) => links?.includes(name) === true)) return at(name, null)
  const { listenPort, upstream, leg } = linkOf(name)
  const addresses = all.filter(({ service }) => service === upstream.service).flatMap(addressesOf)
  return [
    ...at(descriptor.toxiproxy?.service, { port: listenPort, to: { addresses, port: upstream.port } }),
    ...(leg === null ? [] : at(leg.server, { port: leg.port, to: null })),
  ]
}

function addressesOf({ addresses }: ContainerState): string[] {
  return Object.values(addresses).filter((address) => address !== '')
}
