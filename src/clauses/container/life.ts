import { later, type Wall } from '../../core/time/moment.ts'
import type { ContainerEvent, ContainerState } from '../../ports/docker.ts'

/** A container that a clause looks at. Wall-clock times. */
export interface Subject {
  readonly containerId: string
  readonly name: string
  /** When it was hit, or the fault was on: what times count from. */
  readonly sinceWallMs: Wall
  /** Events before this belong to something else. */
  readonly fromWallMs: Wall
  /** Pid of its main process before it could die; 0 when that is not known. */
  readonly pid: number
}

export interface ContainerView {
  /** Events of at least these containers, oldest first. */
  readonly events: readonly ContainerEvent[]
  /** Containers as they are now; one that is gone is missing. */
  readonly states: readonly ContainerState[]
}

export interface Life {
  readonly subject: Subject
  /** Docker's word for how it is now; `gone` for one that was removed. */
  readonly status: string
  readonly death: { readonly atWallMs: Wall; readonly exitCode: number | null } | null
  /** Kernel's kill in its cgroup, up to its death. */
  readonly oomAtWallMs: Wall | null
  /** Since when it runs again, with another pid; null when it does not. */
  readonly againAtWallMs: Wall | null
  /** Times that it died again after the first. */
  readonly laterDeaths: number
}

/** The daemon learns of an exit and of the kernel's kill by two ways, and may tell them in the wrong order. */
export const OOM_SLACK_MS = 500

/** Pure: what became of a container, by Docker's own times. */
export function lifeOf(subject: Subject, view: ContainerView): Life {
  const events = view.events.filter(({ containerId, atMs }) => containerId === subject.containerId && atMs >= subject.fromWallMs)
  const state = view.states.find(({ id }) => id === subject.containerId)
  const running = state?.status === 'running' && state.pid > 0
  const sameProcess = running && state.pid === subject.pid
  const deaths = sameProcess ? [] : events.filter(({ action }) => action === 'die')
  const [death] = deaths
  const oom = events.find(
    ({ action, atMs }) => action === 'oom' && (death === undefined || atMs <= later(death.atMs, OOM_SLACK_MS)),
  )
  const lastDeath = deaths.at(-1)
  const again = events.find(({ action, atMs }) => action === 'start' && lastDeath !== undefined && atMs >= lastDeath.atMs)
  return {
    subject,
    status: state?.status ?? 'gone',
    death: death === undefined ? null : { atWallMs: death.atMs, exitCode: exitCodeOf(death) },
    oomAtWallMs: oom?.atMs ?? null,
    againAtWallMs: running ? (again?.atMs ?? null) : null,
    laterDeaths: Math.max(0, deaths.length - 1),
  }
}

function exitCodeOf(event: ContainerEvent): number | null {
  const code = Number.parseInt(String(event.attributes['exitCode']), 10)
  return Number.isNaN(code) ? null : code
}
