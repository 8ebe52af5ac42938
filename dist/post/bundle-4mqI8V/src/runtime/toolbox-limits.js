/** For an operation that only does something: programs in the helper have 5 s each. */
const BASE_MS = 10_000;
/** The helper has at most this many probe requests under way. */
const PROBES_AT_ONCE = 256;
/** How long a call may take before the helper is taken for stuck: what was asked for, and some. */
export function callLimitMs(op, args) {
    return BASE_MS + ownMs({ op, args });
}
function ownMs(call) {
    switch (call.op) {
        case 'probe.http':
            return call.args.count * call.args.intervalMs + 2 * call.args.timeoutMs * Math.ceil(call.args.count / PROBES_AT_ONCE);
        case 'probe.transfer':
            // The name is resolved under the same limit first.
            return 2 * call.args.limitMs;
        case 'hold.open':
            return 2 * call.args.timeoutMs;
        case 'hold.try':
            return call.args.timeoutMs;
        default:
            return 0;
    }
}
