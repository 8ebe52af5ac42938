import { transfer } from "./access.js";
import { connectionsFor } from "./share.js";
const BASELINE_ANSWERS = 60;
const BASELINE_LIMIT_MS = 800;
export async function takeTransferBaseline(on, ctx, padding) {
    const result = await transfer(ctx.observer, on.access, { repeat: BASELINE_ANSWERS, limitMs: BASELINE_LIMIT_MS, padding }, ctx.signal);
    return transferBaseline(result, BASELINE_ANSWERS);
}
/** Pure. Rates are over the whole time of the transfer, as a fast one may come in a single read. */
export function transferBaseline(result, repeat) {
    const whole = result.end === 'complete' && result.bytes > 0;
    return {
        kbPerSecond: result.lastByteMs === null ? 0 : result.bytes / Math.max(1, result.lastByteMs),
        bytesPerAnswer: whole ? result.bytes / repeat : Number.NaN,
        bytesPerChunk: result.chunks > 0 ? result.bytes / result.chunks : Number.NaN,
        medianGapMs: result.medianGapMs ?? 0,
        weak: whole
            ? null
            : `before the fault ${String(repeat)} requests on one connection ended with '${result.end}' after ${String(result.bytes)} bytes`,
    };
}
/** The same transfer on as many connections at once as the toxicity asks for. */
export async function transferMany(on, ctx, args) {
    const connections = on.toxicity >= 1 ? 1 : Math.min(20, connectionsFor(on.toxicity, 10));
    return await Promise.all(Array.from({ length: connections }, () => transfer(ctx.observer, on.access, args, ctx.signal)));
}
