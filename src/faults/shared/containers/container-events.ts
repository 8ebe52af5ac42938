/** Reading Docker's events of one container. Pure. */
import type { Wall } from '../../../core/time/moment.ts'
import type { ContainerEvent } from '../../../ports/docker.ts'

export function firstEvent(
  events: readonly ContainerEvent[],
  { containerId, action, sinceWallMs }: Pick<ContainerEvent, 'containerId' | 'action'> & { readonly sinceWallMs: Wall },
): ContainerEvent | null {
  const isMeant = (event: ContainerEvent): boolean => event.containerId === containerId && event.action === action
  return events.find((event) => isMeant(event) && event.atMs >= sinceWallMs) ?? null
}

/** null when the event tells none, as all but `die` do. */
export function exitCodeOf(event: ContainerEvent | null): number | null {
  const text = event?.attributes['exitCode']
  return text === undefined || !/^\d+$/.test(text) ? null : Number(text)
}

export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
