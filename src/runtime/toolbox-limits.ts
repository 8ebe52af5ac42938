import type { ToolboxOperation, ToolboxOperations } from '../toolbox/operations/registry.ts'

/** For an operation that only does something: programs in the helper have 5 s each. */
const BASE_MS = 10_000
/** The helper has at most this many probe requests under way. */
const PROBES_AT_ONCE = 256
/** … and so many connects of a flood. */
const CONNECTS_AT_ONCE = 256
/** A driver that nobody uses starts anew first, and for a fill it makes a context as well. */
const GPU_START_MS = 30_000

type Call = { [O in ToolboxOperation]: { readonly op: O; readonly args: ToolboxOperations[O]['args'] } }[ToolboxOperation]

/** How long a call may take before the helper is taken for stuck: what was asked for, and some. */
export function callLimitMs<O extends ToolboxOperation>(op: O, args: ToolboxOperations[O]['args']): number {
  return BASE_MS + ownMs({ op, args } as Call)
}

function ownMs(call: Call): number {
  switch (call.op) {
    case 'probe.http':
      return call.args.count * call.args.intervalMs + 2 * call.args.timeoutMs * Math.ceil(call.args.count / PROBES_AT_ONCE)
    case 'probe.transfer':
      // The name is resolved under the same limit first.
      return 2 * call.args.limitMs
    case 'hold.open':
      return 2 * call.args.timeoutMs
    case 'hold.try':
    case 'fetch':
      return call.args.timeoutMs
    case 'flood.open':
      // The name is resolved under the same limit first.
      return call.args.connectTimeoutMs * (1 + Math.ceil(call.args.count / CONNECTS_AT_ONCE))
    case 'memory.fill':
    case 'disk.fill':
    case 'vram.fill':
      return call.args.limitMs
    case 'vram.look':
    case 'vram.open':
      return GPU_START_MS
    default:
      return 0
  }
}
