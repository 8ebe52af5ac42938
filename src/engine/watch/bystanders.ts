/** Containers that no fault aimed at: from the injection to the end of the recovery none of them may come to harm. Pure. */
import { msBetween, type Wall } from '../../core/time/moment.ts'
import { describeError } from '../../core/errors.ts'
import type { ExpectationResult } from '../../core/result/scenario.ts'
import type { Scenario } from '../../kinds/scenario.ts'
import type { ContainerEvent } from '../../ports/docker.ts'
import type { ScenarioState } from '../scenario/state.ts'

export interface BystanderTerms {
  /** Names and ids of containers that the faults aimed at or hit. */
  readonly aimed: ReadonlySet<string>
  /** Services of which the scenario expects it. */
  readonly mayDie: readonly string[]
  readonly injectedWallMs: Wall
  /** What comes later is our own doing; null where nothing is. */
  readonly disturbedWallMs: Wall | null
}

export function bystanderTerms(
  {
    descriptions,
    hits,
    injectedWallMs,
    disturbed,
  }: Pick<ScenarioState, 'descriptions' | 'hits' | 'injectedWallMs' | 'disturbed'>,
  { mayDie }: Pick<Scenario, 'mayDie'>,
): BystanderTerms {
  const targets = descriptions.flatMap((fault) => fault.targets)
  const aimed = new Set([...targets, ...hits.flatMap(({ name, containerId }) => [name, containerId])])
  return { aimed, mayDie, injectedWallMs, disturbedWallMs: disturbed?.atWallMs ?? null }
}

/** What is told of one container at most: one in a crash loop has hundreds. */
const MOST_EVENTS = 5
const MOST_CONTAINERS = 10

/**
 * A container that dies behind a restart policy may be back before any request notices.
 * @param read - Events since the injection. Undecided when it throws: no answer is not "no event".
 */
export function judgeBystanders(read: () => readonly ContainerEvent[], terms: BystanderTerms): ExpectationResult {
  const clause = { phase: 'after', text: 'bystanders', expected: 'no other container dies or turns unhealthy' } as const
  let events: readonly ContainerEvent[]
  try {
    events = read()
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
  const { aimed, mayDie, injectedWallMs, disturbedWallMs } = terms
  const harms = new Map<string, string[]>()
  for (const event of events) {
    // What has no service is the harness's own, such as a helper that ends.
    const isBystander = event.service !== '' && !mayDie.includes(event.service)
    const isOurs = disturbedWallMs !== null && event.atMs > disturbedWallMs
    const harm = isBystander && !isOurs ? harmOf(event) : null
    const name = event.attributes['name'] ?? event.containerId.slice(0, 12)
    if (harm === null || aimed.has(name) || aimed.has(event.containerId)) continue
    const told = `${harm} ${Math.round(msBetween(injectedWallMs, event.atMs))} ms after the injection`
    harms.set(name, [...(harms.get(name) ?? []), told])
  }
  return [...harms].map(([name, all]) => {
    const more = all.length - MOST_EVENTS
    return `${name} ${[...all.slice(0, MOST_EVENTS), ...(more > 0 ? [`${more} times more`] : [])].join(', ')}`
  })
}

function harmOf({ action, attributes }: ContainerEvent): string | null {
  switch (action) {
    case 'die':
      return `died with exit code ${attributes['exitCode'] ?? 'unknown'}`
    case 'oom':
      return 'ran out of memory'
    case 'health_status: unhealthy':
      return 'turned unhealthy'
    default:
      return null
  }
}
