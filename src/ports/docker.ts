import type { Wall } from '../core/time/moment.ts'
/** Containers of the run, and what the daemon says and does of them. */

export interface ContainerState {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly image: string
  readonly imageId: string
  readonly status: string
  readonly health: string | null
  /** Pid in the host's namespace; 0 when it is not running. */
  readonly pid: number
  readonly restartCount: number
  readonly startedAt: string
  readonly oomKilled: boolean
  readonly exitCode: number
  /** Address by network name. */
  readonly addresses: Readonly<Record<string, string>>
  readonly mounts: readonly ContainerMount[]
  /** As inspect names it: `no`, `always`, `unless-stopped`, `on-failure`. */
  readonly restartPolicy?: string
  /** null without a limit. */
  readonly memoryLimitBytes?: number | null
  /** Memory and swap together; null when the daemon says that there is no such limit. */
  readonly memorySwapLimitBytes?: number | null
  /** NVIDIA GPUs that Docker gives it: indices, uuids or their beginnings, or `all`. */
  readonly gpus?: readonly string[]
}

/** What one list of the daemon tells of a container. */
export type ContainerGlance = Pick<ContainerState, 'id' | 'name' | 'service' | 'status' | 'health' | 'addresses'>

export interface ContainerMount {
  readonly type: string
  /** Path in the container. */
  readonly destination: string
  /** Volume name for a volume, else the path on the host. */
  readonly source: string
  readonly readOnly: boolean
}

/** What the daemon is asked to do with a container. Each is idempotent: what is so already is no error. */
export type ContainerAction =
  | { readonly do: 'kill'; readonly signal: string }
  | { readonly do: 'stop'; readonly graceSeconds: number }
  | { readonly do: 'start' | 'pause' | 'unpause' | 'restart' | 'remove' }

export interface ContainerEvent {
  readonly atMs: Wall
  readonly action: string
  readonly containerId: string
  readonly service: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Narrow door to the containers that carry this run's label. */
export interface ContainerPort {
  /** Containers of one service, stopped ones too, ordered by name. */
  list(service: string, signal: AbortSignal): Promise<ContainerState[]>
  all(signal: AbortSignal): Promise<ContainerState[]>
  /** The same containers by a single question to the daemon, however many they are; for those who look often. */
  glance(signal: AbortSignal): Promise<ContainerGlance[]>
  /** null when it is gone. */
  inspect(id: string, signal: AbortSignal): Promise<ContainerState | null>
  /** Lines of both streams in time order with Docker's own timestamps, the newest `maxBytes` of them. */
  logs(id: string, window: { sinceWallMs: Wall; untilWallMs: Wall; maxBytes: number }, signal: AbortSignal): Promise<LogLine[]>
  /** @throws TARGET_NOT_FOUND when it is gone, except for `remove`. */
  act(id: string, action: ContainerAction, signal: AbortSignal): Promise<void>
  /** Events of this run's containers so far, oldest first, from the feed that is open since the stack came up. */
  events(sinceWallMs: Wall): readonly ContainerEvent[]
}

export interface LogLine {
  readonly atMs: Wall
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}
