import { z } from 'zod';
import { MAX_HELD } from "./hold.js";
/** The longest any one operation may take: an operation must end before its caller's patience does. */
const LONGEST_MS = 10 * 60_000;
const port = z.int().min(1).max(65_535);
const timeoutMs = z.int().min(1).max(120_000);
const target = z.strictObject({ host: z.string().min(1).max(253), port });
const headers = z.record(z.string().max(200), z.string().max(4_096));
const path = z.string().min(1).max(2_048);
const side = z.enum(['client', 'server']);
const none = z.strictObject({});
const group = z.string().min(1).max(100);
const probeHttp = z
    .strictObject({ target, path, headers, count: z.int().min(1).max(2_000), intervalMs: z.int().min(0).max(60_000), timeoutMs })
    .refine((args) => args.count * args.intervalMs + args.timeoutMs <= LONGEST_MS, 'all requests together would take over 10 minutes');
/** What each operation accepts. Unknown keys are refused, everything has a limit. */
export const ARGUMENTS = {
    capabilities: none,
    'probe.http': probeHttp,
    'probe.transfer': z.strictObject({ target, path, headers, repeat: z.int().min(1).max(10_000), limitMs: timeoutMs }),
    'hold.open': z.strictObject({ id: group, target, path, headers, count: z.int().min(1).max(MAX_HELD), timeoutMs }),
    'hold.try': z.strictObject({ id: group, timeoutMs, path: path.exactOptional() }),
    'hold.close': z.strictObject({ id: group }),
    'loss.install': z.strictObject({ port, side, percent: z.number().min(0.01).max(100) }),
    'loss.read': none,
    'resets.arm': z.strictObject({ port, side, momentsMs: z.array(z.number().min(0).max(LONGEST_MS)).min(1).max(200) }),
    'resets.read': none,
    'tcp.read': none,
    // No quotes or backslashes: the marker also travels through iptables' own list format.
    'marker.install': z.strictObject({ marker: z.string().regex(/^[\w /.:?=&-]{1,64}$/), intoPort: port, outOfPort: port }),
    'marker.read': none,
    leftovers: none,
    undo: none,
    renew: none,
};
/** @throws Error naming the key and what is wrong with it. */
export function parseArguments(op, value) {
    const parsed = ARGUMENTS[op].safeParse(value);
    if (parsed.success)
        return parsed.data;
    throw new Error(`bad arguments for ${op}: ${z.prettifyError(parsed.error)}`);
}
