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

export interface ToolboxCapabilities {
  readonly nft: boolean
  readonly nftRandom: boolean
  readonly nftPayload: boolean
  readonly netem: boolean
  readonly socketKill: boolean
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

/** Environment of the helper container. */
export const TOOLBOX_TTL_VARIABLE = 'CHAOS_TTL_MS'
/** Word that stands in the name of everything this helper installs, so that a later helper can undo just that. */
export const TOOLBOX_OBJECTS_VARIABLE = 'CHAOS_OBJECTS'
/** The word of a helper that undoes for others: its `undo` removes what any helper left in the namespace. */
export const TOOLBOX_ALL_OBJECTS = 'all'
/** Mechanisms that the helper must not use, comma-separated: how to see what it does on a kernel that lacks them. */
export const TOOLBOX_AVOID_VARIABLE = 'CHAOS_AVOID'
export const TOOLBOX_AVOIDABLE = ['nft', 'socket-kill'] as const
export type ToolboxAvoidable = (typeof TOOLBOX_AVOIDABLE)[number]
