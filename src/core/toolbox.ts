/**
 * What the engine and the helper in the toolbox container say to each other: one JSON object per line, requests on the
 * helper's standard input, replies on its standard output. Pure types, shared by both sides.
 */
import type { Json } from './json.ts'

/** Where a probe connects to, as seen from the helper's network namespace. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface HttpProbeSample {
  /** Connect, send, last byte of the answer; null when there was no whole answer within the limit. */
  readonly totalMs: number | null
  readonly connectMs: number | null
  /** Last byte of the answer until the peer's FIN, for requests with `Connection: close`; null when it did not close in time. */
  readonly closeMs: number | null
  readonly status: number | null
  readonly bytes: number
  /** Node's error code (ECONNRESET, ECONNREFUSED) or `timeout`, `eof`; null when answered. */
  readonly error: string | null
}

export interface TransferResult {
  readonly bytes: number
  readonly firstByteMs: number | null
  readonly lastByteMs: number | null
  /** Separate reads that the body came in, and the median gap between them. */
  readonly chunks: number
  readonly medianGapMs: number | null
  readonly end: 'complete' | 'timeout' | 'eof' | 'reset' | 'refused'
}

export interface HeldResult {
  readonly held: number
  readonly answered: number
  readonly silent: number
  readonly closed: number
  readonly bytes: number
}

export interface LossCounters {
  readonly packets: number
  readonly dropped: number
  readonly retransmits: number
}

export interface ResetCounters {
  /** How many of the scheduled moments have passed. */
  readonly moments: number
  /** Sockets that were reset, by the mechanism's own count. */
  readonly resets: number
  /** Kernel counters of the namespace, as changes since the schedule was armed. */
  readonly outRsts: number
  readonly estabResets: number
  /** At which moments (ms after arming) how many were reset. */
  readonly history: readonly { readonly atMs: number; readonly resets: number }[]
}

export interface MarkerCounters {
  /** Packets seen that begin with the marker, into the proxy's listening port and out to its upstream. */
  readonly into: number
  readonly outOf: number
}

/** A process in the host's pid namespace, and the container that it must belong to: pids are reused. */
export interface ProcessRef {
  readonly pid: number
  readonly containerId: string
}

export interface ProcessFacts {
  /** False when the process is gone, or its cgroup names another container; the rest is then null or empty. */
  readonly alive: boolean
  /** First letter of the state in /proc/PID/stat: R, S, D, T, Z. */
  readonly state: string | null
  readonly name: string | null
  /** Start time in clock ticks since boot: tells a process from a later one with the same pid. */
  readonly startTicks: number | null
  readonly uid: number | null
  readonly gid: number | null
  /** Names of the signals that wait to be delivered, `SIGTERM` for example. */
  readonly pendingSignals: readonly string[]
  /** null where this helper may not look: it needs the process's own uid. */
  readonly descriptors: DescriptorFacts | null
}

export interface DescriptorFacts {
  readonly open: number
  readonly highest: number
  readonly softLimit: number
  readonly hardLimit: number
}

/** Counters of the cgroup that a process is in; null where the controller or the limit is missing. */
export interface CgroupFacts {
  readonly version: 1 | 2
  /** Path of the memory controller's cgroup (v1) or of the cgroup (v2), as the host sees it. */
  readonly path: string
  readonly memoryUsageBytes: number | null
  readonly memoryLimitBytes: number | null
  readonly oomKills: number | null
  readonly cpuUsageUs: number | null
  /** CPU time allowed per period, and the period; null without a quota. */
  readonly cpuQuotaUs: number | null
  readonly cpuPeriodUs: number | null
  readonly throttledPeriods: number | null
  readonly throttledUs: number | null
}

export interface HostFacts {
  readonly memAvailableBytes: number
  readonly memTotalBytes: number
  /** Of the file system that holds Docker's data. */
  readonly diskFreeBytes: number
  /** Time of all its CPUs since it started, and how much of it they had nothing to do, in the kernel's ticks. */
  readonly cpuTotalTicks: number
  readonly cpuIdleTicks: number
  /** Wanted by this machine, and given to another one by the host that it is a guest of. 0 where the host does not tell. */
  readonly cpuStolenTicks: number
  readonly cpus: number
}

