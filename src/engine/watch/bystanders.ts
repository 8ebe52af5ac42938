/**
 * Containers that no fault aimed at: from the injection to the end of the recovery none of them may come to harm. Those that one
 * has hit may die of that, no oftener than it kills, and not when it is over. Pure.
 */
import { earliest, msBetween, type Wall } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import type { FaultDescription } from '../../kinds/fault.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import type { ContainerEvent } from '../../ports/docker.ts'
import type { ScenarioState } from '../scenario/state.ts'

export interface BystanderTerms {
  /** Names and ids of containers that the faults aimed at or hit. */
  readonly aimed: ReadonlySet<string>
  /** Services of which the scenario expects it. */
  readonly mayDie: readonly string[]
  /** When the first container was hit, or the injection had ended, if that was sooner. */
  readonly sinceWallMs: Wall
  /** Times at which those were hit that die of it once each time, and of nothing else, by their ids. */
  readonly hitsWallMs: ReadonlyMap<string, readonly Wall[]>
  /** When the faults were undone, by whatever that takes; null where it did not come to that. */
  readonly undoing: { readonly fromWallMs: Wall; readonly toWallMs: Wall } | null
  /** What comes later is our own doing; null where nothing is. */
  readonly disturbedWallMs: Wall | null
}

type Seen = Pick<ScenarioState, 'descriptions' | 'hits' | 'injectedWallMs' | 'revertCalled' | 'revertedWallMs' | 'disturbed'>

export function bystanderTerms(seen: Seen, { mayDie }: Pick<Scenario, 'mayDie'>): BystanderTerms {
  const { descriptions, hits, injectedWallMs, revertCalled, revertedWallMs, disturbed } = seen
  const targets = descriptions.flatMap((fault) => fault.targets)
  const aimed = new Set([...targets, ...hits.flatMap(({ name, containerId }) => [name, containerId])])
  const servicesOf = (faults: readonly FaultDescription[]): Set<string> => new Set(faults.flatMap(({ services }) => services))
  const lasting = servicesOf(descriptions.filter(({ endsOnce }) => endsOnce !== true))
  const hitsWallMs = new Map<string, Wall[]>()
  for (const { containerId, service, atWallMs } of hits)
    if (!lasting.has(service)) hitsWallMs.set(containerId, [...(hitsWallMs.get(containerId) ?? []), atWallMs])
  const sinceWallMs = earliest(injectedWallMs, ...hits.map(({ atWallMs }) => atWallMs))
  const undoing =
    revertCalled === null || revertedWallMs === null ? null : { fromWallMs: revertCalled.atWallMs, toWallMs: revertedWallMs }
  return { aimed, mayDie, sinceWallMs, hitsWallMs, undoing, disturbedWallMs: disturbed?.atWallMs ?? null }
}

/** What is told of one container at most: one in a crash loop has hundreds. */
const MOST_EVENTS = 5
const MOST_CONTAINERS = 10

/**
 * A container that dies behind a restart policy may be back before any request notices.
 * @param read - Events since then. Undecided when it throws: no answer is not "no event".
 */
export function judgeBystanders(
  read: (sinceWallMs: Wall) => readonly ContainerEvent[],
  terms: BystanderTerms,
): ExpectationResult {
  const expected = 'no other container dies or turns unhealthy, and none that was hit dies again'
  const clause = { phase: 'after', text: 'bystanders', expected } as const
  let events: readonly ContainerEvent[]
  try {
    events = read(terms.sinceWallMs)
  } catch (error) {
    return { ...clause, observed: describeError(error), met: null }
  }
  const harmed = harmedBy(events, terms)
  const told = harmed.slice(0, MOST_CONTAINERS)
  const more = harmed.length - told.length
  const observed = harmed.length === 0 ? 'none' : [...told, ...(more === 0 ? [] : [`${more} more`])].join('; ')
  return { ...clause, observed, met: harmed.length === 0 }
}

function harmedBy(events: readonly ContainerEvent[], terms: BystanderTerms): string[] {
  const { aimed, mayDie, sinceWallMs, disturbedWallMs } = terms
  const harms = new Map<string, string[]>()
  const deaths = new Map<string, number>()
  for (const event of events) {
    // What has no service is the harness's own, such as a helper that ends.
    if (event.service === '' || mayDie.includes(event.service)) continue
    if (disturbedWallMs !== null && event.atMs > disturbedWallMs) continue
    const name = event.attributes['name'] ?? event.containerId.slice(0, 12)
    const isAimed = aimed.has(name) || aimed.has(event.containerId)
    const harm = isAimed ? againOf(event, deaths, terms) : harmOf(event)
    if (harm === null) continue
    const told = `${harm} ${Math.round(msBetween(sinceWallMs, event.atMs))} ms after the injection`
    harms.set(name, [...(harms.get(name) ?? []), told])
  }
  return [...harms].map(([name, all]) => {
    const more = all.length - MOST_EVENTS
    return `${name} ${[...all.slice(0, MOST_EVENTS), ...(more > 0 ? [`${more} times more`] : [])].join(', ')}`
  })
}

/**
 * Of one that a fault aimed at. Whatever undoes a fault may end it, as it may start what it has stopped. A fault that lasts may
 * kill it again and again until then; one that ends it once does so once, be it as late as it likes: who was held may end
 * when it is let go.
 */
function againOf(event: ContainerEvent, deaths: Map<string, number>, { hitsWallMs, undoing }: BystanderTerms): string | null {
  const { action, containerId, atMs } = event
  if (action !== 'die') return null
  const isOver = undoing !== null && atMs > undoing.toWallMs
  if (undoing !== null && atMs >= undoing.fromWallMs && !isOver) return null
  const hits = hitsWallMs.get(containerId)
  if (hits === undefined) return isOver ? `${diedText(event)}, the fault over,` : null
  const count = (deaths.get(containerId) ?? 0) + 1
  deaths.set(containerId, count)
  return count > hits.filter((hitMs) => hitMs <= atMs).length ? `${diedText(event)} once more` : null
}

function diedText({ attributes }: ContainerEvent): string {
  return `died with exit code ${attributes['exitCode'] ?? 'unknown'}`
}

function harmOf(event: ContainerEvent): string | null {
  switch (event.action) {
    case 'die':
      return diedText(event)
    case 'oom':
      return 'ran out of memory'
    case 'health_status: unhealthy':
      return 'turned unhealthy'
    default:
      return null
  }
}
