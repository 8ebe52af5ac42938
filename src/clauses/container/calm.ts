import { msBetween, type Wall } from '../../core/time/moment.ts'
import type { ContainerSpec } from './spec.ts'
import type { ContainerEvent, ContainerState } from '../../ports/docker.ts'
import { listText, secondsText, type Part } from '../shared/parts.ts'

/** What disturbed the containers of a service between two moments. */
export interface Calm {
  readonly names: readonly string[]
  /** One text for each that died, was restarted or vanished. */
  readonly deaths: readonly string[]
  readonly unhealthy: readonly string[]
  /** Those without a health check, of which nothing can be said. */
  readonly uncheckable: readonly string[]
}

export interface Stretch {
  readonly before: readonly ContainerState[]
  /** The same containers at the end; one that is gone is missing. */
  readonly after: readonly ContainerState[]
  readonly events: readonly ContainerEvent[]
  readonly fromWallMs: Wall
  readonly untilWallMs: Wall
  /** Times in the texts count from here. */
  readonly zeroWallMs: Wall
}

/**
 * Pure. By the events, and by the states as well: an event that comes late, or a container that restarted while the feed was
 * broken, must not look like calm.
 */
export function calmOf(stretch: Stretch): Calm {
  const within = stretch.events.filter(({ atMs }) => atMs >= stretch.fromWallMs && atMs <= stretch.untilWallMs)
  const deaths: string[] = []
  const unhealthy: string[] = []
  for (const was of stretch.before) {
    const events = within.filter(({ containerId }) => containerId === was.id)
    const is = stretch.after.find(({ id }) => id === was.id)
    const died = events.find(({ action }) => action === 'die')
    if (died !== undefined)
      deaths.push(`${was.name} died with exit code ${died.attributes['exitCode'] ?? 'unknown'}${moment(died, stretch)}`)
    else if (is === undefined) deaths.push(`${was.name} is gone`)
    else if (is.pid !== was.pid || is.startedAt !== was.startedAt)
      deaths.push(`${was.name} is another process than before (${is.status})`)
    const sick = events.find(({ action }) => /^health_status.*unhealthy/.test(action))
    if (sick !== undefined) unhealthy.push(`${was.name} turned unhealthy${moment(sick, stretch)}`)
    else if (is?.health === 'unhealthy') unhealthy.push(`${was.name} is unhealthy`)
  }
  const uncheckable = stretch.before.filter(({ health }) => health === null).map(({ name }) => name)
  return { names: stretch.before.map(({ name }) => name), deaths, unhealthy, uncheckable }
}

export function calmParts(spec: ContainerSpec, calm: Calm): Part[] {
  return [
    ...(spec.survives === undefined ? [] : [survivesPart(spec.survives, calm)]),
    ...(spec.healthy === undefined ? [] : [healthyPart(spec.healthy, calm)]),
  ]
}

function survivesPart(wanted: boolean, calm: Calm): Part {
  const expected = wanted ? 'none died or was restarted' : 'at least one died'
  if (calm.deaths.length > 0) return { expected, observed: listText(calm.deaths), met: !wanted }
  if (calm.names.length === 0) return { expected, observed: 'none of them was there before the fault', met: null }
  return { expected, observed: `${counted(calm)} died or was restarted`, met: wanted }
}

function healthyPart(wanted: boolean, calm: Calm): Part {
  const expected = wanted ? 'none turned unhealthy' : 'at least one turned unhealthy'
  if (calm.unhealthy.length > 0) return { expected, observed: listText(calm.unhealthy), met: !wanted }
  if (calm.names.length === 0) return { expected, observed: 'none of them was there before the fault', met: null }
  if (calm.uncheckable.length > 0)
    return { expected, observed: `${listText(calm.uncheckable, ', ')}: no health check to go by`, met: null }
  return { expected, observed: `${counted(calm)} turned unhealthy`, met: wanted }
}

function counted(calm: Calm): string {
  return `none of ${calm.names.length} (${listText(calm.names, ', ')})`
}

function moment(event: ContainerEvent, stretch: Stretch): string {
  const sinceMs = msBetween(stretch.zeroWallMs, event.atMs)
  return sinceMs < 0 ? ' while the fault was injected' : ` after ${secondsText(sinceMs)}`
}