export interface BurnFacts {
  /** stress-ng's own processes that are alive in the target's cgroup now. */
  readonly alive: number
  /** Their CPU time so far, µs. */
  readonly cpuUs: number
  /** How long they could have run and did not, for want of quota or of a CPU, µs; null where the kernel does not count it. */
  readonly waitedUs: number | null
}

export interface FillFacts {
  /** Bytes held by the filler files, by their blocks. */
  readonly filledBytes: number
  /**
   * How the last step ended: `done`, or `killed` (the writer was, as an OOM kill does), `refused` (ENOMEM: the limit is
   * reached, and whom the kernel killed for it has not given back enough yet), `full` (ENOSPC).
   */
  readonly end: 'done' | 'killed' | 'refused' | 'full'
}

export interface VolumeFacts {
  /** Name of the file system's type: tmpfs, ext4, overlay. */
  readonly type: string
  readonly totalBytes: number
  readonly freeBytes: number
  readonly totalInodes: number
  readonly freeInodes: number
  /** It lies on the same device as Docker's data, that is on the machine's own disk. */
  readonly onHostDisk: boolean
}

/** A process that computes on a GPU. */
export interface GpuProcess {
  /** In the host's namespace. */
  readonly pid: number
  /** null when it has ended meanwhile. */
  readonly name: string | null
  /** null where the driver does not say. */
  readonly usedBytes: number | null
  /** Which of the containers that were asked about it belongs to; null for none of them. */
  readonly container: string | null
}

/** A GPU as the driver sees it, all processes together. */
export interface GpuFacts {
  readonly index: number
  readonly uuid: string
  readonly name: string
  readonly totalBytes: number
  readonly freeBytes: number
  /** null where the driver does not list them. */
  readonly processes: readonly GpuProcess[] | null
}

