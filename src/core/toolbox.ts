/**
 * What the engine and the helper in the toolbox container say to each other: one JSON object per line, requests on the
 * helper's standard input, its answers on its standard output. What each operation takes and answers stands with the
 * operation, in src/toolbox/operations.
 */
export interface ToolboxRequest {
  /** From 1, never used twice. */
  readonly id: number
  readonly op: string
  readonly args: unknown
}

/** The first answer to each request that is not refused, at once. */
export interface ToolboxAcceptance {
  readonly id: number
  /** How long it may take, beside what every call is given; at most TOOLBOX_LONGEST_MS. */
  readonly limitMs: number
}

/** The last answer to each request, and the only one to a request that was refused: that is one with an error. */
export type ToolboxReply =
  | { readonly id: number; readonly ok: true; readonly reply: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string }

/** The longest that any one operation may take: it must end before its caller's patience does. */
export const TOOLBOX_LONGEST_MS = 10 * 60_000

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
