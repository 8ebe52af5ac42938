/** Reading Docker's events of one container. Pure. */
import type { Wall } from '../../../core/time/moment.ts'
import type { ContainerEvent } from '../../../ports/docker.ts'

export interface EventQuery {
  readonly containerId: string
  readonly action: string
  /** Wall clock, ms. */
  readonly sinceWallMs: Wall
}

export function firstEvent(events: readonly ContainerEvent[], query: EventQuery): ContainerEvent | null {
  const matches = (event: ContainerEvent): boolean =>
    event.containerId === query.containerId && event.action === query.action && event.atMs >= query.sinceWallMs
  return events.find(matches) ?? null
}

/** null when the event tells none, as all but `die` do. */
export function exitCodeOf(event: ContainerEvent | null): number | null {
  const text = event?.attributes['exitCode']
  return text === undefined || !/^\d+$/.test(text) ? null : Number(text)
}

export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
