/** The stack as it runs now, and what it says of itself. */
import type { Descriptor, Link } from '../core/descriptor.ts'
import type { ImageInUse } from '../core/result/run.ts'
import type { ContainerState } from './docker.ts'
import type { ToolboxHelper } from './toolbox.ts'
import type { ToxiproxyPort } from './toxiproxy.ts'

/** The stack as it runs now. Addresses are read when asked, as they change when a container restarts. */
export interface RunningStack {
  readonly descriptor: Descriptor
  readonly project: string
  /** Docker network that the observer is on. */
  readonly network: string
  /** Base URL of the entry on 127.0.0.1. */
  readonly entryUrl: string
  readonly images: readonly ImageInUse[]
  /** Values to fill into `${NAME}` of request headers and bodies. */
  readonly variables: Readonly<Record<string, string>>
  link(name: string): Link
  toxiproxy(): ToxiproxyPort | null
  /** Reads the descriptor's pool through `observer`; null when it declares none. */
  pool(observer: ToolboxHelper): PoolPort | null
  /** Reads the descriptor's list of completed jobs through `observer`; null when it declares none. */
  completed(observer: ToolboxHelper): CompletedPort | null
  /**
   * Starts one more container of the service beside those that run, without waiting for its health.
   * @returns the new one; `ContainerPort.act` with `remove` undoes it.
   */
  scaleUp(service: string, signal: AbortSignal): Promise<ContainerState>
  /**
   * Lifts the CPU quotas of all containers to so many cores, for load: under chaos they leave room for whoever looks on.
   * @returns what puts back the quotas that they had; idempotent, and nothing for a container that is gone.
   */
  liftCpuQuotas(cores: number, signal: AbortSignal): Promise<(signal: AbortSignal) => Promise<void>>
  /** null when all services of the descriptor are healthy, else what is not. */
  unhealthy(signal: AbortSignal): Promise<string | null>
  /** Removes and starts the whole stack again, volumes included; ends when it is healthy. */
  recreate(signal: AbortSignal): Promise<void>
}

/** The jobs that the system says it has completed, in the order of their ends. */
export interface CompletedPort {
  /** Where to begin: the place after all that are completed now. */
  readonly first: string
  /** @throws COMPLETED_UNREADABLE when the page gives no answer, or one of another shape. */
  page(after: string, signal: AbortSignal): Promise<{ readonly ids: readonly string[]; readonly next: string }>
}

/** The pool of workers as the system itself lists it. */
export interface PoolPort {
  /** @throws POOL_UNREADABLE when the listing gives no answer, or one of another shape. */
  members(signal: AbortSignal): Promise<readonly PoolMember[]>
  /** Asks the system to stop a member. @throws POOL_UNREADABLE when it refuses; CAPABILITY_MISSING when it has no way to ask. */
  stop(member: string, signal: AbortSignal): Promise<void>
}

export interface PoolMember {
  readonly id: string
  /** As the listing says it. */
  readonly state: string
  /** What the descriptor says that this state means; null for a state that it does not name. */
  readonly meaning: 'registering' | 'ready' | 'busy' | 'failed' | null
  /** Container id (or its first 12 digits) or name. */
  readonly container: string
  readonly inFlight: number
}