export interface VramFacts {
  /** By this helper. */
  readonly heldBytes: number
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface FetchReply {
  readonly status: number | null
  /** Cut at maxBytes. */
  readonly body: string
  readonly complete: boolean
  readonly totalMs: number
  /** Node's error code, `timeout` or `eof`; null when answered. */
  readonly error: string | null
}

/** Many connections to one place at once. */
export interface FloodFacts {
  /** Connections that are open now. */
  readonly open: number
  /** Most that were open at one time. */
  readonly peakOpen: number
  readonly refused: number
  readonly closed: number
  /** Answers so far by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Requests sent and unanswered now. */
  readonly inFlight: number
  readonly peakInFlight: number
}

export interface ToolboxCapabilities {
  readonly nft: boolean
  readonly nftRandom: boolean
  readonly nftPayload: boolean
  readonly netem: boolean
  readonly socketKill: boolean
  readonly stressNg: boolean
  readonly cgroupVersion: 1 | 2
  readonly kernel: string
}

/** Every operation: what it takes and what it answers. */
export interface ToolboxOperations {
  capabilities: { args: Record<string, never>; reply: ToolboxCapabilities }
  /** New connection per request, `count` requests, the next one `intervalMs` after the start of the one before. */
  'probe.http': {
    args: {
      target: Endpoint
      path: string
      headers: Record<string, string>
      count: number
      intervalMs: number
      timeoutMs: number
    }
    reply: { samples: HttpProbeSample[] }
  }
  /** Pipelines `repeat` requests on one connection and measures how the answers flow, for at most `limitMs`. */
  'probe.transfer': {
    args: { target: Endpoint; path: string; headers: Record<string, string>; repeat: number; limitMs: number }
    reply: TransferResult
  }
  /** Opens `count` keep-alive connections, each proven by one answered request, and holds them under `id`. */
  'hold.open': {
    args: { id: string; target: Endpoint; path: string; headers: Record<string, string>; count: number; timeoutMs: number }
    reply: { held: number }
  }
  /** Sends one more request on each held connection and tells what came back within `timeoutMs`. `path`: default that of hold.open. */
  'hold.try': { args: { id: string; timeoutMs: number; path?: string }; reply: HeldResult }
  'hold.close': { args: { id: string }; reply: { closed: number } }
  /** Drops `percent` of the packets that arrive on the leg; undone on close, SIGTERM and when the lease runs out. */
  'loss.install': { args: { port: number; side: 'client' | 'server'; percent: number }; reply: { mechanism: string } }
  'loss.read': { args: Record<string, never>; reply: LossCounters }
  /** Resets the leg's established connections at the given moments, ms after this call. */
  'resets.arm': { args: { port: number; side: 'client' | 'server'; momentsMs: number[] }; reply: { mechanism: string } }
  'resets.read': { args: Record<string, never>; reply: ResetCounters }
  /** TCP counters of the namespace since the helper started. */
  'tcp.read': { args: Record<string, never>; reply: { outRsts: number; estabResets: number; retransmits: number } }
  /** Counts packets whose payload begins with `marker`, at the proxy's two sides. */
  'marker.install': { args: { marker: string; intoPort: number; outOfPort: number }; reply: { mechanism: string } }
  'marker.read': { args: Record<string, never>; reply: MarkerCounters }
  /** Established connections on a port of this network namespace, by /proc/net/tcp and tcp6. `side` as for loss. */
  'tcp.count': { args: { port: number; side: 'client' | 'server' }; reply: { established: number } }
  /** One request, for reading a page inside the stack's network: never through a shell, never followed elsewhere. */
  fetch: {
    args: {
      target: Endpoint
      method: string
      path: string
      headers: Record<string, string>
      body: string | null
      timeoutMs: number
      maxBytes: number
    }
    reply: FetchReply
  }
  /** Opens `count` connections as fast as it can; with a request each sends it as soon as all have been tried. One flood per id. */
  'flood.open': {
    args: {
      id: string
      target: Endpoint
      count: number
      /** null: the connections stay silent. */
      request: { method: string; path: string; headers: Record<string, string>; body: string | null } | null
      connectTimeoutMs: number
    }
    reply: FloodFacts
  }
  'flood.read': { args: { id: string }; reply: FloodFacts }
  'flood.close': { args: { id: string }; reply: FloodFacts }
  /** Needs the host's pid namespace, as all operations that take a ProcessRef. */
  'process.look': { args: ProcessRef; reply: ProcessFacts }
  /**
   * Sends a signal after reading that the pid's cgroup names the container. A SIGSTOP is undone by SIGCONT when the helper
   * ends. @throws when the process is gone or belongs elsewhere.
   */
  'process.signal': { args: ProcessRef & { signal: string }; reply: { startTicks: number } }
  /** Lowers the soft limit of open descriptors to highest + headroom; undone by restoring it. The helper runs as the process's uid. */
  'nofile.lower': { args: ProcessRef & { headroom: number }; reply: { previousSoft: number; facts: DescriptorFacts } }
  /** For an undo by a later helper: sets the soft limit back. `previousSoft` null when it is that already. */
  'nofile.restore': { args: ProcessRef & { soft: number }; reply: { previousSoft: number | null } }
  'host.read': { args: Record<string, never>; reply: HostFacts }
  'cgroup.read': { args: ProcessRef; reply: CgroupFacts }
  /** stress-ng with so many CPU workers as children in the process's cgroup; undone by ending them. */
  'cpu.burn': { args: ProcessRef & { workers: number; loadPercent: number }; reply: { mechanism: string } }
  'cpu.read': { args: Record<string, never>; reply: BurnFacts }
  /**
   * Pages of this helper's own memory file system, charged to the process's cgroup by a writer that joins it: adds files
   * until the cgroup's usage is at `percent` of its limit, or by `bytes` whatever that leads to. Undone by deleting them.
   */
  'memory.fill': {
    args: ProcessRef & { percent: number | null; bytes: number | null; limitMs: number }
    reply: FillFacts & { mechanism: string; usageBytes: number | null; limitBytes: number | null }
  }
  /** The volume at TOOLBOX_VOLUME_PATH + `path`. */
  'disk.look': { args: { path: string }; reply: VolumeFacts }
  /** Files of zeros (or empty ones, for inodes) in `path` until so much is used or written; at most `limitBytes`. Undone by deleting them. */
  'disk.fill': {
    args: {
      path: string
      of: 'bytes' | 'inodes'
      percent: number | null
      bytes: number | null
      limitBytes: number
      limitMs: number
    }
    reply: FillFacts & { mechanism: string; volume: VolumeFacts }
  }
  /** Filler files of any helper in the volume, by name. */
  'disk.leftovers': { args: { path: string }; reply: { found: string[] } }
  'disk.sweep': { args: { path: string }; reply: { removed: string[] } }
  /**
   * The GPUs that this helper was given and who computes on them, without using any of their memory. `missing` says why
   * there is none, then the list is empty. Needs the host's pid namespace.
   */
  'vram.look': {
    args: { containers: string[] }
    reply: { missing: string | null; driver: string | null; devices: GpuFacts[] }
  }
  /**
   * A program that can hold memory of the GPU, with nothing held yet. `allow`: pids that may compute there beside it; null is
   * whoever does. Undone by ending it. @throws when another computes there.
   */
  'vram.open': { args: { gpu: string; allow: number[] | null }; reply: VramFacts & { mechanism: string; pid: number } }
  /** Until `percent` of the GPU's memory is in use, by whomever (100: until the driver gives no more), or by `bytes`. */
  'vram.fill': {
    args: { percent: number | null; bytes: number | null; limitMs: number }
    reply: VramFacts & { end: 'full' | 'reached'; tookMs: number }
  }
  'vram.read': { args: Record<string, never>; reply: VramFacts }
  /** What of ours is in this namespace now: nft tables, qdiscs. Empty after an undo. */
  leftovers: { args: Record<string, never>; reply: { found: string[] } }
  undo: { args: Record<string, never>; reply: { undone: string[] } }
  /** Extends the lease; without one the helper undoes everything and exits. */
  renew: { args: Record<string, never>; reply: { ttlMs: number } }
}

export type ToolboxOperation = keyof ToolboxOperations

export interface ToolboxRequest {
  readonly id: number
  readonly op: ToolboxOperation
  readonly args: Json
}

export type ToolboxReply =
  | { readonly id: number; readonly ok: true; readonly reply: Json }
  | { readonly id: number; readonly ok: false; readonly error: string }

/** nft tables and other objects that helpers create begin with this, so that leftovers can be found in any namespace. */
export const TOOLBOX_OBJECT_PREFIX = 'chaos_action'

/** Where a helper finds what its request asked for. */
export const TOOLBOX_CGROUP_PATH = '/host/cgroup'
export const TOOLBOX_FILL_PATH = '/fill'
export const TOOLBOX_VOLUME_PATH = '/volume'

/** Environment of the helper container. */
export const TOOLBOX_TTL_VARIABLE = 'CHAOS_TTL_MS'
/** Word that stands in the name of everything this helper installs, so that a later helper can undo just that. */
export const TOOLBOX_OBJECTS_VARIABLE = 'CHAOS_OBJECTS'
/** The word of a helper that undoes for others: its `undo` removes what any helper left in the namespace. */
export const TOOLBOX_ALL_OBJECTS = 'all'
/** Mechanisms that the helper must not use, comma-separated: how to see what it does on a kernel that lacks them. */
export const TOOLBOX_AVOID_VARIABLE = 'CHAOS_AVOID'
export const TOOLBOX_AVOIDABLE = ['nft', 'iptables', 'socket-kill', 'stress-ng'] as const
export type ToolboxAvoidable = (typeof TOOLBOX_AVOIDABLE)[number]
