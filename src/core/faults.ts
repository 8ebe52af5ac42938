/**
 * Specs of the faults that hit containers rather than links: what `plan` of each kind takes, and what a scenario file is
 * turned into. Percentages are 0…100, sizes bytes.
 */

/** How many containers of the target are hit: a number, or a share that is rounded up. null is one. */
export type Count = { readonly number: number } | { readonly percent: number }

export const CRASH_TIMINGS = ['during_inference', 'during_registration', 'random'] as const
export type CrashTiming = (typeof CRASH_TIMINGS)[number]

/**
 * `kernel` signals the main process from the host's pid namespace, as a crash does: the restart policy stays in force.
 * `api` goes through the daemon, which counts as a stop by hand: the container stays down until it is started.
 */
export type SignalPath = 'kernel' | 'api'

/** Fault kind `crash`: a signal that ends the main process of one container or several at once. */
export type CrashSpec = {
  readonly target: string
  readonly signal: string
  readonly via: SignalPath
  /** null is `random`: any running container, at once. */
  readonly timing: CrashTiming | null
  readonly count: Count | null
}

/**
 * Fault kind `unanswered_stop`: one member of the pool is made deaf (SIGSTOP), then the system is asked to stop it. The
 * system's own signal is seen pending; that it ends the member by force is for the expectations.
 */
export type UnansweredStopSpec = { readonly target: string; readonly signal: string; readonly timeoutSeconds: number }

export const CONTAINER_ACTIONS = ['stop', 'pause', 'restart'] as const
/** Fault kind `container`: through the daemon. A stopped container is started again by revert, a paused one goes on. */
export type ContainerActionSpec = {
  readonly target: string
  readonly action: (typeof CONTAINER_ACTIONS)[number]
  readonly count: Count | null
}

/**
 * Fault kind `memory`: memory charged to the target's cgroup until `percent` of its limit is used, and held there. With
 * `then: 'oom'` it goes on from there until the kernel kills the main process.
 */
export type MemorySpec = {
  readonly target: string
  readonly percent: number
  readonly then: 'hold' | 'oom'
  readonly count: Count | null
}

/** Fault kind `cpu`: CPU burnt inside the target's cgroup until `percent` of its quota is used. */
export type CpuSpec = { readonly target: string; readonly percent: number; readonly count: Count | null }

/** Fault kind `disk`: a bounded volume of the target filled. */
export type DiskSpec = {
  readonly target: string
  /** What is used up: bytes, or the file system's inodes. */
  readonly of: 'bytes' | 'inodes'
  /** Fill until so much of the whole is used, or write so many bytes, whichever the entry gives. */
  readonly percent: number | null
  readonly bytes: number | null
  /** Path in the container; null takes the descriptor's data path of the service. */
  readonly path: string | null
  /** Without one a path on the disk of the machine is refused. */
  readonly limitBytes: number | null
}

/** Fault kind `file_descriptors`: soft limit lowered to the highest open descriptor + headroom, the rest held by sockets. */
export type FileDescriptorsSpec = { readonly target: string; readonly headroom: number }

/** Fault kind `connections`: so many connections to the target at once; its limits are untouched. */
export type ConnectionsSpec = {
  readonly target: string
  readonly connections: number
  /** `idle`: open and silent. `requests`: each sends the canary's request at the same moment. */
  readonly mode: 'idle' | 'requests'
}

/** Fault kind `vram`: GPU memory of the target used up. */
export type VramSpec = {
  readonly target: string
  readonly percent: number
  /** Also on a GPU where processes compute that are not the target's. */
  readonly allowOthers?: boolean
}
